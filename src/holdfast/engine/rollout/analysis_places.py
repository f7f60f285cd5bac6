"""The places of a Rollout that ask for an analysis."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from holdfast.engine.rollout import defaults
from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.canary import RolloutAnalysis, RolloutExperimentStep
from holdfast.model.rollout import Rollout


class Place(Struct, frozen=True):
    """`path` leads to the field, as in `spec.strategy.canary.steps[0].analysis`."""

    path: str
    analysis: RolloutAnalysis


def of(rollout: Rollout) -> Iterator[Place]:
    blue_green = defaults.blue_green(rollout)
    if blue_green is not None:
        for field, wanted in (
            ("prePromotionAnalysis", blue_green.pre_promotion_analysis),
            ("postPromotionAnalysis", blue_green.post_promotion_analysis),
        ):
            if wanted is not None:
                yield Place(f"spec.strategy.blueGreen.{field}", wanted)
        return
    canary = defaults.canary(rollout)
    for number, step in enumerate(canary.steps):
        path = f"spec.strategy.canary.steps[{number}]"
        if step.analysis is not None:
            yield Place(f"{path}.analysis", step.analysis)
        if step.experiment is not None:
            yield from _of_experiment(f"{path}.experiment", step.experiment)
    if canary.analysis is not None:
        asked = canary.analysis
        plain = RolloutAnalysis(
            templates=asked.templates,
            args=asked.args,
            dry_run=asked.dry_run,
            measurement_retention=asked.measurement_retention,
            analysis_run_metadata=asked.analysis_run_metadata,
        )
        yield Place("spec.strategy.canary.analysis", plain)


def _of_experiment(path: str, experiment: RolloutExperimentStep) -> Iterator[Place]:
    for number, one in enumerate(experiment.analyses):
        reference = AnalysisTemplateRef(template_name=one.template_name, cluster_scope=one.cluster_scope)
        wanted = RolloutAnalysis(templates=(reference,), args=one.args)
        yield Place(f"{path}.analyses[{number}]", wanted)
