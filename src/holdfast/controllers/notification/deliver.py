"""Tells one event to all who want to know of it.

Each delivery is written into the record of the object before it is tried, and taken out again when it has not arrived: a
controller that is killed anywhere never tells twice.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from holdfast.controllers.notification import release_runs
from holdfast.controllers.notification.configured import Configured
from holdfast.controllers.notification.outbox import Letter
from holdfast.controllers.notification.subject import Subject
from holdfast.engine.notify import compose, deliveries, record, secret_values, triggers
from holdfast.engine.notify.deliveries import Delivery, Occurrence, Place, Problem
from holdfast.model.errors import Conflict, NotFound, Transient
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject, annotations_of, labels_of, resource_version_of
from holdfast.model.notification import Message
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.ports.notifications import Notifier, Undelivered
from holdfast.ports.texts import TextFailed, Texts

FIELD_MANAGER: Final = "notifications-controller"
COLLISIONS: Final = 10

log = logging.getLogger("holdfast.notification")

TellFailure = Callable[[KubeObject, str], Awaitable[None]]


class Counters(Struct):
    """Deliveries since the start: `failed` counts those that are not tried again."""

    delivered: int = 0
    retried: int = 0
    failed: int = 0


class Postman:
    """`tell_failure` is told the object and what went wrong, without any secret in it."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        clock: Clock,
        subject: Subject,
        configured: Configured,
        notifier: Notifier,
        texts: Texts,
        tell_failure: TellFailure,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._subject = subject
        self._configured = configured
        self._notifier = notifier
        self._texts = texts
        self._tell_failure = tell_failure
        self.counters = Counters()

    async def deliver(self, key: NamespacedName, letter: Letter) -> list[str]:
        """What has not arrived and is to be tried again, for people. Raises ApiError and Transient."""
        about = letter.about or await self._live(key)
        if about is None:
            return []
        letter.about = about
        places = await self._configured.places(key.namespace)
        left = []
        for one in deliveries.due(places, await self._occurrence(letter, about, places)):
            match one:
                case Problem(message):
                    await self._give_up(about, letter, message, message)
                case Delivery() if one.key not in letter.given_up and one.key not in letter.told:
                    said = await self._attempt(key, letter, about, one)
                    left += [said] if said else []
        return left

    async def _occurrence(self, letter: Letter, about: KubeObject, places: Sequence[Place]) -> Occurrence:
        trigger = triggers.of_event(letter.reason)
        conditions = [one for place in places for one in place.settings.triggers.get(trigger, ())]
        asked = [text for one in conditions for text in (one.when, one.once_per)]
        variables = {**await self._about(about, asked), "time": triggers.times_at(self._clock.now())}
        return Occurrence(letter.event, trigger, variables, labels_of(about), annotations_of(about))

    async def _attempt(self, key: NamespacedName, letter: Letter, about: KubeObject, delivery: Delivery) -> str:
        """What has not arrived and is to be tried again, "" where nothing is."""
        if not await self._is_open(key, letter, delivery):
            return ""
        secrets = await self._configured.secrets(delivery.place)
        trigger = triggers.of_event(letter.reason)
        shown = f"{trigger} to {delivery.destination}"
        try:
            message = await self._composed(delivery, about, secrets)
        except ValueError as error:
            await self._give_up(
                about, letter, delivery.key, f"{shown}: {secret_values.masked(str(error), secrets.values())}"
            )
            return ""
        if not await self._claim(key, letter, delivery.key):
            return ""
        try:
            await self._notifier.send(message, guarded=bool(delivery.place.namespace))
        except Undelivered as error:
            said = f"{shown}: {secret_values.masked(error.message, secrets.values())}"
            return await self._failed(key, letter, delivery.key, said, message if error.may_pass else None)
        letter.told.add(delivery.key)
        self.counters.delivered += 1
        return ""

    async def _failed(self, key: NamespacedName, letter: Letter, name: str, said: str, again: Message | None) -> str:
        """`again` is the message where another attempt has a chance."""
        letter.undelivered.add(name)
        letter.tries[name] = letter.tries.get(name, 0) + 1
        await self._change_record(key, lambda known: record.without(known, name))
        letter.undelivered.discard(name)
        if again is not None and letter.tries[name] < again.attempts:
            self.counters.retried += 1
            return said
        assert letter.about is not None  # noqa: S101 - set before the first attempt
        await self._give_up(letter.about, letter, name, said)
        return ""

    async def _composed(self, delivery: Delivery, about: KubeObject, secrets: Mapping[str, str]) -> Message:
        """Raises ValueError and ApiError."""
        draft = compose.draft(delivery)
        context = delivery.place.settings.context
        variables = compose.variables(draft, await self._about(about, draft.texts), context, secrets)
        try:
            texts = await self._texts.fill(draft.texts, variables)
        except TextFailed as error:
            names = ", ".join(delivery.templates)
            raise ValueError(f"template {names}: {draft.place_of(error.at)}: {error.message}") from None
        return compose.message(draft, compose.filled(draft, texts), secrets, self._clock.now())

    async def _about(self, about: KubeObject, texts: Iterable[str]) -> dict[str, Any]:
        return {self._subject.variable: about, **await release_runs.variables(self._cluster, about, texts)}

    async def _give_up(self, about: KubeObject, letter: Letter, name: str, said: str) -> None:
        if name in letter.given_up:
            return
        letter.given_up.add(name)
        self.counters.failed += 1
        log.warning("%s/%s: %s", about["metadata"].get("namespace"), about["metadata"]["name"], said)
        await self._tell_failure(about, said)

    async def _live(self, key: NamespacedName) -> KubeObject | None:
        return await self._cluster.get(self._subject.resource, key.namespace, key.name)

    async def _is_open(self, key: NamespacedName, letter: Letter, delivery: Delivery) -> bool:
        live = await self._live(key)
        if live is None:
            return False
        known = record.read(annotations_of(live).get(record.ANNOTATION, ""))
        return delivery.key not in known or delivery.key in letter.undelivered

    async def _claim(self, key: NamespacedName, letter: Letter, name: str) -> bool:
        """Whether the delivery is ours now; somebody else may have been faster."""
        at = int(self._clock.now().timestamp())
        mine = name in letter.undelivered

        def with_ours(known: Mapping[str, int]) -> dict[str, int] | None:
            return None if name in known and not mine else record.with_told(known, name, at)

        return await self._change_record(key, with_ours)

    async def _change_record(
        self, key: NamespacedName, change: Callable[[Mapping[str, int]], dict[str, int] | None]
    ) -> bool:
        """False where `change` wants nothing, or the object is gone."""
        for _ in range(COLLISIONS):
            live = await self._live(key)
            if live is None:
                return False
            wanted = change(record.read(annotations_of(live).get(record.ANNOTATION, "")))
            if wanted is None:
                return False
            body: dict[str, Any] = {
                "resourceVersion": resource_version_of(live),
                "annotations": {record.ANNOTATION: record.written(wanted) if wanted else None},
            }
            try:
                await self._cluster.patch(
                    self._subject.resource,
                    key.namespace,
                    key.name,
                    {"metadata": body},
                    PatchKind.MERGE,
                    field_manager=FIELD_MANAGER,
                )
            except Conflict:
                continue
            except NotFound:
                return False
            return True
        raise Transient("Changing", f"{self._subject.kind} {key} changes faster than what it was told can be written")
