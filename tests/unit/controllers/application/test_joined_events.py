"""Events of a burst: few objects, nothing of their texts lost, and their order."""

from __future__ import annotations

from holdfast.controllers.application.joined_events import LONGEST_MESSAGE, JoinedEvents
from holdfast.model.kube import KubeObject


def event(
    message: str, reason: str = "ResourceUpdated", app: str = "web", at: str = "10:00", uid: str = "1"
) -> KubeObject:
    return {
        "involvedObject": {"namespace": "argocd", "name": app, "uid": uid},
        "reason": reason,
        "type": "Normal",
        "message": message,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


def taken(*events: KubeObject) -> list[tuple[str, str]]:
    waiting = JoinedEvents()
    for one in events:
        waiting.add(one)
    return [(one["reason"], one["message"]) for one in (waiting.take() for _ in range(len(waiting)))]


def test_what_is_alike_is_one_event_with_all_texts_and_times() -> None:
    waiting = JoinedEvents()
    waiting.add(event("to Progressing", at="10:00"))
    waiting.add(event("to Healthy", at="10:05"))
    joined = waiting.take()
    assert joined["message"] == "to Progressing; to Healthy"
    assert (joined["firstTimestamp"], joined["lastTimestamp"], joined["count"]) == ("10:00", "10:05", 2)
    assert len(waiting) == 0


def test_another_reason_or_object_is_another_event_in_its_turn() -> None:
    assert taken(
        event("one"),
        event("begun", "OperationStarted"),
        event("theirs", app="api"),
        event("two"),
        event("of its successor", uid="2"),
    ) == [
        ("ResourceUpdated", "one; two"),
        ("OperationStarted", "begun"),
        ("ResourceUpdated", "theirs"),
        ("ResourceUpdated", "of its successor"),
    ]


def test_what_is_being_written_is_not_joined_any_more() -> None:
    waiting = JoinedEvents()
    waiting.add(event("one"))
    first = waiting.take()
    waiting.add(event("two"))
    assert (first["message"], waiting.take()["message"]) == ("one", "two")


def test_a_text_stays_within_what_the_server_takes() -> None:
    long = "x" * (LONGEST_MESSAGE - 4)
    assert taken(event(long), event("ab"), event("c"), event("d")) == [
        ("ResourceUpdated", f"{long}; ab"),
        ("ResourceUpdated", "c; d"),
    ]
