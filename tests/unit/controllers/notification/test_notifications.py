"""Who is told what of a Rollout, on a whole sandbox cluster."""

from __future__ import annotations

import asyncio
import logging

import pytest

from holdfast.controllers.notification.outbox import LABEL, MOST_EACH, Letter, Outbox
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import labels_of
from holdfast.model.notification import HttpMessage
from holdfast.model.resource_types import CONFIG_MAP, EVENT
from holdfast.ports.notifications import Undelivered
from holdfast.testing.memory_notifier import MemoryNotifier
from tests.unit.controllers.notification.harness import (
    OWN,
    SETTINGS,
    at_pause,
    bodies,
    configure,
    deployed,
    events,
    notifying,
    told,
)
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, NAMESPACE_NAME, ROLLOUT, Stage, stage

LATER = Undelivered("hooks.example.com answers 503", may_pass=True)
NEVER = Undelivered("hooks.example.com answers 403: secret-token is wrong", may_pass=False)


async def until_told(world: Stage, notifier: MemoryNotifier, count: int, seconds: float = 60) -> None:
    ends = world.clock.monotonic() + seconds
    while len(notifier.taken) < count:
        assert world.clock.monotonic() < ends, f"told only {bodies(notifier)}"
        await world.clock.sleep(0.5)


async def test_each_event_is_told_once_with_the_secret_of_the_settings() -> None:
    notifier = MemoryNotifier()
    async with stage() as world, notifying(world, notifier) as notifications:
        await configure(world, SETTINGS)
        await deployed(world)
        await at_pause(world)
        await until_told(world, notifier, 1)
        await world.status({"abort": True})
        await until_told(world, notifier, 2)
        await world.clock.sleep(600)

        assert bodies(notifier) == ["paused web ", "aborted web"]
        assert notifier.guarded == [False, False]
        (first, _) = notifier.taken
        assert isinstance(first, HttpMessage)
        assert first.requests[0].headers == (("X-Token", "secret-token"),)
        assert len(await told(world)) == 2
        assert notifications.is_idle
        (paused,) = await events(world, "RolloutPaused")
        assert labels_of(paused)[LABEL] == "done"


async def test_events_of_which_nobody_wants_to_know_are_left_alone() -> None:
    notifier = MemoryNotifier()
    async with stage() as world, notifying(world, notifier):
        await configure(world, SETTINGS)
        await deployed(world, {})
        await at_pause(world)
        await world.clock.sleep(60)

        assert notifier.attempts == 0
        assert await told(world) == {}
        assert not any(LABEL in labels_of(event) for event in await events(world, "RolloutPaused"))


@pytest.mark.parametrize("ending", [0, 1, 40])
async def test_the_next_process_tells_nothing_twice(ending: float) -> None:
    notifier = MemoryNotifier()
    async with stage() as world:
        await configure(world, SETTINGS)
        async with notifying(world, notifier):
            await deployed(world)
            await at_pause(world)
            await until_told(world, notifier, 1)
            await world.clock.sleep(ending)
        async with notifying(world, notifier):
            await world.clock.sleep(700)
            assert bodies(notifier) == ["paused web "]
            await world.status({"abort": True})
            await until_told(world, notifier, 2)
            await world.clock.sleep(700)
        assert bodies(notifier) == ["paused web ", "aborted web"]


async def test_the_next_process_tells_what_this_one_could_not() -> None:
    notifier = MemoryNotifier(*[LATER] * 4)
    async with stage() as world:
        await configure(world, SETTINGS)
        async with notifying(world, notifier):
            await deployed(world)
            await at_pause(world)
            await world.clock.sleep(10)
            assert notifier.attempts in (2, 3)
            assert await told(world) == {}
        async with notifying(world, notifier):
            await until_told(world, notifier, 1)
            await world.clock.sleep(700)
        assert bodies(notifier) == ["paused web "]


async def test_a_service_that_hangs_keeps_no_rollout_waiting() -> None:
    notifier = MemoryNotifier()
    notifier.hangs = True
    async with stage() as world, notifying(world, notifier):
        await configure(world, SETTINGS)
        await deployed(world)
        await at_pause(world)
        await world.status({"abort": True})
        began = world.clock.monotonic()
        await world.until_phase("Degraded")
        assert world.clock.monotonic() - began < 5
        assert notifier.attempts == 1


async def test_a_refusal_is_not_tried_again_and_told_without_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    notifier = MemoryNotifier(NEVER)
    caplog.set_level(logging.DEBUG)
    async with stage() as world, notifying(world, notifier) as notifications:
        await configure(world, SETTINGS)
        await deployed(world)
        await at_pause(world)
        await world.clock.sleep(600)

        assert notifier.attempts == 1
        assert await told(world) == {}
        (failure,) = await events(world, "NotificationFailed")
        assert failure["message"] == "on-rollout-paused to deploys: hooks.example.com answers 403: ***** is wrong"
        assert failure["type"] == "Warning"
        assert notifications.counters.failed == 1
        (paused,) = await events(world, "RolloutPaused")
        assert labels_of(paused)[LABEL] == "failed"
    assert "secret-token" not in caplog.text


async def test_an_outage_is_waited_out_for_as_long_as_the_webhook_says() -> None:
    notifier = MemoryNotifier(*[LATER] * 100)
    async with stage() as world, notifying(world, notifier):
        service = SETTINGS["service.webhook.deploys"] + "retryMax: 2\n"
        await configure(world, {**SETTINGS, "service.webhook.deploys": service})
        await deployed(world)
        await at_pause(world)
        await world.clock.sleep(900)

        assert notifier.attempts == 3
        (failure,) = await events(world, "NotificationFailed")
        assert failure["message"].endswith("hooks.example.com answers 503")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"template.paused": "message: '{{ .rollout.x.y }}'"}, "template paused: message: "),
        (
            {"service.webhook.deploys": "url: $gone"},
            "service deploys (webhook): names $gone, and the Secret has no key",
        ),
        ({"service.webhook.deploys": "method: x"}, "service deploys (webhook): Object missing required field `url`"),
        ({"trigger.on-rollout-paused": "- send: [gone]"}, "there is no template 'gone'; there: aborted, paused"),
        ({"trigger.on-rollout-paused": "- ["}, "trigger.on-rollout-paused: invalid YAML"),
    ],
)
async def test_settings_that_are_wrong_are_told_at_the_rollout(data: dict[str, str], said: str) -> None:
    notifier = MemoryNotifier()
    async with stage() as world, notifying(world, notifier):
        await configure(world, {**SETTINGS, **data})
        await deployed(world)
        await at_pause(world)
        await world.clock.sleep(600)

        assert notifier.attempts == 0
        (failure,) = await events(world, "NotificationFailed")
        assert said in failure["message"]


async def test_once_per_revision_is_once_however_often_it_happens() -> None:
    notifier = MemoryNotifier()
    trigger = "- oncePer: rollout.status.currentPodHash\n  send: [paused]"
    async with stage() as world, notifying(world, notifier):
        await configure(world, {**SETTINGS, "trigger.on-rollout-paused": trigger})
        await deployed(world, steps=[{"setWeight": 50}, {"pause": {}}, {"pause": {}}])
        await at_pause(world)
        await until_told(world, notifier, 1)
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 2 and it.status.phase == "Paused")
        await world.clock.sleep(60)
        assert len(await events(world, "RolloutPaused")) == 2
        assert bodies(notifier) == ["paused web "]

        await at_pause(world, "web:3")
        await until_told(world, notifier, 2)


async def test_changed_settings_hold_within_seconds() -> None:
    notifier = MemoryNotifier()
    async with stage() as world, notifying(world, notifier):
        await configure(world, {})
        await deployed(world)
        await configure(world, SETTINGS)
        await world.clock.sleep(6)
        await at_pause(world)
        await until_told(world, notifier, 1)
        await world.cluster.delete(CONFIG_MAP, OWN, "argo-rollouts-notification-configmap")
        await world.clock.sleep(6)
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        await world.clock.sleep(60)
        assert bodies(notifier) == ["paused web "]


@pytest.mark.parametrize("self_service", [True, False])
async def test_settings_beside_a_rollout_hold_where_namespaces_serve_themselves(self_service: bool) -> None:
    notifier = MemoryNotifier()
    async with stage() as world, notifying(world, notifier, self_service=self_service):
        await configure(world, {})
        await configure(world, SETTINGS, NAMESPACE_NAME, {"token": "of-the-namespace"})
        await deployed(world)
        await at_pause(world)
        await world.clock.sleep(60)

        if not self_service:
            assert notifier.attempts == 0
            return
        assert notifier.guarded == [True]
        (message,) = notifier.taken
        assert isinstance(message, HttpMessage)
        assert message.requests[0].headers == (("X-Token", "of-the-namespace"),)
        assert all(name.endswith(f":{NAMESPACE_NAME}") for name in await told(world))


async def test_what_is_older_than_an_hour_is_not_told_any_more() -> None:
    notifier = MemoryNotifier(*[LATER] * 2)
    async with stage() as world:
        await configure(world, SETTINGS)
        async with notifying(world, notifier):
            await deployed(world)
            await at_pause(world)
            await world.clock.sleep(4)
        await world.clock.sleep(3700)
        attempts = notifier.attempts
        async with notifying(world, notifier):
            await world.clock.sleep(60)
            found = [labels_of(one)[LABEL] for one in await events(world, "RolloutPaused")]
            if found:  # an Event lives for an hour, too
                assert found == ["expired"]
        assert notifier.attempts == attempts


async def test_a_rollout_that_is_gone_is_told_of_no_more() -> None:
    notifier = MemoryNotifier(*[LATER] * 5)
    async with stage() as world, notifying(world, notifier) as notifications:
        await configure(world, SETTINGS)
        await deployed(world)
        await at_pause(world)
        await world.clock.sleep(3)
        await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web")
        await world.clock.sleep(300)
        assert notifications.is_idle
        assert bodies(notifier) == []


@pytest.mark.parametrize("number", range(1, 40, 3))
async def test_a_process_killed_at_any_write_tells_nothing_twice(number: int) -> None:
    """The write has reached the server; its answer reached nobody."""
    notifier = MemoryNotifier(LATER)
    async with stage() as world:
        await configure(world, SETTINGS)
        async with notifying(world, notifier):
            await deployed(world)
        world.survive()
        world.transport.kill_at = number
        async with notifying(world, notifier):
            await world.set_image("web:2")
            killed = asyncio.ensure_future(world.transport.killed.wait())
            await asyncio.wait({killed}, timeout=60)
            killed.cancel()
        world.survive()
        async with notifying(world, notifier) as notifications:
            await world.until_phase("Paused")
            await world.clock.sleep(700)
            assert notifications.is_idle
        assert bodies(notifier) in ([], ["paused web "])
        pending = await world.cluster.list(EVENT, namespace=NAMESPACE_NAME, labels=f"{LABEL}=pending")
        assert pending.items == ()


def test_events_of_one_rollout_wait_within_bounds() -> None:
    outbox, key = Outbox(), NamespacedName("shop", "web")
    put = [outbox.put(key, Letter(str(number), "RolloutPaused", "")) for number in range(MOST_EACH + 2)]
    assert put.count(False) == 2
    assert outbox.put(key, Letter("0", "RolloutPaused", ""))
    assert len(outbox) == MOST_EACH
    for letter in outbox.of(key):
        outbox.take(key, letter)
        outbox.take(key, letter)
    assert len(outbox) == 0


async def test_the_analyses_of_the_release_are_there_for_conditions_and_templates() -> None:
    notifier = MemoryNotifier()
    found = "webhook: {deploys: {method: POST, body: '{{range .analysisRuns}}{{.metadata.name}} {{.status.phase}};{{end}}'}}"
    asked = "- {send: [paused], when: 'len(analysisRuns) == 2'}"
    async with stage() as world, notifying(world, notifier):
        await configure(world, {**SETTINGS, "template.paused": found, "trigger.on-rollout-paused": asked})
        await deployed(world, steps=[{"setWeight": 50}, {"pause": {"duration": "60s"}}, {"pause": {}}])
        await world.set_image("web:2")
        rollout = await world.until(lambda it: it.status.current_step_index == 1)
        owner = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "name": "web",
            "uid": rollout.metadata.uid,
            "controller": True,
        }
        current, earlier = rollout.status.current_pod_hash, "earlier"
        for name, owners, revision in (
            ("first", [owner], current),
            ("second", [owner], current),
            ("of-the-last-release", [owner], earlier),
            ("of-nobody", [], current),
        ):
            labels = {"rollouts-pod-template-hash": revision}
            metadata = {"name": name, "namespace": NAMESPACE_NAME, "labels": labels, "ownerReferences": owners}
            kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun"}
            run = {**kind, "metadata": metadata, "spec": {"metrics": []}, "status": {"phase": "Successful"}}
            await world.cluster.create(ANALYSIS_RUN, run, field_manager="person")
            await world.clock.sleep(1)
        await until_told(world, notifier, 1)
    assert bodies(notifier)[-1] == "second Successful;first Successful;"
