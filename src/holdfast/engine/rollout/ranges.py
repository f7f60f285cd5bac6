"""Counts and lengths of time that make no sense: each would be refused by the cluster for ever, or overflow, or surprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from holdfast.engine.lang import durations
from holdfast.engine.rollout import defaults
from holdfast.model.canary import CanaryStep
from holdfast.model.rollout import Rollout

LONGEST: Final = int(durations.LONGEST.total_seconds())
COUNT: Final = 2**31 - 1
"""What the API holds counts in."""
Entry: TypeAlias = tuple[str, int | None, int]
"""Place, value and the most that it may be; the least is 0."""


def problems(rollout: Rollout) -> Iterator[str]:
    for place, value, most in _entries(rollout):
        if value is not None and value < 0:
            yield f"{place}: Invalid value: {value}: must be greater than or equal to 0"
        elif value is not None and value > most:
            yield f"{place}: Invalid value: {value}: must be less than or equal to {most}"


def _entries(rollout: Rollout) -> Iterator[Entry]:
    spec = rollout.spec
    yield "spec.replicas", spec.replicas, COUNT
    yield "spec.minReadySeconds", spec.min_ready_seconds, LONGEST
    yield "spec.progressDeadlineSeconds", spec.progress_deadline_seconds, LONGEST
    yield "spec.revisionHistoryLimit", spec.revision_history_limit, COUNT
    if spec.rollback_window is not None:
        yield "spec.rollbackWindow.revisions", spec.rollback_window.revisions, COUNT
    if spec.analysis is not None:
        yield "spec.analysis.successfulRunHistoryLimit", spec.analysis.successful_run_history_limit, COUNT
        yield "spec.analysis.unsuccessfulRunHistoryLimit", spec.analysis.unsuccessful_run_history_limit, COUNT
    blue_green, canary = defaults.blue_green(rollout), spec.strategy.canary
    if blue_green is not None:
        place = "spec.strategy.blueGreen"
        yield f"{place}.previewReplicaCount", blue_green.preview_replica_count, COUNT
        yield f"{place}.autoPromotionSeconds", blue_green.auto_promotion_seconds, LONGEST
        yield f"{place}.scaleDownDelaySeconds", blue_green.scale_down_delay_seconds, LONGEST
        yield f"{place}.scaleDownDelayRevisionLimit", blue_green.scale_down_delay_revision_limit, COUNT
        yield f"{place}.abortScaleDownDelaySeconds", blue_green.abort_scale_down_delay_seconds, LONGEST
    elif canary is not None:
        yield from _canary(rollout)


def _canary(rollout: Rollout) -> Iterator[Entry]:
    canary = defaults.canary(rollout)
    place = "spec.strategy.canary"
    yield f"{place}.scaleDownDelaySeconds", canary.scale_down_delay_seconds, LONGEST
    yield f"{place}.scaleDownDelayRevisionLimit", canary.scale_down_delay_revision_limit, COUNT
    yield f"{place}.abortScaleDownDelaySeconds", canary.abort_scale_down_delay_seconds, LONGEST
    yield f"{place}.minPodsPerReplicaSet", canary.min_pods_per_replica_set, COUNT
    if canary.analysis is not None:
        yield f"{place}.analysis.startingStep", canary.analysis.starting_step, COUNT
    if canary.traffic_routing is not None:
        yield f"{place}.trafficRouting.maxTrafficWeight", canary.traffic_routing.max_traffic_weight, COUNT
    for number, step in enumerate(canary.steps):
        yield from _step(f"{place}.steps[{number}]", step, defaults.max_weight(rollout))


def _step(place: str, step: CanaryStep, most: int) -> Iterator[Entry]:
    if step.set_canary_scale is not None:
        yield f"{place}.setCanaryScale.replicas", step.set_canary_scale.replicas, COUNT
        yield f"{place}.setCanaryScale.weight", step.set_canary_scale.weight, most
    if step.set_mirror_route is not None:
        yield f"{place}.setMirrorRoute.percentage", step.set_mirror_route.percentage, 100
    if step.experiment is not None:
        yield f"{place}.experiment.scaleDownDelaySeconds", step.experiment.scale_down_delay_seconds, LONGEST
        for number, one in enumerate(step.experiment.templates):
            yield f"{place}.experiment.templates[{number}].replicas", one.replicas, COUNT
            yield f"{place}.experiment.templates[{number}].weight", one.weight, most
