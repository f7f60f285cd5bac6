"""Experiment: short-lived ReplicaSets side by side, with analyses that judge them."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.analysis import DryRun, MeasurementRetention, ValueFrom
from holdfast.model.fields import REQUIRED, ApiStruct, FreeForm, LabelSelector, NeededInt, NeededStr, NeededTime, Time
from holdfast.model.metadata import ObjectMeta


class ChildMetadata(ApiStruct, frozen=True, kw_only=True):
    """Labels and annotations that created objects get."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class ExperimentArgument(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    value: str | None = None
    value_from: ValueFrom | None = None


class ExperimentAnalysisTemplateRef(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    template_name: NeededStr = ""
    cluster_scope: bool = False
    args: tuple[ExperimentArgument, ...] = ()
    required_for_completion: bool = False


class TemplateService(ApiStruct, frozen=True, kw_only=True):
    name: str = ""


class TemplateSpec(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    replicas: int | None = None
    min_ready_seconds: int = 0
    selector: Annotated[LabelSelector, REQUIRED] = LabelSelector()
    template: Annotated[FreeForm, REQUIRED] = field(default_factory=dict)
    service: TemplateService | None = None


class ExperimentSpec(ApiStruct, frozen=True, kw_only=True):
    templates: Annotated[tuple[TemplateSpec, ...], REQUIRED] = ()
    duration: str = ""
    progress_deadline_seconds: int | None = None
    terminate: bool = False
    analyses: tuple[ExperimentAnalysisTemplateRef, ...] = ()
    scale_down_delay_seconds: int | None = None
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    analysis_run_metadata: ChildMetadata = ChildMetadata()


class TemplateStatus(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    replicas: NeededInt = 0
    updated_replicas: NeededInt = 0
    ready_replicas: NeededInt = 0
    available_replicas: NeededInt = 0
    collision_count: int | None = None
    status: str = ""
    message: str = ""
    last_transition_time: Time | None = None
    service_name: str = ""
    pod_template_hash: str = ""


class ExperimentCondition(ApiStruct, frozen=True, kw_only=True):
    type: NeededStr = ""
    status: NeededStr = ""
    last_update_time: NeededTime = ""
    last_transition_time: NeededTime = ""
    reason: NeededStr = ""
    message: NeededStr = ""


class ExperimentAnalysisRunStatus(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    analysis_run: NeededStr = ""
    phase: NeededStr = ""
    message: str = ""


class ExperimentStatus(ApiStruct, frozen=True, kw_only=True):
    phase: str = ""
    message: str = ""
    template_statuses: tuple[TemplateStatus, ...] = ()
    available_at: Time | None = None
    conditions: tuple[ExperimentCondition, ...] = ()
    analysis_runs: tuple[ExperimentAnalysisRunStatus, ...] = ()


class Experiment(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: Annotated[ExperimentSpec, REQUIRED] = ExperimentSpec()
    status: ExperimentStatus = ExperimentStatus()
