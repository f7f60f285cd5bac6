"""Which commit a target revision means, asked of the repository only as often as the poll interval says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
from msgspec import Struct

from holdfast.model.errors import Transient
from holdfast.model.keys import NamespacedName
from holdfast.ports.clock import Clock
from holdfast.runtime.backoff import Backoff

# A little too late rather than a little too early: a timer may be a fraction of a microsecond off.
A_LITTLE = timedelta(milliseconds=1)
SOON = 10.0


class Resolved(Struct, frozen=True):
    """`trouble` is why the repository could not be asked just now; `commit` is then the last one known, or ""."""

    commit: str
    trouble: str = ""


class _Answer(Struct, frozen=True):
    source: tuple[str, ...]
    commit: str
    asked_at: float
    again_at: float
    failures: int = 0
    trouble: str = ""


class Revisions:
    """Remembers one answer for each source of each application."""

    def __init__(self, clock: Clock, backoff: Backoff) -> None:
        self._clock = clock
        self._backoff = backoff
        self._answers: dict[NamespacedName, dict[int, _Answer]] = {}

    async def resolve(
        self,
        app: NamespacedName,
        source: tuple[str, ...],
        ask: Callable[[], Awaitable[str]],
        *,
        poll_seconds: float,
        known: str = "",
        fresh: bool = False,
        position: int = 0,
    ) -> Resolved:
        """`source` is what is asked for, `position` its place among the sources. `known` is a commit to stay with while the repository does not answer."""
        now = self._clock.monotonic()
        answers = self._answers.setdefault(app, {})
        last = answers.get(position)
        if last is not None and last.source != source:
            last = None
        if last is not None and not fresh and now < last.again_at:
            return Resolved(last.commit, last.trouble)
        try:
            answer = _Answer(source, await ask(), now, now + poll_seconds)
        except Transient as error:
            failures = last.failures + 1 if last is not None else 1
            pause = min(self._backoff.delay(failures).total_seconds(), poll_seconds)
            commit = last.commit if last is not None and last.commit else known
            answer = _Answer(source, commit, now, now + pause, failures, error.message)
        answers[position] = answer
        return Resolved(answer.commit, answer.trouble)

    def hasten(self, app: NamespacedName) -> None:
        """What followed the answer failed in a way that may pass: ask again soon."""
        soon = self._clock.monotonic() + SOON
        answers = self._answers.get(app, {})
        for position, last in answers.items():
            answers[position] = msgspec.structs.replace(last, again_at=min(last.again_at, soon))

    def due_in(self, app: NamespacedName, poll_seconds: float) -> timedelta:
        """When the repository should be asked again."""
        answers = self._answers.get(app)
        if not answers:
            return timedelta(seconds=poll_seconds)
        first = min(last.again_at for last in answers.values())
        return timedelta(seconds=max(0.0, first - self._clock.monotonic())) + A_LITTLE

    def forget(self, app: NamespacedName) -> None:
        self._answers.pop(app, None)
