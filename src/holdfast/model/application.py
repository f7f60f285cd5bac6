"""Application: what runs where, from which source, and how far it has come."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.fields import (
    NEEDED_OPAQUE,
    OPAQUE,
    REQUIRED,
    ApiStruct,
    NeededInt,
    NeededStr,
    NeededTime,
    Time,
    one_of,
)
from holdfast.model.metadata import ObjectMeta
from holdfast.model.source_options import DirectoryOptions, HelmOptions, KustomizeOptions, NameValue, PluginOptions


class ApplicationSource(ApiStruct, frozen=True, kw_only=True):
    """Where the desired objects come from: a path of a repository, a chart, or a `ref` whose files others read."""

    repo_url: NeededStr = field(default="", name="repoURL")
    path: str = ""
    target_revision: str = ""
    helm: HelmOptions | None = None
    kustomize: KustomizeOptions | None = None
    directory: DirectoryOptions | None = None
    plugin: PluginOptions | None = None
    chart: str = ""
    ref: str = ""
    name: str = ""
    tag_prefix: str = ""


class ApplicationDestination(ApiStruct, frozen=True, kw_only=True):
    server: str = ""
    namespace: str = ""
    name: str = ""


class DrySource(ApiStruct, frozen=True, kw_only=True):
    """What is rendered before it is committed."""

    repo_url: NeededStr = field(default="", name="repoURL")
    target_revision: NeededStr = ""
    path: NeededStr = ""
    helm: HelmOptions | None = None
    kustomize: KustomizeOptions | None = None
    directory: DirectoryOptions | None = None
    plugin: PluginOptions | None = None


class SyncSource(ApiStruct, frozen=True, kw_only=True):
    """Where rendered objects are committed and read from."""

    target_branch: NeededStr = ""
    path: NeededStr = ""
    repo_url: str = field(default="", name="repoURL")


class HydrateTo(ApiStruct, frozen=True, kw_only=True):
    target_branch: NeededStr = ""


class SourceHydrator(ApiStruct, frozen=True, kw_only=True):
    dry_source: Annotated[DrySource, REQUIRED] = DrySource()
    sync_source: Annotated[SyncSource, REQUIRED] = SyncSource()
    hydrate_to: HydrateTo | None = None


class ManagedNamespaceMetadata(ApiStruct, frozen=True, kw_only=True):
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class Backoff(ApiStruct, frozen=True, kw_only=True):
    """Durations as Go writes them ("5s", "3m")."""

    duration: str = ""
    factor: int | None = None
    max_duration: str = ""


class RetryStrategy(ApiStruct, frozen=True, kw_only=True):
    """`limit` -1 tries for ever."""

    limit: int = 0
    backoff: Backoff | None = None
    refresh: bool = False


class SyncPolicyAutomated(ApiStruct, frozen=True, kw_only=True):
    """`enabled` absent means enabled."""

    prune: bool | None = None
    self_heal: bool | None = None
    allow_empty: bool | None = None
    enabled: bool | None = None


class SyncPolicy(ApiStruct, frozen=True, kw_only=True):
    automated: SyncPolicyAutomated | None = None
    sync_options: tuple[str, ...] = ()
    retry: RetryStrategy | None = None
    managed_namespace_metadata: ManagedNamespaceMetadata | None = None


class ResourceIgnoreDifferences(ApiStruct, frozen=True, kw_only=True):
    group: str = ""
    kind: NeededStr = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()
    managed_fields_managers: tuple[str, ...] = ()


class ApplicationSpec(ApiStruct, frozen=True, kw_only=True):
    source: ApplicationSource | None = None
    destination: Annotated[ApplicationDestination, REQUIRED] = ApplicationDestination()
    project: NeededStr = ""
    sync_policy: SyncPolicy | None = None
    ignore_differences: tuple[ResourceIgnoreDifferences, ...] = ()
    info: tuple[NameValue, ...] = ()
    revision_history_limit: int | None = None
    sources: tuple[ApplicationSource, ...] = ()
    source_hydrator: SourceHydrator | None = None


class SyncOperationResource(ApiStruct, frozen=True, kw_only=True):
    group: str = ""
    kind: NeededStr = ""
    name: NeededStr = ""
    namespace: str = ""


class SyncStrategyForce(ApiStruct, frozen=True, kw_only=True):
    """`force` deletes and creates again what cannot be updated."""

    force: bool = False


class SyncStrategy(ApiStruct, frozen=True, kw_only=True):
    apply: SyncStrategyForce | None = None
    hook: SyncStrategyForce | None = None


class SyncOperation(ApiStruct, frozen=True, kw_only=True):
    """Empty `resources` means all of them."""

    revision: str = ""
    prune: bool = False
    dry_run: bool = False
    sync_strategy: SyncStrategy | None = None
    resources: tuple[SyncOperationResource, ...] = ()
    source: ApplicationSource | None = None
    manifests: tuple[str, ...] = ()
    sync_options: tuple[str, ...] = ()
    sources: tuple[ApplicationSource, ...] = ()
    revisions: tuple[str, ...] = ()
    auto_heal_attempts_count: int = 0


class OperationInitiator(ApiStruct, frozen=True, kw_only=True):
    username: str = ""
    automated: bool = False


class Operation(ApiStruct, frozen=True, kw_only=True):
    sync: SyncOperation | None = None
    initiated_by: OperationInitiator = OperationInitiator()
    info: tuple[NameValue, ...] = ()
    retry: RetryStrategy = RetryStrategy()


class HealthStatus(ApiStruct, frozen=True, kw_only=True):
    status: str = ""
    message: str = ""
    last_transition_time: Time | None = None


class ResourceStatus(ApiStruct, frozen=True, kw_only=True):
    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    status: str = ""
    health: HealthStatus | None = None
    hook: bool = False
    requires_pruning: bool = False
    sync_wave: int = 0
    requires_deletion_confirmation: bool = False


class ResourceResult(ApiStruct, frozen=True, kw_only=True):
    group: NeededStr = ""
    version: NeededStr = ""
    kind: NeededStr = ""
    namespace: NeededStr = ""
    name: NeededStr = ""
    status: str = ""
    message: str = ""
    hook_type: str = ""
    hook_phase: str = ""
    sync_phase: str = ""
    images: tuple[str, ...] = ()


class SyncOperationResult(ApiStruct, frozen=True, kw_only=True):
    resources: tuple[ResourceResult, ...] = ()
    revision: NeededStr = ""
    source: ApplicationSource | None = None
    sources: tuple[ApplicationSource, ...] = ()
    revisions: tuple[str, ...] = ()
    managed_namespace_metadata: ManagedNamespaceMetadata | None = None


class OperationState(ApiStruct, frozen=True, kw_only=True):
    operation: Annotated[Operation, NEEDED_OPAQUE] = Operation()
    phase: NeededStr = ""
    message: str = ""
    sync_result: Annotated[SyncOperationResult | None, OPAQUE] = None
    started_at: NeededTime = ""
    finished_at: Time | None = None
    retry_count: int = 0


class RevisionHistory(ApiStruct, frozen=True, kw_only=True):
    revision: str = ""
    deployed_at: NeededTime = ""
    id: NeededInt = 0
    source: ApplicationSource | None = None
    deploy_started_at: Time | None = None
    sources: tuple[ApplicationSource, ...] = ()
    revisions: tuple[str, ...] = ()
    initiated_by: OperationInitiator = OperationInitiator()


class ApplicationCondition(ApiStruct, frozen=True, kw_only=True):
    type: NeededStr = ""
    message: NeededStr = ""
    last_transition_time: Time | None = None


class ComparedTo(ApiStruct, frozen=True, kw_only=True):
    source: ApplicationSource | None = None
    destination: Annotated[ApplicationDestination, REQUIRED] = ApplicationDestination()
    sources: tuple[ApplicationSource, ...] = ()
    ignore_differences: tuple[ResourceIgnoreDifferences, ...] = ()


class SyncStatus(ApiStruct, frozen=True, kw_only=True):
    status: NeededStr = ""
    compared_to: Annotated[ComparedTo | None, OPAQUE] = None
    revision: str = ""
    revisions: tuple[str, ...] = ()


class ApplicationSummary(ApiStruct, frozen=True, kw_only=True):
    external_urls: tuple[str, ...] = field(default=(), name="externalURLs")
    images: tuple[str, ...] = ()
    is_app_of_apps: bool = False


class HydrateOperation(ApiStruct, frozen=True, kw_only=True):
    started_at: Time | None = None
    finished_at: Time | None = None
    phase: Annotated[str, one_of("Hydrating", "Failed", "Hydrated"), REQUIRED] = ""
    message: NeededStr = ""
    dry_sha: str = field(default="", name="drySHA")
    hydrated_sha: str = field(default="", name="hydratedSHA")
    source_hydrator: SourceHydrator | None = None


class SuccessfulHydrateOperation(ApiStruct, frozen=True, kw_only=True):
    dry_sha: str = field(default="", name="drySHA")
    hydrated_sha: str = field(default="", name="hydratedSHA")
    source_hydrator: SourceHydrator | None = None


class SourceHydratorStatus(ApiStruct, frozen=True, kw_only=True):
    last_successful_operation: SuccessfulHydrateOperation | None = None
    current_operation: HydrateOperation | None = None
    last_compared_dry_revision: str = ""


class ApplicationStatus(ApiStruct, frozen=True, kw_only=True):
    resources: Annotated[tuple[ResourceStatus, ...], OPAQUE] = ()
    sync: SyncStatus = SyncStatus()
    health: HealthStatus = HealthStatus()
    history: Annotated[tuple[RevisionHistory, ...], OPAQUE] = ()
    conditions: tuple[ApplicationCondition, ...] = ()
    reconciled_at: Time | None = None
    operation_state: OperationState | None = None
    observed_at: Time | None = None
    source_type: str = ""
    summary: ApplicationSummary = ApplicationSummary()
    resource_health_source: str = ""
    source_types: tuple[str, ...] = ()
    controller_namespace: str = ""
    source_hydrator: SourceHydratorStatus | None = None


class Application(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[ApplicationSpec, REQUIRED] = ApplicationSpec()
    status: ApplicationStatus = ApplicationStatus()
    operation: Operation | None = None
