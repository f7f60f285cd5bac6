"""What a person is told beside what was asked for: the command that goes on, and who puts back what is changed here."""

from __future__ import annotations

from holdfast.engine.plan import tracking
from holdfast.engine.rollout import conditions, phases
from holdfast.engine.why import pauses
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout

DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"


def way_on(rollout: Rollout, obj: KubeObject) -> str:
    """What comes next where it is a person's turn, "" where it is not. `obj` is the same Rollout."""
    phase, message = phases.shown(rollout)
    command, place = "holdfast rollout {} " + str(rollout.metadata.key), rollout.metadata.key
    back = f"`{command.format('abort')}` goes back to the stable version"
    if phase == phases.Phase.PAUSED and message == pauses.MANUALLY:
        return f"`{command.format('promote')}` goes on, unless `spec.paused` is what Git says of {place}"
    if phase == phases.Phase.PAUSED:
        words = pauses.waiting(message, obj)
        return f"{words}: `{command.format('promote')}` goes on, {back}" if words else ""
    if phase != phases.Phase.DEGRADED:
        return ""
    if rollout.status.abort:
        return f"the stable version serves: `{command.format('retry')}` tries again, or release another version"
    progress = conditions.find(rollout.status, "Progressing")
    is_late = progress is not None and progress.reason == DEADLINE_EXCEEDED
    is_new = rollout.status.stable_rs and rollout.status.stable_rs != rollout.status.current_pod_hash
    return back if is_late and is_new else ""


def kept(key: ObjectKey, annotations: dict[str, str]) -> str:
    """A warning where Git says what the object is, "" where nobody does."""
    instance = tracking.owner_instance(key, annotations)
    if not instance:
        return ""
    return (
        f"note: Application {instance} keeps {key.kind} {key.namespace}/{key.name} at what Git says, and puts this back when it "
        "syncs, at once with self-heal: release by a commit"
    )
