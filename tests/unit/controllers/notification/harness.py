"""The rollout controller with notifications, on the sandbox in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.texts.inline import InlineTexts
from holdfast.controllers.notification.controller import NotificationController
from holdfast.controllers.notification.subject import ROLLOUTS
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.engine.notify import record
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.notification import HttpMessage
from holdfast.model.resource_types import CONFIG_MAP, EVENT, NAMESPACE, SECRET
from holdfast.testing.memory_notifier import MemoryNotifier
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, ROLLOUT, Stage, rollout_object

OWN = "argo-rollouts"
STEPS = [{"setWeight": 50}, {"pause": {}}, {"setWeight": 100}]
SETTINGS = {
    "service.webhook.deploys": "url: https://hooks.example.com\nheaders: [{name: X-Token, value: $token}]\n",
    "trigger.on-rollout-paused": "- send: [paused]",
    "trigger.on-rollout-aborted": "- send: [aborted]",
    "template.paused": "webhook: {deploys: {method: POST, body: 'paused {{.rollout.metadata.name}} {{.recipient}}'}}",
    "template.aborted": "webhook: {deploys: {method: POST, body: 'aborted {{.rollout.metadata.name}}'}}",
}
SUBSCRIBED = {f"notifications.argoproj.io/subscribe.on-rollout-{one}.deploys": "" for one in ("paused", "aborted")}


async def configure(
    world: Stage, data: Mapping[str, str], namespace: str = OWN, secret: Mapping[str, str] | None = None
) -> None:
    if await world.cluster.get(NAMESPACE, "", namespace) is None:
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await world.cluster.create(NAMESPACE, obj, field_manager="person")
    for kind, name, field, content in (
        (CONFIG_MAP, ROLLOUTS.config_map, "data", dict(data)),
        (SECRET, ROLLOUTS.secret, "stringData", dict(secret or {"token": "secret-token"})),
    ):
        metadata = {"name": name, "namespace": namespace}
        obj = {"apiVersion": "v1", "kind": kind.kind, "metadata": metadata, field: content}
        await world.cluster.apply(kind, obj, field_manager="person")


@asynccontextmanager
async def notifying(
    world: Stage, notifier: MemoryNotifier, *, self_service: bool = False
) -> AsyncIterator[NotificationController]:
    """A new process."""
    # Names of events are numbers by chance: each process has its own.
    seed = int(world.clock.monotonic() * 1000)
    cluster = KubeClient(world.transport, user_agent="controller")
    notifications = NotificationController(
        cluster=cluster,
        clock=world.clock,
        random=Random(seed + 1),
        subject=ROLLOUTS,
        namespaces=(OWN, "argocd"),
        notifier=notifier,
        texts=InlineTexts(),
        self_service=self_service,
    )
    rollouts = RolloutController(cluster=cluster, clock=world.clock, random=Random(seed), tidings=notifications)
    tasks = [asyncio.create_task(one.run()) for one in (rollouts, notifications)]
    try:
        yield notifications
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def deployed(world: Stage, annotations: Mapping[str, str] = SUBSCRIBED, steps: list[Any] | None = None) -> None:
    canary = {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS if steps is None else steps}
    obj = rollout_object({"canary": canary}, replicas=2)
    obj["metadata"]["annotations"] = dict(annotations)
    await world.put(ROLLOUT, obj)
    await world.until_phase("Healthy")


async def at_pause(world: Stage, image: str = "web:2") -> None:
    await world.set_image(image)
    await world.until_phase("Paused")


def bodies(notifier: MemoryNotifier) -> list[str]:
    return [one.requests[0].body.decode() for one in notifier.taken if isinstance(one, HttpMessage)]


async def told(world: Stage) -> dict[str, int]:
    return record.read(annotations_of(await world.get(ROLLOUT, "web")).get(record.ANNOTATION, ""))


async def events(world: Stage, reason: str) -> list[KubeObject]:
    listing = await world.cluster.list(EVENT, namespace=NAMESPACE_NAME)
    return [event for event in (live.decode() for live in listing.items) if event["reason"] == reason]
