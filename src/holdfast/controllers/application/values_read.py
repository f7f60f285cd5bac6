"""What each application read of the addresses of its values files, so that not every look at it asks their hosts."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.ports.clock import Clock

_SHORTEST: Final = timedelta(seconds=1)


class _Read(Struct, frozen=True):
    at: float
    answer: bytes | Blocked


class ValuesRead:
    """An answer counts for as long as the caller says, and until somebody asks for a refresh."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[NamespacedName, dict[str, _Read]] = {}
        self._used: dict[NamespacedName, set[str]] = {}

    def known(self, app: NamespacedName, url: str, keep_seconds: float) -> bytes | None:
        """Raises Blocked when that is what came of it."""
        self._used.setdefault(app, set()).add(url)
        found = self._read.get(app, {}).get(url)
        if found is None or self._clock.monotonic() >= found.at + keep_seconds:
            return None
        if isinstance(found.answer, Blocked):
            raise found.answer
        return found.answer

    def remember(self, app: NamespacedName, url: str, began: float, answer: bytes | Blocked) -> None:
        self._read.setdefault(app, {})[url] = _Read(began, answer)

    def rendered(self, app: NamespacedName) -> None:
        """All sources are: what none of them named is forgotten."""
        used = self._used.pop(app, set())
        kept = {url: read for url, read in self._read.pop(app, {}).items() if url in used}
        if kept:
            self._read[app] = kept

    def due_in(self, app: NamespacedName, keep_seconds: float) -> timedelta | None:
        """When a host is to be asked again; None for an application that names no address."""
        read = self._read.get(app)
        if not read:
            return None
        oldest = min(one.at for one in read.values())
        return max(_SHORTEST, timedelta(seconds=oldest + keep_seconds - self._clock.monotonic()))

    def forget(self, app: NamespacedName) -> None:
        self._read.pop(app, None)
        self._used.pop(app, None)
