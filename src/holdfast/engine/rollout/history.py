"""Which of the old ReplicaSets may come back without being proved again."""

from __future__ import annotations

from typing import Final

from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.kube import annotations_of

PROMOTED: Final = "holdfast.dev/promoted"


def was_stable(one: ReplicaSet) -> bool:
    """A revision that failed must not come back unproved. Argo Rollouts does not make this difference."""
    return PROMOTED in annotations_of(one.obj)


def is_within_window(draft: Draft, wanted_hash: str) -> bool:
    """No more than `rollbackWindow.revisions` revisions lie between it and the stable one."""
    window = draft.rollout.spec.rollback_window
    wanted = next((one for one in draft.seen.sets if one.hash == wanted_hash), None)
    stable = draft.stable
    if window is None or wanted is None or stable is None or wanted.name == stable.name or not was_stable(wanted):
        return False
    if not wanted.created or wanted.created > stable.created:
        return False
    between = [one for one in draft.seen.sets if wanted.created < one.created <= stable.created]
    return len(between) <= window.revisions


def remember_stable(draft: Draft, current: str) -> None:
    """A controller that ended between the first promotion and the status of it has left the mark on the set alone.

    Without this the next template would be taken for a first deployment, which nothing has to be kept for.
    """
    promoted = [one for one in draft.seen.sets if was_stable(one)]
    if draft.status.stable_rs or not promoted or any(one.hash == current for one in promoted):
        return
    draft.set(stable_rs=max(promoted, key=lambda one: (one.available > 0, one.revision)).hash)
