"""Remembers for a while that a render fails, so that a chart that never ends is not tried at every event."""

from __future__ import annotations

from msgspec import Struct, structs

from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest
from holdfast.ports.clock import Clock


class _Failure(Struct, frozen=True):
    request: RenderRequest
    blocked: Blocked
    until: float


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
        self._failures[app] = _Failure(_comparable(request), blocked, self._clock.monotonic() + seconds)

    def forget(self, app: NamespacedName) -> None:
        self._failures.pop(app, None)


def _comparable(request: RenderRequest) -> RenderRequest:
    """What a cluster serves may change at any time; a chart that fails for it is tried again with the next poll."""
    return structs.replace(request, api_versions=())
