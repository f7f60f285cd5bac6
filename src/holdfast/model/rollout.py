"""Rollout: replicas of a pod template, and how a new template takes over."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from holdfast.model.canary import AntiAffinity, CanaryStrategy, RolloutAnalysis
from holdfast.model.experiment import ChildMetadata
from holdfast.model.fields import (
    REQUIRED,
    ApiStruct,
    FreeForm,
    IntOrString,
    LabelSelector,
    NeededInt,
    NeededStr,
    NeededTime,
    Time,
)
from holdfast.model.keys import GroupKind
from holdfast.model.metadata import ObjectMeta


class WorkloadRef(ApiStruct, frozen=True, kw_only=True):
    """A Deployment or the like whose pod template is used; `scaleDown` is never, onsuccess or progressively."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    scale_down: str = ""

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.api_version.rpartition("/")[0], self.kind)


class BlueGreenStrategy(ApiStruct, frozen=True, kw_only=True):
    active_service: NeededStr = ""
    preview_service: str = ""
    preview_replica_count: int | None = None
    auto_promotion_enabled: bool | None = None
    auto_promotion_seconds: int = 0
    max_unavailable: IntOrString | None = None
    scale_down_delay_seconds: int | None = None
    scale_down_delay_revision_limit: int | None = None
    pre_promotion_analysis: RolloutAnalysis | None = None
    anti_affinity: AntiAffinity | None = None
    post_promotion_analysis: RolloutAnalysis | None = None
    preview_metadata: ChildMetadata | None = None
    active_metadata: ChildMetadata | None = None
    abort_scale_down_delay_seconds: int | None = None


class RolloutStrategy(ApiStruct, frozen=True, kw_only=True):
    blue_green: BlueGreenStrategy | None = None
    canary: CanaryStrategy | None = None


class AnalysisRunStrategy(ApiStruct, frozen=True, kw_only=True):
    successful_run_history_limit: int | None = None
    unsuccessful_run_history_limit: int | None = None


class RollbackWindow(ApiStruct, frozen=True, kw_only=True):
    revisions: int = 0


class RolloutSpec(ApiStruct, frozen=True, kw_only=True):
    replicas: int | None = None
    selector: LabelSelector | None = None
    template: FreeForm = field(default_factory=dict)
    workload_ref: WorkloadRef | None = None
    min_ready_seconds: int = 0
    rollback_window: RollbackWindow | None = None
    strategy: RolloutStrategy = RolloutStrategy()
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None
    progress_deadline_abort: bool = False
    restart_at: Time | None = None
    analysis: AnalysisRunStrategy | None = None


class PauseCondition(ApiStruct, frozen=True, kw_only=True):
    reason: NeededStr = ""
    start_time: NeededTime = ""


class RolloutAnalysisRunStatus(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    status: NeededStr = ""
    message: str = ""


class BlueGreenStatus(ApiStruct, frozen=True, kw_only=True):
    preview_selector: str = ""
    active_selector: str = ""
    scale_up_preview_check_point: bool = False
    pre_promotion_analysis_run_status: RolloutAnalysisRunStatus | None = None
    post_promotion_analysis_run_status: RolloutAnalysisRunStatus | None = None


class WeightDestination(ApiStruct, frozen=True, kw_only=True):
    weight: NeededInt = 0
    service_name: str = ""
    pod_template_hash: str = ""


class TrafficWeights(ApiStruct, frozen=True, kw_only=True):
    canary: Annotated[WeightDestination, REQUIRED] = WeightDestination()
    stable: Annotated[WeightDestination, REQUIRED] = WeightDestination()
    additional: tuple[WeightDestination, ...] = ()
    verified: bool | None = None


class StepPluginStatus(ApiStruct, frozen=True, kw_only=True):
    index: NeededInt = 0
    name: NeededStr = ""
    operation: NeededStr = ""
    phase: str = ""
    message: str = ""
    started_at: Time | None = None
    updated_at: Time | None = None
    finished_at: Time | None = None
    backoff: str = ""
    executions: int = 0
    disabled: bool = False
    status: Any = None


class CanaryStatus(ApiStruct, frozen=True, kw_only=True):
    current_step_analysis_run_status: RolloutAnalysisRunStatus | None = None
    current_background_analysis_run_status: RolloutAnalysisRunStatus | None = None
    current_experiment: str = ""
    weights: TrafficWeights | None = None
    stable_ping_pong: str = ""
    step_plugin_statuses: tuple[StepPluginStatus, ...] = ()


class AwsResourceRef(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    arn: NeededStr = ""
    full_name: NeededStr = ""


class ALBStatus(ApiStruct, frozen=True, kw_only=True):
    load_balancer: AwsResourceRef = AwsResourceRef()
    canary_target_group: AwsResourceRef = AwsResourceRef()
    stable_target_group: AwsResourceRef = AwsResourceRef()
    ingress: str = ""


class RolloutCondition(ApiStruct, frozen=True, kw_only=True):
    type: NeededStr = ""
    status: NeededStr = ""
    last_update_time: NeededTime = ""
    last_transition_time: NeededTime = ""
    reason: NeededStr = ""
    message: NeededStr = ""


class RolloutDurationStatus(ApiStruct, frozen=True, kw_only=True):
    rollout_started_at: Time | None = None
    manual_pause_started_at: Time | None = None
    total_manual_pause_duration_seconds: int = 0
    finished_at: Time | None = None
    completion_status: str = ""


class RolloutStatus(ApiStruct, frozen=True, kw_only=True):
    abort: bool = False
    pause_conditions: tuple[PauseCondition, ...] = ()
    controller_pause: bool = False
    aborted_at: Time | None = None
    current_pod_hash: str = ""
    current_step_hash: str = ""
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_step_index: int | None = None
    collision_count: int | None = None
    observed_generation: str = ""
    conditions: tuple[RolloutCondition, ...] = ()
    canary: CanaryStatus = CanaryStatus()
    blue_green: BlueGreenStatus = BlueGreenStatus()
    hpareplicas: int = field(default=0, name="HPAReplicas")
    selector: str = ""
    stable_rs: str = field(default="", name="stableRS")
    restarted_at: Time | None = None
    promote_full: bool = False
    phase: str = ""
    message: str = ""
    workload_observed_generation: str = ""
    alb: ALBStatus | None = None
    albs: tuple[ALBStatus, ...] = ()
    duration: RolloutDurationStatus | None = None


class Rollout(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: Annotated[RolloutSpec, REQUIRED] = RolloutSpec()
    status: RolloutStatus = RolloutStatus()


class TimedStatus(ApiStruct, frozen=True, kw_only=True):
    duration: RolloutDurationStatus | None = None


class TimedRollout(ApiStruct, frozen=True, kw_only=True):
    """A Rollout of which nothing is read but how long its release takes."""

    status: TimedStatus = TimedStatus()
