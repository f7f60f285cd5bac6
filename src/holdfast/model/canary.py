"""The canary strategy of a Rollout and its steps."""

from __future__ import annotations

from typing import Annotated, Any

from holdfast.model.analysis import AnalysisTemplateRef, DryRun, MeasurementRetention
from holdfast.model.experiment import ChildMetadata, TemplateService
from holdfast.model.fields import REQUIRED, ApiStruct, IntOrString, LabelSelector, NeededInt, NeededStr
from holdfast.model.traffic import SetHeaderRoute, SetMirrorRoute, TrafficRouting


class RolloutFieldRef(ApiStruct, frozen=True, kw_only=True):
    field_path: NeededStr = ""


class ArgumentValueFrom(ApiStruct, frozen=True, kw_only=True):
    """`podTemplateHashValue` is Stable or Latest."""

    pod_template_hash_value: str | None = None
    field_ref: RolloutFieldRef | None = None


class AnalysisRunArgument(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    value: str = ""
    value_from: ArgumentValueFrom | None = None


class RolloutAnalysis(ApiStruct, frozen=True, kw_only=True):
    templates: tuple[AnalysisTemplateRef, ...] = ()
    args: tuple[AnalysisRunArgument, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    analysis_run_metadata: ChildMetadata = ChildMetadata()


class RolloutAnalysisBackground(ApiStruct, frozen=True, kw_only=True):
    templates: tuple[AnalysisTemplateRef, ...] = ()
    args: tuple[AnalysisRunArgument, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    analysis_run_metadata: ChildMetadata = ChildMetadata()
    starting_step: int | None = None


class RolloutExperimentTemplate(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    spec_ref: NeededStr = ""
    replicas: int | None = None
    metadata: ChildMetadata = ChildMetadata()
    selector: LabelSelector | None = None
    weight: int | None = None
    service: TemplateService | None = None


class RolloutExperimentAnalysis(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    template_name: NeededStr = ""
    cluster_scope: bool = False
    args: tuple[AnalysisRunArgument, ...] = ()
    required_for_completion: bool = False


class RolloutExperimentStep(ApiStruct, frozen=True, kw_only=True):
    templates: Annotated[tuple[RolloutExperimentTemplate, ...], REQUIRED] = ()
    duration: str = ""
    analyses: tuple[RolloutExperimentAnalysis, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    analysis_run_metadata: ChildMetadata = ChildMetadata()
    scale_down_delay_seconds: int | None = None


class RolloutPause(ApiStruct, frozen=True, kw_only=True):
    """Seconds or a duration; absent waits for a person."""

    duration: IntOrString | None = None


class SetCanaryScale(ApiStruct, frozen=True, kw_only=True):
    weight: int | None = None
    replicas: int | None = None
    match_traffic_weight: bool = False


class PluginStep(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    config: Any = None


class CanaryStep(ApiStruct, frozen=True, kw_only=True):
    """Exactly one of them."""

    set_weight: int | None = None
    pause: RolloutPause | None = None
    experiment: RolloutExperimentStep | None = None
    analysis: RolloutAnalysis | None = None
    set_canary_scale: SetCanaryScale | None = None
    set_header_route: SetHeaderRoute | None = None
    set_mirror_route: SetMirrorRoute | None = None
    plugin: PluginStep | None = None


class PreferredDuringScheduling(ApiStruct, frozen=True, kw_only=True):
    weight: NeededInt = 0


class RequiredDuringScheduling(ApiStruct, frozen=True, kw_only=True):
    """Present means: never two on one node."""


class AntiAffinity(ApiStruct, frozen=True, kw_only=True):
    preferred_during_scheduling_ignored_during_execution: PreferredDuringScheduling | None = None
    required_during_scheduling_ignored_during_execution: RequiredDuringScheduling | None = None


class PingPongSpec(ApiStruct, frozen=True, kw_only=True):
    ping_service: NeededStr = ""
    pong_service: NeededStr = ""


class ReplicaProgressThreshold(ApiStruct, frozen=True, kw_only=True):
    type: NeededStr = ""
    value: NeededInt = 0


class CanaryStrategy(ApiStruct, frozen=True, kw_only=True):
    canary_service: str = ""
    stable_service: str = ""
    steps: tuple[CanaryStep, ...] = ()
    traffic_routing: TrafficRouting | None = None
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None
    analysis: RolloutAnalysisBackground | None = None
    anti_affinity: AntiAffinity | None = None
    canary_metadata: ChildMetadata | None = None
    stable_metadata: ChildMetadata | None = None
    scale_down_delay_seconds: int | None = None
    scale_down_delay_revision_limit: int | None = None
    abort_scale_down_delay_seconds: int | None = None
    dynamic_stable_scale: bool = False
    ping_pong: PingPongSpec | None = None
    min_pods_per_replica_set: int | None = None
    replica_progress_threshold: ReplicaProgressThreshold | None = None
