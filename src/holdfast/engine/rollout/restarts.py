"""restartAt: every pod that is older is made anew, a few at a time."""

from __future__ import annotations

from holdfast.engine.lang import instants
from holdfast.engine.rollout import defaults, replacing
from holdfast.engine.rollout.actions import ChangeReplicaSet, DeletePod
from holdfast.engine.rollout.draft import Draft
from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted, metadata_of, name_of, uid_of


def proceed(draft: Draft) -> None:
    wanted = draft.rollout.spec.restart_at
    at = instants.parse(wanted)
    if at is None or wanted == draft.status.restarted_at:
        return
    if draft.now < at:
        draft.wake(at)
        return
    stamp = instants.stamp(at)
    old = [pod for pod in draft.seen.pods if str(metadata_of(pod).get("creationTimestamp") or "") < stamp]
    if not old:
        draft.set(restarted_at=wanted)
        draft.tell("RolloutRestarted", "All pods have been restarted")
        return
    # While a scaling is on its way the sets ask for less than is promised.
    asked = max(sum(one.desired for one in draft.seen.sets), defaults.replicas(draft.rollout))
    available = sum(min(one.available, one.desired) for one in draft.seen.sets)
    if draft.seen.in_place is not None:
        asked = draft.seen.in_place.replicas
        available = min(available, asked - draft.seen.in_place.unavailable())
    going = sum(is_being_deleted(pod) for pod in draft.seen.pods)
    # The counts may be told before a pod went; the pods were asked for just now.
    available = min(available - going, sum(_serves(pod) for pod in draft.seen.pods))
    leaving = _leaving(draft)
    room = max(defaults.max_unavailable(draft.rollout), 1) - (asked - available) - _scaled_away(draft)
    room -= sum(_serves(pod) and name_of(pod) in leaving for pod in draft.seen.pods)
    standing = sorted(
        (name_of(pod), uid_of(pod)) for pod in old if not is_being_deleted(pod) and name_of(pod) not in leaving
    )
    for name, uid in standing[: max(room, 0)]:
        draft.act(DeletePod(name, uid))


def _leaving(draft: Draft) -> set[str]:
    """Pods that are replaced in place: this very decision deletes them, or their workload is about to."""
    found = {action.name for action in draft.actions if isinstance(action, DeletePod)}
    return found if draft.seen.in_place is None else found | replacing.coming(draft, draft.seen.in_place)


def _scaled_away(draft: Draft) -> int:
    """How many pods this very decision takes away by scaling: they cannot be spared twice."""
    desired = {one.name: one.desired for one in draft.seen.sets}
    changes = [action for action in draft.actions if isinstance(action, ChangeReplicaSet)]
    return sum(max(desired.get(one.name, 0) - one.replicas, 0) for one in changes if one.replicas is not None)


def _serves(pod: KubeObject) -> bool:
    is_ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions_of(pod))
    return is_ready and not is_being_deleted(pod)
