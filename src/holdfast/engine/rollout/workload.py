"""workloadRef: a Deployment or the like lends its pod template and gives its pods up."""

from __future__ import annotations

from typing import Any, Final

from holdfast.engine.rollout import defaults, phases
from holdfast.engine.rollout.actions import AnnotateRollout, ScaleWorkload
from holdfast.engine.rollout.draft import Draft
from holdfast.model.kube import KubeObject, metadata_of

NEVER: Final = "never"
ON_SUCCESS: Final = "onsuccess"
PROGRESSIVELY: Final = "progressively"


def template_of(workload: KubeObject) -> KubeObject:
    """A PodTemplate has it at its root."""
    return workload.get("template") or (workload.get("spec") or {}).get("template") or {}


def selector_of(workload: KubeObject) -> dict[str, Any]:
    return (workload.get("spec") or {}).get("selector") or {}


def generation(draft: Draft) -> str:
    workload = draft.seen.workload
    return str(metadata_of(workload).get("generation") or "") if workload is not None else ""


def note_generation(draft: Draft) -> None:
    """Whoever reads the Rollout can tell by it whether the newest state of the workload has been seen."""
    known = draft.rollout.metadata.annotations.get(phases.WORKLOAD_GENERATION)
    wanted = generation(draft) or None
    if known != wanted and (wanted or draft.rollout.spec.workload_ref is None):
        draft.act(AnnotateRollout({phases.WORKLOAD_GENERATION: wanted}))


def scale(draft: Draft) -> None:
    reference, workload = draft.rollout.spec.workload_ref, draft.seen.workload
    if reference is None or workload is None or reference.scale_down in ("", NEVER):
        return
    now = (workload.get("spec") or {}).get("replicas")
    now = 1 if now is None else int(now)
    wanted = now
    available = sum(one.available for one in draft.seen.sets)
    if reference.scale_down == ON_SUCCESS and available >= defaults.replicas(draft.rollout):
        wanted = 0 if draft.is_promoted and phases.of(draft.rollout)[0] != phases.Phase.DEGRADED else now
    elif reference.scale_down == PROGRESSIVELY:
        wanted = min(now, max(defaults.replicas(draft.rollout) - available, 0))
    if wanted != now:
        draft.act(ScaleWorkload(wanted))
