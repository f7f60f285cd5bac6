"""What a Rollout waits for that has paused, and how it goes on."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from holdfast.engine.kube import canonical
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
    step, length = _step(obj)
    if message == "CanaryPauseStep" and length is not None:
        words = f"it goes on by itself {length} after the pause began{{at}}, or now when a person says so"
    return words.format(at=f" at {step}" if step else "")


def _step(obj: KubeObject | None) -> tuple[str, str | None]:
    """Its place in the release, and how long its pause is where that is written."""
    steps: list[Any] = canonical.get_path(obj or {}, "spec", "strategy", "canary", "steps") or []
    at = canonical.get_path(obj or {}, "status", "currentStepIndex")
    if not isinstance(at, int) or not 0 <= at < len(steps):
        return "", None
    length = canonical.get_path(steps[at], "pause", "duration")
    text = f"{length} s" if isinstance(length, int) or str(length).isdecimal() else str(length)
    return f"step {at + 1} of {len(steps)}", None if length is None else text
