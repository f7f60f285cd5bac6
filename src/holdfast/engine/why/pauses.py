"""What a Rollout waits for that has paused, and how it goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.engine.lang import durations, instants
from holdfast.engine.rollout import steps
from holdfast.model.canary import RolloutPause
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject

MANUALLY: Final = "manually paused"
"""What status says of a Rollout with `spec.paused`."""
_WORDS: Final = {
    "CanaryPauseStep": "it waits for a person{at}",
    "BlueGreenPause": "the new pods wait behind the preview service for a person",
    "InconclusiveAnalysisRun": "an analysis could not tell whether the new version is good, so a person has to",
    "InconclusiveExperiment": "an experiment could not tell whether the new version is good, so a person has to",
}


class WayOn(Struct, frozen=True):
    unblock: str
    command: str = ""


def way_on(key: ObjectKey, message: str, obj: KubeObject | None) -> WayOn | None:
    """None for what is no paused Rollout. `message` is that of its status."""
    if (key.group, key.kind) != ("argoproj.io", "Rollout"):
        return None
    place = f"{key.namespace}/{key.name}"
    if message == MANUALLY:
        return WayOn("spec.paused is true: it goes on once that is taken out, where the manifest is written")
    words = waiting(message, obj)
    if not words:
        return None
    back = f"`holdfast rollout abort {place}` goes back to the stable version"
    return WayOn(f"{words}: promote goes on, {back}", f"holdfast rollout promote {place}")


def waiting(message: str, obj: KubeObject | None) -> str:
    """What a paused Rollout waits for by the message of its status, "" for a message that is of no pause."""
    words = _WORDS.get(message, "")
    place, length = _step(obj) if message != "BlueGreenPause" else ("", _auto_promotion(obj))
    at = f" at {place}" if place else ""
    if length is None or message not in ("CanaryPauseStep", "BlueGreenPause"):
        return words.format(at=at)
    began = instants.parse(_paused_since(obj))
    after = f"{durations.brief(length)} after the pause began{at}"
    when = after if began is None else f"at {instants.stamp(began + length)}, {after}"
    return f"it goes on by itself {when}, or now when a person says so"


def _step(obj: KubeObject | None) -> tuple[str, timedelta | None]:
    """Its place in the release, and how long its pause is where that is written."""
    found: list[Any] = canonical.get_path(obj or {}, "spec", "strategy", "canary", "steps") or []
    at = canonical.get_path(obj or {}, "status", "currentStepIndex")
    if not isinstance(at, int) or not 0 <= at < len(found):
        return "", None
    return f"step {at + 1} of {len(found)}", _length(canonical.get_path(found[at], "pause", "duration"))


def _auto_promotion(obj: KubeObject | None) -> timedelta | None:
    return _length(canonical.get_path(obj or {}, "spec", "strategy", "blueGreen", "autoPromotionSeconds") or None)


def _length(written: Any) -> timedelta | None:
    """As the release itself reads it."""
    return steps.pause_length(RolloutPause(duration=written)) if isinstance(written, int | str) else None


def _paused_since(obj: KubeObject | None) -> str | None:
    since = canonical.get_path(obj or {}, "status", "pauseConditions", 0, "startTime")
    return since if isinstance(since, str) else None
