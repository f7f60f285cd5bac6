"""ApplicationSet: a template and generators that make Applications of it."""

from __future__ import annotations

from typing import Annotated

from holdfast.model.application import HealthStatus, ResourceStatus
from holdfast.model.fields import REQUIRED, ApiStruct, IntOrString, NeededStr, NeededStrs, Time, one_of
from holdfast.model.generators import ApplicationSetTemplate, Generator
from holdfast.model.metadata import ObjectMeta


class PreservedFields(ApiStruct, frozen=True, kw_only=True):
    annotations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class MatchExpression(ApiStruct, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class RolloutStep(ApiStruct, frozen=True, kw_only=True):
    match_expressions: tuple[MatchExpression, ...] = ()
    max_update: IntOrString | None = None


class RolloutStrategy(ApiStruct, frozen=True, kw_only=True):
    steps: tuple[RolloutStep, ...] = ()


class ApplicationSetStrategy(ApiStruct, frozen=True, kw_only=True):
    type: str = ""
    rolling_sync: RolloutStrategy | None = None
    deletion_order: str = ""


class ApplicationSetSyncPolicy(ApiStruct, frozen=True, kw_only=True):
    preserve_resources_on_deletion: bool = False
    applications_sync: Annotated[str, one_of("create-only", "create-update", "create-delete", "sync")] = ""


class IgnoreApplicationDifferences(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()


class ApplicationSetSpec(ApiStruct, frozen=True, kw_only=True):
    go_template: bool = False
    generators: Annotated[tuple[Generator, ...], REQUIRED] = ()
    template: Annotated[ApplicationSetTemplate, REQUIRED] = ApplicationSetTemplate()
    sync_policy: ApplicationSetSyncPolicy | None = None
    strategy: ApplicationSetStrategy | None = None
    preserved_fields: PreservedFields | None = None
    go_template_options: tuple[str, ...] = ()
    apply_nested_selectors: bool = False
    ignore_application_differences: tuple[IgnoreApplicationDifferences, ...] = ()
    template_patch: str | None = None


class ApplicationSetCondition(ApiStruct, frozen=True, kw_only=True):
    type: NeededStr = ""
    message: NeededStr = ""
    last_transition_time: Time | None = None
    status: NeededStr = ""
    reason: NeededStr = ""


class ApplicationSetApplicationStatus(ApiStruct, frozen=True, kw_only=True):
    application: NeededStr = ""
    last_transition_time: Time | None = None
    message: NeededStr = ""
    status: NeededStr = ""
    step: NeededStr = ""
    target_revisions: NeededStrs = ()


class ApplicationSetStatus(ApiStruct, frozen=True, kw_only=True):
    conditions: tuple[ApplicationSetCondition, ...] = ()
    application_status: tuple[ApplicationSetApplicationStatus, ...] = ()
    resources: tuple[ResourceStatus, ...] = ()
    resources_count: int = 0
    health: HealthStatus = HealthStatus()


class ApplicationSet(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[ApplicationSetSpec, REQUIRED] = ApplicationSetSpec()
    status: ApplicationSetStatus = ApplicationSetStatus()
