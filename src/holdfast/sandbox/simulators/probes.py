"""When the probes of a container succeed, or have failed often enough.

The sandbox probes first one period after the initial delay, and then once a period.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.sandbox.simulators.behaviours import Behaviour


class ProbeTimes(Struct, frozen=True):
    """None means never."""

    started: datetime | None
    ready: datetime | None
    killed: datetime | None


def probe_times(container: dict[str, Any], behaviour: Behaviour, began: datetime) -> ProbeTimes:
    answers = None if behaviour.answers_after is None else began + behaviour.answers_after
    startup = container.get("startupProbe")
    started = _first_success(startup, began, answers) if startup else began
    if startup:
        given_up = _last_failure(startup, began)
        if started is None or started > given_up:
            return ProbeTimes(None, None, given_up)
    if started is None:
        return ProbeTimes(None, None, None)
    readiness, liveness = container.get("readinessProbe"), container.get("livenessProbe")
    ready = _first_success(readiness, started, answers) if readiness else started
    killed = _last_failure(liveness, started) if liveness else None
    if killed is not None and answers is not None and answers <= killed:
        killed = None
    return ProbeTimes(started, ready, killed)


def _first_success(probe: dict[str, Any], began: datetime, answers: datetime | None) -> datetime | None:
    if answers is None:
        return None
    period = probe.get("periodSeconds") or 10
    first = began + timedelta(seconds=(probe.get("initialDelaySeconds") or 0) + period)
    missed = max(0, math.ceil((answers - first).total_seconds() / period))
    needed = (probe.get("successThreshold") or 1) - 1
    return first + timedelta(seconds=(missed + needed) * period)


def _last_failure(probe: dict[str, Any], began: datetime) -> datetime:
    """When a probe that never succeeds has failed as often as is borne."""
    period = probe.get("periodSeconds") or 10
    delay = probe.get("initialDelaySeconds") or 0
    return began + timedelta(seconds=delay + period * (probe.get("failureThreshold") or 3))
