"""Numbers and names of a Rollout that are out of all bounds, and analyses and experiments that name nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.engine.lang import durations
from holdfast.engine.rollout import defaults
from holdfast.model.canary import CanaryStep, RolloutExperimentStep
from holdfast.model.rollout import BlueGreenStrategy, Rollout

THRESHOLDS = ("Percentage", "Pods")
SPEC_REFS = ("canary", "stable")


def problems(rollout: Rollout) -> Iterator[str]:
    spec = rollout.spec
    window = spec.rollback_window
    yield from _not_negative("spec.revisionHistoryLimit", spec.revision_history_limit)
    yield from _not_negative("spec.rollbackWindow.revisions", window.revisions if window is not None else None)
    if spec.analysis is not None:
        limits = spec.analysis
        yield from _not_negative("spec.analysis.successfulRunHistoryLimit", limits.successful_run_history_limit)
        yield from _not_negative("spec.analysis.unsuccessfulRunHistoryLimit", limits.unsuccessful_run_history_limit)
    if spec.strategy.blue_green is not None:
        yield from _blue_green(spec.strategy.blue_green)
    elif spec.strategy.canary is not None:
        yield from _canary(rollout)


def _not_negative(place: str, value: int | None) -> Iterator[str]:
    if value is not None and value < 0:
        yield f"{place}: Invalid value: {value}: must be greater than or equal to 0"


def _blue_green(strategy: BlueGreenStrategy) -> Iterator[str]:
    place = "spec.strategy.blueGreen"
    yield from _not_negative(f"{place}.previewReplicaCount", strategy.preview_replica_count)
    yield from _delays(
        place,
        strategy.scale_down_delay_seconds,
        strategy.abort_scale_down_delay_seconds,
        strategy.scale_down_delay_revision_limit,
    )
    for name, analysis in (
        ("prePromotionAnalysis", strategy.pre_promotion_analysis),
        ("postPromotionAnalysis", strategy.post_promotion_analysis),
    ):
        if analysis is not None:
            yield from _templates(f"{place}.{name}", [one.template_name for one in analysis.templates])


def _delays(place: str, delay: int | None, abort_delay: int | None, revisions: int | None) -> Iterator[str]:
    yield from _not_negative(f"{place}.scaleDownDelaySeconds", delay)
    yield from _not_negative(f"{place}.abortScaleDownDelaySeconds", abort_delay)
    yield from _not_negative(f"{place}.scaleDownDelayRevisionLimit", revisions)


def _templates(place: str, names: Sequence[str]) -> Iterator[str]:
    if not names:
        yield f"{place}.templates: Required value: an analysis names at least one template"
    for number, name in enumerate(names):
        if not name:
            yield f"{place}.templates[{number}].templateName: Required value"


def _canary(rollout: Rollout) -> Iterator[str]:
    strategy, place = defaults.canary(rollout), "spec.strategy.canary"
    yield from _delays(
        place,
        strategy.scale_down_delay_seconds,
        strategy.abort_scale_down_delay_seconds,
        strategy.scale_down_delay_revision_limit,
    )
    yield from _not_negative(f"{place}.minPodsPerReplicaSet", strategy.min_pods_per_replica_set)
    routing, threshold = strategy.traffic_routing, strategy.replica_progress_threshold
    if routing is not None and routing.max_traffic_weight is not None and routing.max_traffic_weight < 1:
        said = routing.max_traffic_weight
        yield f"{place}.trafficRouting.maxTrafficWeight: Invalid value: {said}: must be greater than 0"
    if threshold is not None:
        at = f"{place}.replicaProgressThreshold"
        if threshold.type not in THRESHOLDS:
            yield f'{at}.type: Invalid value: "{threshold.type}": must be one of {", ".join(THRESHOLDS)}'
        yield from _not_negative(f"{at}.value", threshold.value)
        if threshold.type == "Percentage" and threshold.value > 100:
            yield f"{at}.value: Invalid value: {threshold.value}: a percentage is at most 100"
    if strategy.analysis is not None:
        yield from _templates(f"{place}.analysis", [one.template_name for one in strategy.analysis.templates])
        starting = strategy.analysis.starting_step
        if starting is not None and not 0 <= starting <= len(strategy.steps):
            yield f"{place}.analysis.startingStep: Invalid value: {starting}: there are {len(strategy.steps)} steps"
    for number, step in enumerate(strategy.steps):
        yield from _step(rollout, f"{place}.steps[{number}]", step)


def _step(rollout: Rollout, place: str, step: CanaryStep) -> Iterator[str]:
    most = defaults.max_weight(rollout)
    scale = step.set_canary_scale
    if scale is not None and scale.weight is not None and not 0 <= scale.weight <= most:
        yield f"{place}.setCanaryScale.weight: Invalid value: {scale.weight}: must be between 0 and {most}"
    if step.analysis is not None:
        yield from _templates(f"{place}.analysis", [one.template_name for one in step.analysis.templates])
    if step.experiment is not None:
        yield from _experiment(f"{place}.experiment", step.experiment, most)


def _experiment(place: str, step: RolloutExperimentStep, most: int) -> Iterator[str]:
    if not step.templates:
        yield f"{place}.templates: Required value: an experiment has at least one template"
    if step.duration and durations.parse(step.duration) is None:
        yield f"{place}.duration: Invalid value: {step.duration!r} is no duration such as 10m"
    yield from _not_negative(f"{place}.scaleDownDelaySeconds", step.scale_down_delay_seconds)
    yield from _unique(f"{place}.templates", [one.name for one in step.templates])
    for number, one in enumerate(step.templates):
        at = f"{place}.templates[{number}]"
        if one.spec_ref not in SPEC_REFS:
            yield f'{at}.specRef: Invalid value: "{one.spec_ref}": must be one of {", ".join(SPEC_REFS)}'
        yield from _not_negative(f"{at}.replicas", one.replicas)
        if one.weight is not None and not 0 <= one.weight <= most:
            yield f"{at}.weight: Invalid value: {one.weight}: must be between 0 and {most}"
    yield from _unique(f"{place}.analyses", [one.name for one in step.analyses])
    for number, analysis in enumerate(step.analyses):
        if not analysis.template_name:
            yield f"{place}.analyses[{number}].templateName: Required value"


def _unique(place: str, names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        if not name:
            yield f"{place}[{number}].name: Required value"
        elif name in names[:number]:
            yield f"{place}[{number}].name: Invalid value: another one is called {name!r}"
