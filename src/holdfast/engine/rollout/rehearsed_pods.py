"""The pods of a set in a rehearsal, counted by the moment from which they serve: a thousand cost no more than one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime


class Pods:
    """Its length is how many there are; iterating tells the moments, each once."""

    def __init__(self) -> None:
        self._by_moment: dict[datetime, int] = {}

    def __len__(self) -> int:
        return sum(self._by_moment.values())

    def __iter__(self) -> Iterator[datetime]:
        return iter(self._by_moment)

    def serving(self, now: datetime) -> int:
        return sum(count for at, count in self._by_moment.items() if at <= now)

    def scale(self, replicas: int, ready: datetime) -> None:
        """New ones serve from `ready` on. The last to serve are the first to go, as the controller of ReplicaSets has it."""
        room = replicas
        for at in sorted(self._by_moment):
            kept = min(self._by_moment[at], room)
            room -= kept
            if kept:
                self._by_moment[at] = kept
            else:
                del self._by_moment[at]
        if room:
            self._by_moment[ready] = self._by_moment.get(ready, 0) + room

    def settle(self, now: datetime) -> None:
        """Those that serve already are one group: since when plays no part any more."""
        past = [at for at in self._by_moment if at <= now]
        if len(past) > 1:
            count = sum(self._by_moment.pop(at) for at in past)
            self._by_moment[max(past)] = count
