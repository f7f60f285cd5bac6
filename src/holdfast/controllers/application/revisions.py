"""Which commit a target revision means, asked of the repository only as often as the poll interval says.

One answer serves all applications of a source, and one question a poll keeps it young: only those that it changes for
are woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from holdfast.model.errors import HoldfastError, Transient
from holdfast.model.keys import NamespacedName
from holdfast.ports.clock import Clock
from holdfast.runtime.backoff import Backoff

# A little too late rather than a little too early: a timer may be a fraction of a microsecond off.
A_LITTLE = timedelta(milliseconds=1)
SOON = 10.0

Source: TypeAlias = tuple[Any, ...]
"""A repository with what opens it first, then what is asked for there."""

Ask: TypeAlias = Callable[[], Awaitable[str]]
Wake: TypeAlias = Callable[[Iterable[NamespacedName], Source, str], None]
"""Gets the applications, their source, and its new commit, "" where that is not known."""


class Resolved(Struct, frozen=True):
    """`trouble` is why the repository could not be asked just now; `commit` is then the last one known, or ""."""

    commit: str
    trouble: str = ""


class _Answer(Struct, frozen=True):
    commit: str
    again_at: float
    poll_seconds: float
    ask: Ask
    failures: int = 0
    trouble: str = ""


class Revisions:
    """Remembers one answer for each source, and who uses it. `wake` is called with those whose answer has changed."""

    def __init__(self, clock: Clock, backoff: Backoff) -> None:
        self.wake: Wake = lambda _apps, _source, _commit: None
        self._clock = clock
        self._backoff = backoff
        self._answers: dict[Source, _Answer] = {}
        self._sources: dict[NamespacedName, dict[int, Source]] = {}
        self._users: dict[Source, dict[NamespacedName, None]] = {}
        self._changed = asyncio.Event()

    async def resolve(
        self,
        app: NamespacedName,
        source: Source,
        ask: Ask,
        *,
        poll_seconds: float,
        known: str = "",
        fresh: bool = False,
        position: int = 0,
    ) -> Resolved:
        """`position` is the place among the sources of the application. `known` is a commit to stay with while the
        repository does not answer."""
        self._use(app, position, source)
        last = self._answers.get(source)
        if last is None or fresh or self._clock.monotonic() >= last.again_at:
            last = await self._asked(source, ask, poll_seconds, by=app)
        return Resolved(last.commit or known, last.trouble)

    def _use(self, app: NamespacedName, position: int, source: Source) -> None:
        used = self._sources.setdefault(app, {})
        before = used.get(position)
        if before != source:
            used[position] = source
            self._users.setdefault(source, {})[app] = None
            if before is not None and before not in used.values():
                self._leave(app, before)

    def _leave(self, app: NamespacedName, source: Source) -> None:
        users = self._users.get(source, {})
        users.pop(app, None)
        if not users:
            self._users.pop(source, None)
            self._answers.pop(source, None)

    async def run(self) -> None:
        """Asks each source that somebody uses again when its time has come. Until cancelled."""
        while True:
            self._changed.clear()
            now = self._clock.monotonic()
            for source in [source for source, answer in self._answers.items() if answer.again_at <= now]:
                await self._poll(source)
            await self._until_due()

    async def _poll(self, source: Source) -> None:
        last = self._answers.get(source)
        if last is None or last.again_at > self._clock.monotonic():
            return
        try:
            await self._asked(source, last.ask, last.poll_seconds)
        except HoldfastError:
            # Whoever uses it asks for itself, and tells its user what is wrong.
            self._answers.pop(source, None)
            self.wake(tuple(self._users.get(source, ())), source, "")

    async def _until_due(self) -> None:
        first = min((answer.again_at for answer in self._answers.values()), default=None)
        timers: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._changed.wait())}
        if first is not None:
            pause = max(0.0, first - self._clock.monotonic()) + A_LITTLE.total_seconds()
            timers.add(asyncio.ensure_future(self._clock.sleep(pause)))
        try:
            await asyncio.wait(timers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for timer in timers:
                timer.cancel()

    async def _asked(
        self, source: Source, ask: Ask, poll_seconds: float, *, by: NamespacedName | None = None
    ) -> _Answer:
        last = self._answers.get(source)
        try:
            commit = await ask()
            answer = _Answer(commit, self._clock.monotonic() + poll_seconds, poll_seconds, ask)
        except Transient as error:
            failures = last.failures + 1 if last is not None else 1
            pause = min(self._backoff.delay(failures).total_seconds(), poll_seconds)
            commit = last.commit if last is not None else ""
            answer = _Answer(commit, self._clock.monotonic() + pause, poll_seconds, ask, failures, error.message)
        if source not in self._users:
            return answer
        before = self._answers.get(source)
        self._answers[source] = answer
        self._changed.set()
        if before is not None and (before.commit, before.trouble) != (answer.commit, answer.trouble):
            news = "" if answer.trouble or before.trouble else answer.commit
            self.wake([user for user in self._users[source] if user != by], source, news)
        return answer

    def hasten(self, app: NamespacedName) -> None:
        """What followed the answer failed in a way that may pass: ask again soon."""
        soon = self._clock.monotonic() + SOON
        for source in self._sources.get(app, {}).values():
            last = self._answers.get(source)
            if last is not None:
                self._answers[source] = msgspec.structs.replace(last, again_at=min(last.again_at, soon))
                self._changed.set()

    def due_in(self, app: NamespacedName, poll_seconds: float) -> timedelta:
        """When the repository should be asked again."""
        sources = self._sources.get(app, {}).values()
        known = [self._answers[source].again_at for source in sources if source in self._answers]
        if not known:
            return timedelta(seconds=poll_seconds)
        return timedelta(seconds=max(0.0, min(known) - self._clock.monotonic())) + A_LITTLE

    def positions(self, app: NamespacedName, source: Source) -> list[int]:
        """Where the source stands among those of the application."""
        return [position for position, used in self._sources.get(app, {}).items() if used == source]

    def forget(self, app: NamespacedName) -> None:
        for source in set(self._sources.pop(app, {}).values()):
            self._leave(app, source)
