"""AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun: what is measured, and what came of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.fields import REQUIRED, ApiStruct, IntOrString, NeededInt, NeededStr, Time
from holdfast.model.metadata import ObjectMeta
from holdfast.model.metric_provider import MetricProvider, SecretKeyRef


class FieldRef(ApiStruct, frozen=True, kw_only=True):
    field_path: NeededStr = ""


class ValueFrom(ApiStruct, frozen=True, kw_only=True):
    secret_key_ref: SecretKeyRef | None = None
    field_ref: FieldRef | None = None


class Argument(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    value: str | None = None
    value_from: ValueFrom | None = None


class Metric(ApiStruct, frozen=True, kw_only=True):
    """Limits are counts, or placeholders that become counts."""

    name: NeededStr = ""
    interval: str = ""
    initial_delay: str = ""
    count: IntOrString | None = None
    success_condition: str = ""
    failure_condition: str = ""
    failure_limit: IntOrString | None = None
    inconclusive_limit: IntOrString | None = None
    consecutive_error_limit: IntOrString | None = None
    provider: Annotated[MetricProvider, REQUIRED] = MetricProvider()
    consecutive_success_limit: IntOrString | None = None


class DryRun(ApiStruct, frozen=True, kw_only=True):
    metric_name: NeededStr = ""


class MeasurementRetention(ApiStruct, frozen=True, kw_only=True):
    metric_name: NeededStr = ""
    limit: NeededInt = 0


class AnalysisTemplateRef(ApiStruct, frozen=True, kw_only=True):
    template_name: str = ""
    cluster_scope: bool = False


class AnalysisTemplateSpec(ApiStruct, frozen=True, kw_only=True):
    metrics: tuple[Metric, ...] = ()
    args: tuple[Argument, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    templates: tuple[AnalysisTemplateRef, ...] = ()


class AnalysisTemplate(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: Annotated[AnalysisTemplateSpec, REQUIRED] = AnalysisTemplateSpec()


class ClusterAnalysisTemplate(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: Annotated[AnalysisTemplateSpec, REQUIRED] = AnalysisTemplateSpec()


class TTLStrategy(ApiStruct, frozen=True, kw_only=True):
    seconds_after_completion: int | None = None
    seconds_after_failure: int | None = None
    seconds_after_success: int | None = None


class AnalysisRunSpec(ApiStruct, frozen=True, kw_only=True):
    metrics: Annotated[tuple[Metric, ...], REQUIRED] = ()
    args: tuple[Argument, ...] = ()
    terminate: bool = False
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    ttl_strategy: TTLStrategy | None = None


class RunSummary(ApiStruct, frozen=True, kw_only=True):
    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0


class Measurement(ApiStruct, frozen=True, kw_only=True):
    phase: NeededStr = ""
    message: str = ""
    started_at: Time | None = None
    finished_at: Time | None = None
    value: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    resume_at: Time | None = None


class MetricResult(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    phase: NeededStr = ""
    measurements: tuple[Measurement, ...] = ()
    message: str = ""
    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    dry_run: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    consecutive_success: int = 0


class AnalysisRunStatus(ApiStruct, frozen=True, kw_only=True):
    phase: NeededStr = ""
    message: str = ""
    metric_results: tuple[MetricResult, ...] = ()
    started_at: Time | None = None
    run_summary: RunSummary = RunSummary()
    dry_run_summary: RunSummary | None = None
    completed_at: Time | None = None


class AnalysisRun(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: Annotated[AnalysisRunSpec, REQUIRED] = AnalysisRunSpec()
    status: AnalysisRunStatus = AnalysisRunStatus()
