"""Brings the pods of a StatefulSet or DaemonSet to the share of the step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from holdfast.engine.rollout import counts, defaults, steps
from holdfast.engine.rollout.actions import AnnotateRevision, DeletePod, SetUpdateStrategy, SetWorkloadTemplate
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.in_place import daemon_sets, stateful_sets
from holdfast.engine.rollout.in_place.kinds import STATEFUL_SET
from holdfast.engine.rollout.in_place.workload import InPlace
from holdfast.engine.rollout.replica_sets import REVISION

LOOK_AGAIN: Final = timedelta(seconds=10)
"""Pods are not watched: what their workload's counts do not tell is seen then."""


def recognise(draft: Draft, it: InPlace) -> None:
    """The revision has its number; a StatefulSet that has completed a release by itself is believed."""
    new = draft.new
    if new is not None and new.revision != draft.revision:
        draft.act(AnnotateRevision(new.name, {REVISION: str(draft.revision)}))
    status = draft.status
    if it.kind != STATEFUL_SET or not status.stable_rs or draft.is_promoted or it.current == status.stable_rs:
        return
    if it.current != it.wanted:
        draft.set(stable_rs=it.current)
    elif status.abort:
        draft.set(abort=False, aborted_at=None, promote_full=True)
        draft.tell("AbortTooLate", "Every pod was new before the abort: the release is complete", warning=True)


def goal(draft: Draft, it: InPlace) -> int:
    status = draft.status
    if status.abort and not draft.is_promoted:
        return 0
    is_passed = draft.is_promoted or status.promote_full or steps.has_none_left(draft.rollout)
    if it.kind == STATEFUL_SET:
        return stateful_sets.goal(it.replicas, steps.weight(draft.rollout), is_passed=is_passed)
    return daemon_sets.goal(it.replicas, steps.weight(draft.rollout), is_passed=is_passed)


def is_reached(draft: Draft, it: InPlace) -> bool:
    """As many are new as the step allows, they serve, and all others are of the stable revision."""
    wanted, there = goal(draft, it), [pod for pod in it.pods if not pod.going]
    new = [pod for pod in there if pod.hash == it.wanted]
    stable = [pod for pod in there if pod.hash == draft.status.stable_rs]
    if len(new) != wanted or len(there) != it.replicas or len(new) + len(stable) != it.replicas:
        return False
    threshold = defaults.canary(draft.rollout).replica_progress_threshold
    return not wanted or counts.threshold_is_met(threshold, draft.new, wanted)


def coming(draft: Draft, it: InPlace) -> set[str]:
    """The pods of a StatefulSet that its controller may replace from now on, by what is decided so far."""
    said = [action.strategy for action in draft.actions if isinstance(action, SetUpdateStrategy)]
    partition = it.partition if not said else (said[-1].get("rollingUpdate") or {}).get("partition")
    if it.kind != STATEFUL_SET or partition is None:
        return set()
    return {pod.name for pod in it.pods if pod.ordinal >= partition and pod.hash != it.update}


def proceed(draft: Draft, it: InPlace) -> None:
    most = defaults.max_unavailable(draft.rollout)
    before = len(draft.actions)
    if it.kind == STATEFUL_SET:
        _stateful_set(draft, it, stateful_sets.plan(it, goal(draft, it), most))
    elif it.partition is None:
        draft.act(SetUpdateStrategy({"type": "OnDelete", "rollingUpdate": None}))
    else:
        _daemon_set(draft, it, daemon_sets.plan(it, draft.status.stable_rs, goal(draft, it), most))
    if len(draft.actions) > before or not is_reached(draft, it) or it.unavailable():
        draft.wake(draft.now + LOOK_AGAIN)


def _stateful_set(draft: Draft, it: InPlace, plan: stateful_sets.Plan) -> None:
    if plan.partition != it.partition:
        strategy: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"partition": plan.partition}}
        draft.act(SetUpdateStrategy(strategy))
        first = min(plan.partition, it.replicas)
        text = f"StatefulSet {it.name}: {it.replicas - first} of {it.replicas} pods may be of the new revision"
        draft.tell("PartitionSet", text)
    _delete(draft, it, plan.delete)


def _daemon_set(draft: Draft, it: InPlace, plan: daemon_sets.Plan) -> None:
    revision = it.of(plan.template)
    if revision is not None:
        wanted = it.of(it.wanted)
        held = wanted.name if wanted is not None and plan.template != it.wanted else ""
        draft.act(SetWorkloadTemplate(revision.template, held))
        if held:
            draft.tell("TemplateHeld", f"DaemonSet {it.name} has the stable template until its pods are back")
        else:
            draft.tell("TemplateReturned", f"DaemonSet {it.name} has its own template again")
    _delete(draft, it, plan.delete)


def _delete(draft: Draft, it: InPlace, pods: tuple[Any, ...]) -> None:
    for pod in pods:
        draft.act(DeletePod(pod.name, pod.uid))
    if pods:
        names = ", ".join(pod.name for pod in pods)
        draft.tell("PodsReplaced", f"{it.kind} {it.name} makes pods anew: {names}")
