"""Events that wait, in their order: what comes for the same object with the same reason joins the one that waits already."""

from __future__ import annotations

from collections import deque

from holdfast.model.kube import KubeObject

LONGEST_MESSAGE = 1024
"""In characters, as the API server bounds it."""

_Like = tuple[str, str, str, str]


class JoinedEvents:
    """A joined event has the texts of all, from the time of the first to that of the last, and their count, as the
    correlation of events in Kubernetes' own clients counts what is alike."""

    def __init__(self) -> None:
        self._waiting: deque[KubeObject] = deque()
        self._last: dict[_Like, KubeObject] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, event: KubeObject) -> None:
        like = _like(event)
        known = self._last.get(like)
        if known is not None and _fits(known, event):
            _join(known, event)
            return
        self._waiting.append(event)
        self._last[like] = event

    def take(self) -> KubeObject:
        """The one that waits longest; nothing joins it any more."""
        event = self._waiting.popleft()
        if self._last.get(_like(event)) is event:
            del self._last[_like(event)]
        return event


def _like(event: KubeObject) -> _Like:
    about = event["involvedObject"]
    return about["namespace"], about["name"], event["reason"], event["type"]


def _fits(known: KubeObject, event: KubeObject) -> bool:
    same = known["involvedObject"]["uid"] == event["involvedObject"]["uid"]
    return same and len(known["message"]) + len(event["message"]) + 2 <= LONGEST_MESSAGE


def _join(known: KubeObject, event: KubeObject) -> None:
    known["message"] = f"{known['message']}; {event['message']}"
    known["lastTimestamp"] = event["lastTimestamp"]
    known["count"] += event["count"]
