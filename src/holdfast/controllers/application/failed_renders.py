"""Remembers for a while that a render fails, so that a chart that never ends is not tried at every event.

The same inputs are tried again at the next poll. What had to be killed costs a worker its whole limit each time, so it
waits twice as long after each try, until its inputs change or somebody asks for a hard refresh.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest
from holdfast.ports.clock import Clock

KILLED: Final = frozenset({"RenderTimeout", "RenderOutOfMemory"})
LONGEST_PAUSE: Final = 3600.0
MOST_DOUBLINGS: Final = 16


class _Failure(Struct, frozen=True):
    request: RenderRequest
    blocked: Blocked
    until: float
    times: int


class FailedRenders:
    """One failure for each application; another request, or time, makes it void."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[NamespacedName, _Failure] = {}

    def check(self, app: NamespacedName, request: RenderRequest) -> None:
        """Raises the failure of the same request."""
        known = self._failures.get(app)
        if known is not None and known.request == _comparable(request) and self._clock.monotonic() < known.until:
            raise known.blocked

    def remember(self, app: NamespacedName, request: RenderRequest, blocked: Blocked, seconds: float) -> None:
        """`seconds` is the time to the next try, the first one for what was killed."""
        comparable, times = _comparable(request), 1
        if blocked.reason in KILLED:
            known = self._failures.get(app)
            if known is not None and known.request == comparable and known.blocked.reason in KILLED:
                times = known.times + 1
            seconds = max(seconds, min(seconds * 2 ** min(times - 1, MOST_DOUBLINGS), LONGEST_PAUSE))
        self._failures[app] = _Failure(comparable, blocked, self._clock.monotonic() + seconds, times)

    def refreshed(self, app: NamespacedName) -> None:
        """Somebody asked for a look: what fails quickly may be tried at once."""
        known = self._failures.get(app)
        if known is not None and known.blocked.reason not in KILLED:
            self.forget(app)

    def forget(self, app: NamespacedName) -> None:
        self._failures.pop(app, None)


def _comparable(request: RenderRequest) -> RenderRequest:
    """What a cluster serves may change at any time; a chart that fails for it is tried again with the next poll."""
    return structs.replace(request, api_versions=())
