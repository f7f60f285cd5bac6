"""Follows the Events of objects and has those told who want to be: beside the reconcile, which never waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Final

import msgspec

from holdfast.controllers.event_objects import event_object
from holdfast.controllers.notification.configured import Configured
from holdfast.controllers.notification.deliver import FIELD_MANAGER, Counters, Postman
from holdfast.controllers.notification.outbox import LABEL, Letter, Outbox, State, letter_of
from holdfast.controllers.notification.subject import Subject
from holdfast.engine.lang import instants
from holdfast.engine.notify import deliveries, triggers
from holdfast.model.errors import HoldfastError, NotFound, Transient
from holdfast.model.events import Event
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject, annotations_of, labels_of, metadata_of, name_of, namespace_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.resource_types import EVENT
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.ports.notifications import Notifier
from holdfast.ports.texts import Texts
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome, Settled

WORKERS: Final = 4
SWEEP_SECONDS: Final = 300.0
HOLDS: Final = timedelta(hours=1)
"""Who has not been told after so long is not told any more."""
FAILURE: Final = "NotificationFailed"
MOST_SAID: Final = 1024
LONGEST: Final = timedelta(minutes=30)
"""For all who are to be told of one object: each of them may take its time."""
FIRST_WAIT: Final = timedelta(seconds=2)

log = logging.getLogger("holdfast.notification")


class NotificationController:
    """A Tidings: one process runs one of these for the objects of all namespaces."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        clock: Clock,
        random: Random,
        subject: Subject,
        namespaces: Sequence[str],
        notifier: Notifier,
        texts: Texts,
        self_service: bool = False,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._random = random
        self._subject = subject
        self._configured = Configured(cluster, clock, subject, namespaces, self_service=self_service)
        self._outbox = Outbox()
        self._postman = Postman(
            cluster=cluster,
            clock=clock,
            subject=subject,
            configured=self._configured,
            notifier=notifier,
            texts=texts,
            tell_failure=self._tell_failure,
        )
        self.loop: ReconcileLoop[NamespacedName] = ReconcileLoop(
            "notification",
            self._deliver,
            clock=clock,
            random=random,
            workers=WORKERS,
            timeout=LONGEST,
            backoff=Backoff(random, first=FIRST_WAIT),
        )

    @property
    def counters(self) -> Counters:
        return self._postman.counters

    @property
    def is_idle(self) -> bool:
        return not len(self._outbox)

    async def run(self) -> None:
        """Until cancelled; what has not been told by then is told by the next one."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.loop.run(), name="notification: loop")
            group.create_task(self._sweep_for_ever(), name="notification: sweep")

    async def marked(self, event: KubeObject, about: KubeObject) -> KubeObject:
        """The Event with the label of the outbox, where somebody may have to be told of it."""
        if event["involvedObject"]["kind"] != self._subject.kind:
            return event
        places = await self._configured.places(namespace_of(about))
        trigger = triggers.of_event(event["reason"])
        if not deliveries.is_awaited(places, trigger, labels_of(about), annotations_of(about)):
            return event
        metadata = metadata_of(event)
        labels = {**(metadata.get("labels") or {}), LABEL: State.PENDING.value}
        return {**event, "metadata": {**metadata, "labels": labels}}

    def follow(self, event: KubeObject, about: KubeObject) -> None:
        """Takes over a marked Event; others are none of its business."""
        if labels_of(event).get(LABEL) == State.PENDING:
            self._put(*letter_of(event, about))

    def _put(self, key: NamespacedName, letter: Letter) -> None:
        if self._outbox.put(key, letter):
            self.loop.add(key)
        else:
            log.warning("%s: %s is told later: too many are waiting", key, letter.reason)

    async def _deliver(self, key: NamespacedName) -> Outcome:
        """One object after the other, and of one object one event after the other."""
        left = []
        for letter in self._outbox.of(key):
            if self._is_late(letter.stamp):
                await self._end(key, letter, State.EXPIRED)
                continue
            said = await self._postman.deliver(key, letter)
            left += said
            if not said:
                await self._end(key, letter, State.FAILED if letter.given_up else State.DONE)
        if left:
            raise Transient("NotDelivered", "; ".join(left)[:MOST_SAID])
        return Settled()

    async def _end(self, key: NamespacedName, letter: Letter, state: State) -> None:
        body = {"metadata": {"labels": {LABEL: state.value}}}
        with suppress(NotFound):
            await self._cluster.patch(
                EVENT, key.namespace, letter.event, body, PatchKind.MERGE, field_manager=FIELD_MANAGER
            )
        self._outbox.take(key, letter)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self._sweep()
            except HoldfastError as error:
                log.warning("events that are yet to be told cannot be listed: %s", error)
            await self._clock.sleep(SWEEP_SECONDS)

    async def _sweep(self) -> None:
        """Finds what an earlier process has left, and what had no room."""
        listing = await self._cluster.list(EVENT, labels=f"{LABEL}={State.PENDING}")
        found = [live.decode() for live in listing.items]
        for event in sorted(found, key=lambda one: (str(one.get("firstTimestamp") or ""), name_of(one))):
            if (event.get("involvedObject") or {}).get("kind") == self._subject.kind:
                self._put(*letter_of(event))

    def _is_late(self, stamp: str) -> bool:
        at = instants.parse(stamp)
        return at is not None and self._clock.now() - at > HOLDS

    async def _tell_failure(self, about: KubeObject, said: str) -> None:
        """Of which nobody is notified."""
        event = event_object(
            self._subject.kind,
            msgspec.convert(metadata_of(about), ObjectMeta),
            Event(FAILURE, said, warning=True),
            stamp=instants.stamp(self._clock.now()),
            number=self._random.getrandbits(64),
            component=FIELD_MANAGER,
        )
        try:
            await self._cluster.create(EVENT, event, field_manager=FIELD_MANAGER)
        except HoldfastError as error:
            log.warning("%s/%s: %s was not written: %s", namespace_of(about), name_of(about), FAILURE, error)
