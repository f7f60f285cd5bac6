"""What must hold of releases that are one, by what the engine saw of the others when it decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT
from holdfast.engine.rollout import defaults, steps
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of
from holdfast.model.rollout import Rollout
from holdfast.testing.rollout_plans import GROUP_LABEL
from holdfast.testing.rollout_views import View
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching

COMPLETED: Final = "holdfast.dev/step-completed"
FOLLOWED: Final = "holdfast.dev/followed-abort"


class GroupInvariants:
    def __init__(self, watching: Watching, fail: Fail) -> None:
        self._watching = watching
        self._fail = fail

    def reports(self, view: View, before: KubeObject, after: KubeObject) -> None:
        """A status of a member, as the engine writes it."""
        was, now = msgspec.convert(before, Rollout), msgspec.convert(after, Rollout)
        if not _goes_on(was, now):
            return
        others = [msgspec.convert(one, Rollout) for one in view.all(ROLLOUT) if _is_other(one, before)]
        for other in others:
            if _is_aborted(other) and _has_been_seen(other) and not _is_answered(now, other):
                self._fail("nobody goes on where a member is aborted", f"{name_of(after)}, {other.metadata.name} is")
            if not _is_as_far(other, now):
                what = f"{name_of(after)} has passed step {now.status.current_step_index}, "
                what += f"{other.metadata.name} is at {other.status.current_step_index}"
                self._fail("a joint step is passed together", what)


def split(watching: Watching, seen: SeenRollout) -> Iterator[str]:
    """At rest nobody is in a release that another one was aborted from, unless a person has had it tried again."""
    if not _is_in_release(seen.rollout):
        return
    group = seen.rollout.metadata.labels.get(GROUP_LABEL)
    for other in watching.rollouts.values():
        is_member = group and other is not seen and other.rollout.metadata.labels.get(GROUP_LABEL) == group
        if is_member and _is_aborted(other.rollout) and not _is_answered(seen.rollout, other.rollout):
            yield f"it goes on though {other.rollout.metadata.name} of its group is aborted"


def _goes_on(was: Rollout, now: Rollout) -> bool:
    """To the next step, by itself."""
    same = was.status.current_pod_hash == now.status.current_pod_hash
    same = same and was.status.current_step_hash == now.status.current_step_hash
    is_asked = was.status.promote_full or now.status.promote_full or defaults.blue_green(was) is not None
    if not same or is_asked or now.status.abort or not _is_in_release(was):
        return False
    return (now.status.current_step_index or 0) > (was.status.current_step_index or 0)


def _is_other(one: KubeObject, member: KubeObject) -> bool:
    group = labels_of(member).get(GROUP_LABEL)
    is_member = bool(group) and labels_of(one).get(GROUP_LABEL) == group
    return is_member and name_of(one) != name_of(member) and not is_being_deleted(one)


def _is_in_release(rollout: Rollout) -> bool:
    status = rollout.status
    return bool(status.stable_rs) and status.current_pod_hash != status.stable_rs and not status.abort


def _is_aborted(rollout: Rollout) -> bool:
    """For a reason of its own."""
    status = rollout.status
    said = [one.message for one in status.conditions if one.type == "Progressing"]
    is_follower = any(" of release group " in message for message in said)
    return status.abort and bool(status.aborted_at) and status.stable_rs != status.current_pod_hash and not is_follower


def _has_been_seen(rollout: Rollout) -> bool:
    return rollout.status.observed_generation == str(rollout.metadata.generation)


def _is_answered(member: Rollout, culprit: Rollout) -> bool:
    """A person has tried again since, as the abort was followed once."""
    status = culprit.status
    abort = f"{culprit.metadata.name}/{status.current_pod_hash}/{status.aborted_at}"
    return member.metadata.annotations.get(FOLLOWED) == abort


def _is_as_far(other: Rollout, now: Rollout) -> bool:
    if other.spec.paused or defaults.blue_green(other) is not None:
        return True
    if not _has_been_seen(other):
        return not other.status.stable_rs
    count, index = steps.count(other), other.status.current_step_index or 0
    if not _is_in_release(other) or other.status.promote_full or not count:
        return True
    mark = f"{other.status.current_pod_hash}.{index}"
    completed = index + (other.metadata.annotations.get(COMPLETED) == mark)
    passed = now.status.current_step_index or 0
    return completed >= (count if passed >= steps.count(now) else min(passed, count))
