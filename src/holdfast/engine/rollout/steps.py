"""Where in its steps a canary is, and which weight and scale hold there."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Final

import msgspec

from holdfast.engine.lang import durations
from holdfast.engine.rollout import defaults
from holdfast.model.canary import CanaryStep, RolloutPause, SetCanaryScale
from holdfast.model.fields import IntOrString
from holdfast.model.rollout import Rollout

_DIGITS: Final = re.compile(r"[0-9]{1,18}")


def count(rollout: Rollout) -> int:
    return len(defaults.canary(rollout).steps)


def index(rollout: Rollout) -> int | None:
    """None without steps; as many as there are once all are done."""
    if not count(rollout):
        return None
    return min(max(rollout.status.current_step_index or 0, 0), count(rollout))


def current(rollout: Rollout) -> CanaryStep | None:
    """None without steps and after the last."""
    at = index(rollout)
    return None if at is None or at >= count(rollout) else defaults.canary(rollout).steps[at]


def has_none_left(rollout: Rollout) -> bool:
    return current(rollout) is None


def weight(rollout: Rollout) -> int:
    """The canary's share as the steps so far say; everything after the last one, nothing after an abort."""
    if rollout.status.abort:
        return 0
    at = index(rollout)
    if at is None or at >= count(rollout):
        return defaults.max_weight(rollout)
    return weight_before(rollout, at + 1)


def weight_before(rollout: Rollout, at: int) -> int:
    """The last weight that was set by the steps before the given one."""
    said = [step.set_weight for step in defaults.canary(rollout).steps[:at] if step.set_weight is not None]
    return said[-1] if said else 0


def canary_scale(rollout: Rollout) -> SetCanaryScale | None:
    """What setCanaryScale last said, where a router makes it mean something."""
    if not defaults.is_routed(rollout):
        return None
    delay, said = defaults.abort_scale_down_delay(rollout)
    if rollout.status.abort and not (said and delay is None):
        return None
    at = index(rollout)
    if at is None or at >= count(rollout):
        return None
    scales = [step.set_canary_scale for step in defaults.canary(rollout).steps[: at + 1] if step.set_canary_scale]
    return scales[-1] if scales and not scales[-1].match_traffic_weight else None


def replicas_or_weight(rollout: Rollout) -> tuple[int | None, int]:
    """A fixed count for the canary, else its share."""
    status = rollout.status
    if status.promote_full or not status.stable_rs or status.current_pod_hash == status.stable_rs:
        return None, defaults.max_weight(rollout)
    scale = canary_scale(rollout)
    if scale is not None and scale.replicas is not None:
        return scale.replicas, 0
    if scale is not None and scale.weight is not None:
        return None, scale.weight
    return None, weight(rollout)


def pause_length(pause: RolloutPause) -> timedelta | None:
    """None waits for a person; so does a duration that cannot be read, rather than going on unasked."""
    if pause.duration is None:
        return None
    seconds = _seconds(pause.duration)
    return durations.parse(str(pause.duration)) if seconds is None else durations.of_seconds(seconds)


def pause_fault(duration: IntOrString) -> str:
    """Why nobody could wait so long, "" for nothing. A century is the most: more is rather a mistake in the unit."""
    seconds = _seconds(duration)
    length = durations.parse(str(duration)) if seconds is None else durations.of_seconds(seconds)
    if length is None or (seconds is not None and seconds < 0):
        return "Duration needs to be greater than 0"
    return "Duration is longer than a century: a plain number means seconds" if length >= durations.LONGEST else ""


def _seconds(duration: IntOrString) -> int | None:
    """None for what is no plain number."""
    if isinstance(duration, int):
        return duration
    return int(duration) if _DIGITS.fullmatch(duration) else None


def fingerprint(rollout: Rollout) -> str:
    """Changes when the steps do."""
    text = json.dumps(msgspec.to_builtins(defaults.canary(rollout).steps), sort_keys=True)
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:x}"


def describe(step: CanaryStep) -> str:
    """As `kubectl argo rollouts` words it."""
    if step.set_weight is not None:
        return f"setWeight: {step.set_weight}"
    if step.pause is not None:
        return "pause" if step.pause.duration is None else f"pause: {step.pause.duration}"
    if step.experiment is not None:
        return "experiment"
    if step.analysis is not None:
        return "analysis"
    if step.set_canary_scale is not None:
        return f"setCanaryScale{_scale_text(step.set_canary_scale)}"
    if step.set_header_route is not None:
        return f"setHeaderRoute: {step.set_header_route.name}"
    if step.set_mirror_route is not None:
        return f"setMirrorRoute: {step.set_mirror_route.name}"
    return f"plugin: {step.plugin.name}" if step.plugin is not None else "invalid"


def _scale_text(scale: SetCanaryScale) -> str:
    if scale.weight is not None:
        return f"{{weight: {scale.weight}}}"
    return "{matchTrafficWeight: true}" if scale.match_traffic_weight else f"{{replicas: {scale.replicas}}}"
