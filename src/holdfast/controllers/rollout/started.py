"""The AnalysisRuns and Experiments that a Rollout has started."""

from __future__ import annotations

from typing import Any

from holdfast.controllers.rollout import triggers
from holdfast.controllers.rollout.world import ANALYSIS_RUN, EXPERIMENT, World
from holdfast.engine.rollout.draft import Run
from holdfast.model.kube import labels_of, metadata_of, name_of
from holdfast.model.live import LiveObject
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout, WeightDestination

RUN_KIND = "rollout-type"
STEP_INDEX = "step-index"


def runs(world: World, rollout: Rollout) -> tuple[Run, ...]:
    return tuple(_run(live) for live in world.owned(rollout.metadata.uid, ANALYSIS_RUN))


def experiments(world: World, rollout: Rollout) -> tuple[Run, ...]:
    return tuple(_run(live) for live in world.owned(rollout.metadata.uid, EXPERIMENT))


def taken_names(world: World, rollout: Rollout) -> frozenset[str]:
    """Those of AnalysisRuns and Experiments that nobody controls: what is to be started needs other ones."""
    others = world.store.indexed(triggers.NAMES, triggers.uncontrolled(rollout.metadata.namespace))
    return frozenset(live.metadata.name for live in others)


def _run(live: LiveObject) -> Run:
    obj = live.decode()
    labels = labels_of(obj)
    status: dict[str, Any] = obj.get("status") or {}
    step = labels.get(STEP_INDEX, "")
    return Run(
        name=name_of(obj),
        kind=labels.get(RUN_KIND, ""),
        hash=labels.get(HASH_LABEL, ""),
        step=int(step) if step.isdecimal() else None,
        phase=str(status.get("phase") or ""),
        message=str(status.get("message") or ""),
        created=str(metadata_of(obj).get("creationTimestamp") or ""),
        serving=_serving(status),
    )


def _serving(status: dict[str, Any]) -> dict[str, WeightDestination]:
    return {
        str(one.get("name")): WeightDestination(
            service_name=str(one["serviceName"]), pod_template_hash=str(one.get("podTemplateHash") or "")
        )
        for one in status.get("templateStatuses") or []
        if one.get("serviceName") and one.get("status") == "Running"
    }
