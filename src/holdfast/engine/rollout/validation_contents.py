"""Analyses and experiments of a Rollout that name nothing or something twice, and words and shares that no field knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.engine.rollout import defaults
from holdfast.model.canary import CanaryStep, RolloutExperimentStep
from holdfast.model.rollout import BlueGreenStrategy, Rollout

THRESHOLDS = ("Percent", "Percentage", "Pods")
"""Argo Rollouts says Percent; Percentage is what was taken here before."""
SPEC_REFS = ("canary", "stable")


def problems(rollout: Rollout) -> Iterator[str]:
    strategy = rollout.spec.strategy
    if strategy.blue_green is not None:
        yield from _blue_green(strategy.blue_green)
    elif strategy.canary is not None:
        yield from _canary(rollout)


def _blue_green(strategy: BlueGreenStrategy) -> Iterator[str]:
    place = "spec.strategy.blueGreen"
    for name, analysis in (
        ("prePromotionAnalysis", strategy.pre_promotion_analysis),
        ("postPromotionAnalysis", strategy.post_promotion_analysis),
    ):
        if analysis is not None:
            yield from _templates(f"{place}.{name}", [one.template_name for one in analysis.templates])


def _templates(place: str, names: Sequence[str]) -> Iterator[str]:
    if not names:
        yield f"{place}.templates: Required value: an analysis names at least one template"
    for number, name in enumerate(names):
        if not name:
            yield f"{place}.templates[{number}].templateName: Required value"


def _canary(rollout: Rollout) -> Iterator[str]:
    strategy, place = defaults.canary(rollout), "spec.strategy.canary"
    threshold = strategy.replica_progress_threshold
    if threshold is not None:
        at = f"{place}.replicaProgressThreshold"
        if threshold.type not in THRESHOLDS:
            yield f'{at}.type: Invalid value: "{threshold.type}": must be one of {", ".join(THRESHOLDS)}'
        if threshold.value < 0 or (threshold.type != "Pods" and threshold.value > 100):
            yield f"{at}.value: Invalid value: {threshold.value}: a count of pods, or a percentage of at most 100"
    if strategy.analysis is not None:
        yield from _templates(f"{place}.analysis", [one.template_name for one in strategy.analysis.templates])
    for number, step in enumerate(strategy.steps):
        yield from _step(f"{place}.steps[{number}]", step)


def _step(place: str, step: CanaryStep) -> Iterator[str]:
    if step.analysis is not None:
        yield from _templates(f"{place}.analysis", [one.template_name for one in step.analysis.templates])
    if step.experiment is not None:
        yield from _experiment(f"{place}.experiment", step.experiment)


def _experiment(place: str, step: RolloutExperimentStep) -> Iterator[str]:
    if not step.templates:
        yield f"{place}.templates: Required value: an experiment has at least one template"
    yield from _unique(f"{place}.templates", [one.name for one in step.templates])
    for number, one in enumerate(step.templates):
        at = f"{place}.templates[{number}]"
        if one.spec_ref not in SPEC_REFS:
            yield f'{at}.specRef: Invalid value: "{one.spec_ref}": must be one of {", ".join(SPEC_REFS)}'
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
