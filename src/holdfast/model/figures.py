"""What is counted of the work on one object, for monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from holdfast.model.keys import NamespacedName

WORK_BOUNDS: Final = (0.01, 0.15, 0.25, 0.5, 1.0)
"""Seconds. Source: Argo Rollouts, docs/features/controller-metrics.md; the buckets that its dashboards are drawn with."""
QUEUE_BOUNDS: Final = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1.0, 10.0)
"""Seconds. Source: k8s.io/component-base/metrics/prometheus/workqueue."""
RELEASE_BOUNDS: Final = (60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 43200.0, 86400.0)
"""Seconds, from a minute to a day."""


class Histogram(Struct, frozen=True):
    """`within` has how many values are at most each of `bounds`."""

    bounds: tuple[float, ...]
    within: tuple[int, ...]
    count: int = 0
    total: float = 0.0

    @classmethod
    def of(cls, bounds: tuple[float, ...]) -> Histogram:
        return cls(bounds, (0,) * len(bounds))

    def having(self, value: float) -> Histogram:
        within = tuple(count + (value <= bound) for count, bound in zip(self.within, self.bounds, strict=True))
        return Histogram(self.bounds, within, self.count + 1, self.total + value)


NO_WORK: Final = Histogram.of(WORK_BOUNDS)
NO_QUEUE: Final = Histogram.of(QUEUE_BOUNDS)
NO_RELEASE: Final = Histogram.of(RELEASE_BOUNDS)


class ReleaseEnd(Struct, frozen=True):
    """`word` is how a release ended; `paused` are those of its seconds in which it waited for a person."""

    word: str
    seconds: float
    paused: float


class Releases(Struct, frozen=True):
    """Of one object that ended in the same way, in seconds."""

    whole: Histogram = NO_RELEASE
    progressing: Histogram = NO_RELEASE
    paused: Histogram = NO_RELEASE

    def having(self, end: ReleaseEnd) -> Releases:
        return Releases(
            self.whole.having(end.seconds),
            self.progressing.having(max(end.seconds - end.paused, 0.0)),
            self.paused.having(end.paused),
        )


class ObjectFigures(Struct, frozen=True):
    """Since the start of the process: `work` are the seconds of the runs, `events` counts by type and reason, `releases` are
    by the word of their end."""

    work: Histogram = NO_WORK
    failures: int = 0
    events: Mapping[tuple[str, str], int] = {}
    releases: Mapping[str, Releases] = {}

    def with_run(self, seconds: float, *, failed: bool) -> ObjectFigures:
        return ObjectFigures(self.work.having(seconds), self.failures + failed, self.events, self.releases)

    def with_event(self, kind: str, reason: str) -> ObjectFigures:
        events = {**self.events, (kind, reason): self.events.get((kind, reason), 0) + 1}
        return ObjectFigures(self.work, self.failures, events, self.releases)

    def with_end(self, end: ReleaseEnd) -> ObjectFigures:
        releases = {**self.releases, end.word: self.releases.get(end.word, Releases()).having(end)}
        return ObjectFigures(self.work, self.failures, self.events, releases)


class QueueFigures(Struct, frozen=True):
    """Of one queue since the start of the process: `depth` keys are due and nobody works on them, `retries` counts those that
    were put in for later. `waited` and `worked` are the seconds until and of the work on each key; `unfinished` are those of
    all the work that goes on now, `longest` of the oldest of it."""

    depth: int = 0
    adds: int = 0
    retries: int = 0
    waited: Histogram = NO_QUEUE
    worked: Histogram = NO_QUEUE
    unfinished: float = 0.0
    longest: float = 0.0


Figures = Mapping[NamespacedName, ObjectFigures]


class ApiRequest(Struct, frozen=True):
    """What a cluster was asked and how it answered: the plural of the kind, a verb such as List, the HTTP status (0 for none)."""

    kind: str
    namespace: str
    verb: str
    status: int


Requests = Mapping[ApiRequest, int]
