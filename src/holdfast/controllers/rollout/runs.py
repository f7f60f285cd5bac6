"""Makes the AnalysisRuns and Experiments that a Rollout needs, out of the templates that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from holdfast.controllers.rollout.world import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    EXPERIMENT,
    World,
)
from holdfast.engine.analysis import foresight
from holdfast.engine.analysis.template_walk import MOST, TemplateWalk
from holdfast.engine.rollout import analysis_places, run_objects
from holdfast.engine.rollout.actions import DeleteRun, RunAction, StartExperiment, StartRun, StopExperiment, StopRun
from holdfast.engine.rollout.draft import Seen
from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.canary import RolloutAnalysis
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout, RolloutStatus


async def perform(world: World, seen: Seen, action: RunAction, status: RolloutStatus) -> None:
    namespace = seen.rollout.metadata.namespace
    match action:
        case StartRun():
            specs = templates(world, namespace, action.analysis.templates)
            try:
                obj = run_objects.analysis_run(seen.rollout, action, specs, stable=status.stable_rs)
            except ValueError as error:
                raise Blocked("InvalidAnalysis", f"Rollout {seen.rollout.metadata.key}: {error}") from None
            await world.create(ANALYSIS_RUN, obj)
        case StopRun(name):
            await world.patch(ANALYSIS_RUN, namespace, name, {"spec": {"terminate": True}})
        case DeleteRun(name):
            await world.delete(ANALYSIS_RUN, namespace, name)
        case StartExperiment():
            await world.create(EXPERIMENT, run_objects.experiment(seen, action, stable=status.stable_rs))
        case StopExperiment(name):
            await world.patch(EXPERIMENT, namespace, name, {"spec": {"terminate": True}})
        case _:
            assert_never(action)


def problem(world: World, rollout: Rollout) -> str:
    """Why one of the analyses that the Rollout asks for anywhere could not be started, "" for nothing."""
    for place in analysis_places.of(rollout):
        try:
            found = templates(world, rollout.metadata.namespace, place.analysis.templates)
        except Blocked as blocked:
            return f"{place.path}: Invalid value: {blocked.message}"
        fault = _fault(rollout, place.analysis, found)
        if fault:
            names = ", ".join(one.template_name for one in place.analysis.templates)
            return f'{place.path}: Invalid value: "{names}": {fault}'
    return ""


def _fault(rollout: Rollout, wanted: RolloutAnalysis, found: Sequence[KubeObject]) -> str:
    try:
        return foresight.problem(run_objects.foreseen(rollout, wanted, found), run_objects.LATER)
    except ValueError as error:
        return str(error)


def templates(world: World, namespace: str, named: tuple[AnalysisTemplateRef, ...]) -> list[KubeObject]:
    """The templates and those that they name in turn, each once."""
    walk = TemplateWalk(named)
    while (reference := walk.next()) is not None:
        kind = CLUSTER_ANALYSIS_TEMPLATE if reference.cluster_scope else ANALYSIS_TEMPLATE
        obj = world.get(kind, "" if reference.cluster_scope else namespace, reference.template_name)
        if obj is None:
            raise Blocked("TemplateMissing", f"{kind.kind} '{reference.template_name}' not found")
        if walk.is_full:
            raise Blocked("TooManyTemplates", f"more than {MOST} analysis templates")
        walk.take(reference, obj)
    return walk.found
