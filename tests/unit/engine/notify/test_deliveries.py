"""Which event is told to whom."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from holdfast.engine.lang import yaml_documents
from holdfast.engine.notify import deliveries, settings, subscriptions, triggers
from holdfast.engine.notify.deliveries import Delivery, Occurrence, Place, Problem
from holdfast.model.notification import Destination

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "rollout-notifications.yaml"
DATA = {
    "template.a": "message: a",
    "template.b": "message: b",
    "trigger.on-rollout-paused": "- send: [a]",
    "trigger.on-large": "- when: rollout.spec.replicas > 3\n  send: [a]\n- when: rollout.spec.replicas > 5\n  send: [b]",
    "trigger.on-once": "- oncePer: rollout.status.currentPodHash\n  send: [a]",
    "trigger.on-wrong": "- when: rollout.gone.name == ''\n  send: [a]\n- send: [b]",
    "trigger.on-old": "- when: time.Now().Sub(time.Parse(rollout.metadata.creationTimestamp)).Hours() > 1\n  send: [a]",
}
ROLLOUT: dict[str, Any] = {
    "metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"replicas": 4},
    "status": {"currentPodHash": "abc"},
}


def occurrence(trigger: str, annotations: dict[str, str], labels: dict[str, str] | None = None) -> Occurrence:
    variables = {"rollout": ROLLOUT, "time": triggers.times_at(datetime(2026, 1, 1, 2, tzinfo=UTC))}
    return Occurrence("web.1", trigger, variables, labels or {}, annotations)


def subscribed(trigger: str, value: str = "releases", service: str = "slack") -> dict[str, str]:
    return {f"notifications.argoproj.io/subscribe.{trigger}.{service}": value}


def due(
    trigger: str, annotations: dict[str, str] | None = None, more: dict[str, str] | None = None
) -> list[Delivery | Problem]:
    place = Place(settings.read({**DATA, **(more or {})}))
    return list(
        deliveries.due([place], occurrence(trigger, subscribed(trigger) if annotations is None else annotations))
    )


def templates(found: list[Delivery | Problem]) -> list[tuple[str, ...]]:
    return [one.templates for one in found if isinstance(one, Delivery)]


@pytest.mark.parametrize(
    ("reason", "trigger"),
    [
        ("RolloutPaused", "on-rollout-paused"),
        ("RolloutStepCompleted", "on-rollout-step-completed"),
        ("ScalingReplicaSet", "on-scaling-replica-set"),
        ("AnalysisRunError", "on-analysis-run-error"),
        ("AnalysisRunFailed", "on-analysis-run-failed"),
        ("AnalysisRunRunning", "on-analysis-run-running"),
    ],
)
def test_an_event_asks_the_trigger_of_its_reason(reason: str, trigger: str) -> None:
    assert triggers.of_event(reason) == trigger
    example: Any = yaml_documents.load_one(EXAMPLE.read_text())
    assert trigger in settings.read(example["data"]).triggers


def test_only_conditions_that_hold_are_told() -> None:
    assert templates(due("on-rollout-paused")) == [("a",)]
    assert templates(due("on-large")) == [("a",)]
    assert templates(due("on-old")) == [("a",)]
    assert due("on-large", annotations={}) == []


def test_a_condition_that_cannot_be_answered_is_said_and_the_others_are_told() -> None:
    found = due("on-wrong")

    assert [one for one in found if isinstance(one, Problem)] == [
        Problem("trigger.on-wrong: [0]: cannot fetch name from nil")
    ]
    assert templates(found) == [("b",)]


def test_somebody_who_subscribes_to_nothing_there_is_told_so() -> None:
    (problem,) = due("on-gone")
    assert problem == Problem("there is no trigger.on-gone, and somebody has subscribed to it")

    (problem,) = due("on-broken", more={"trigger.on-broken": "- send: ["})
    assert isinstance(problem, Problem)
    assert problem.message.startswith("trigger.on-broken: invalid YAML")


def test_the_key_in_the_record_is_that_of_argo_cd() -> None:
    (found,) = due("on-once")
    assert isinstance(found, Delivery)
    assert found.key == "abc:on-once:[0].2jmj7l5rSw0yVb_vlWAYkK_YBwk:slack:releases"

    place = Place(settings.read(DATA), "shop")
    (beside,) = deliveries.due([place], occurrence("on-once", subscribed("on-once")))
    assert isinstance(beside, Delivery)
    assert beside.key == f"{found.key}:shop"


def test_without_once_per_each_event_is_told_by_itself() -> None:
    (found,) = due("on-rollout-paused")
    assert isinstance(found, Delivery)
    assert found.key.startswith("web.1:on-rollout-paused:")


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        (subscribed("on-x", "a; b ;"), ["slack:a", "slack:b"]),
        (subscribed("on-x", "", "deploys"), ["deploys"]),
        (subscribed("on-y", "a"), []),
        ({"notifications.argoproj.io/subscribe.slack": "a"}, ["slack:a"]),
        ({"notifications.argoproj.io/subscribe.email": "a@example.com"}, []),
        (
            {
                "notifications.argoproj.io/subscriptions": "- trigger: [on-x]\n  destinations:\n"
                "    - {service: slack, recipients: [a, b]}\n    - {service: deploys}\n"
            },
            ["slack:a", "slack:b", "deploys"],
        ),
        ({"notifications.argoproj.io/subscriptions": "- ["}, []),
        ({**subscribed("on-x", "a"), "notifications.argoproj.io/subscribe.slack": "a"}, ["slack:a"]),
        ({"example.com/subscribe.on-x.slack": "a"}, []),
    ],
)
def test_annotations_subscribe(annotations: dict[str, str], expected: list[str]) -> None:
    found = settings.read({"defaultTriggers.slack": "[on-x]"})

    assert [str(one) for one in subscriptions.destinations(found, "on-x", {}, annotations)] == expected


def test_settings_subscribe_the_objects_with_the_labels() -> None:
    found = settings.read(
        {
            "subscriptions": "- {recipients: [slack:web], triggers: [on-x], selector: team=web}\n"
            "- {recipients: [slack:all]}\n",
            "defaultTriggers": "[on-x]",
        }
    )

    def told(**labels: str) -> tuple[Destination, ...]:
        return subscriptions.destinations(found, "on-x", labels, {})

    assert told(team="web") == (Destination("slack", "web"), Destination("slack", "all"))
    assert told(team="db") == (Destination("slack", "all"),)
    assert subscriptions.destinations(found, "on-y", {"team": "web"}, {}) == ()
