"""What the controllers of progressive delivery see and use of the world outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Protocol

from holdfast.controllers.event_objects import event_object
from holdfast.engine.rollout import ownership
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import AlreadyExists, Conflict, HoldfastError, NotFound, Waiting
from holdfast.model.events import Event
from holdfast.model.keys import GroupKind, NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject, labels_of
from holdfast.model.live import LiveObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import GROUP
from holdfast.model.resource_types import EVENT
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.runtime.store import Store

FIELD_MANAGER: Final = "rollouts-controller"
SOON: Final = timedelta(seconds=0.2)


class Tidings(Protocol):
    """Has people and machines outside told of what Events tell. Neither call waits for any of them."""

    async def marked(self, event: KubeObject, about: KubeObject) -> KubeObject:
        """The Event as it is to be written."""
        ...

    def follow(self, event: KubeObject, about: KubeObject) -> None:
        """Called once it was written, or was tried to be."""
        ...


class World:
    """Everything a reconcile uses. `told_of` is the kind that its events are about; `told` hears of each of these.
    `instance_id` is the name of this controller among several on one cluster."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        clock: Clock,
        random: Random,
        store: Store,
        discovery: Callable[[], Discovery],
        wrote: Callable[[KubeObject], None],
        told_of: str = "Rollout",
        tidings: Tidings | None = None,
        told: Callable[[NamespacedName, Event], None] | None = None,
        instance_id: str = "",
    ) -> None:
        self.cluster = cluster
        self.clock = clock
        self.random = random
        self.store = store
        self.wrote = wrote
        self._discovery = discovery
        self._told_of = told_of
        self._tidings = tidings
        self._told = told
        self.instance_id = instance_id

    def is_ours(self, obj: KubeObject) -> bool:
        return ownership.is_carried_out_by(self.instance_id, labels_of(obj))

    def now(self) -> datetime:
        return self.clock.now()

    def get(self, group_kind: GroupKind, namespace: str, name: str) -> KubeObject | None:
        live = self.store.get(ObjectKey(group_kind.group, group_kind.kind, namespace, name))
        return live.decode() if live is not None and live.is_whole else None

    def owned(self, uid: str, group_kind: GroupKind) -> list[LiveObject]:
        """What the object of this uid controls."""
        return [
            live
            for live in self.store.owned_by(uid)
            if live.group_kind == group_kind
            and any(owner.uid == uid and owner.controller for owner in live.metadata.owner_references)
        ]

    def resource(self, group_kind: GroupKind) -> ResourceType:
        found = self._discovery().find(group_kind)
        if found is None:
            raise Waiting(timedelta(seconds=30), "NotServed", f"the cluster does not serve {group_kind}")
        return found

    async def patch(self, kind: GroupKind, namespace: str, name: str, body: Any) -> None:
        answer = await self.cluster.patch(
            self.resource(kind), namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER
        )
        self.wrote(answer)

    async def patch_as_read(self, kind: GroupKind, namespace: str, name: str, body: dict[str, Any]) -> None:
        """Changes the state alone whose resourceVersion the body names. Raises Waiting where another one is there."""
        try:
            await self.patch(kind, namespace, name, body)
        except Conflict as error:
            raise Waiting(SOON, "Changed", f"{kind.kind} {name} was changed meanwhile") from error

    async def patch_status(self, kind: GroupKind, metadata: ObjectMeta, body: dict[str, Any]) -> KubeObject:
        """Writes to exactly the state that was read."""
        try:
            answer = await self.cluster.patch(
                self.resource(kind),
                metadata.namespace,
                metadata.name,
                {"metadata": {"resourceVersion": metadata.resource_version}, **body},
                PatchKind.MERGE,
                field_manager=FIELD_MANAGER,
                subresource="status",
            )
        except Conflict as error:
            raise Waiting(SOON, "Changed", f"the {kind.kind} was changed meanwhile") from error
        self.wrote(answer)
        return answer

    async def create(self, kind: GroupKind, obj: KubeObject) -> None:
        """Of a name that we give: one that is there already is the one that was meant."""
        try:
            self.wrote(await self.cluster.create(self.resource(kind), obj, field_manager=FIELD_MANAGER))
        except AlreadyExists:
            return

    async def delete(self, kind: GroupKind, namespace: str, name: str, uid: str = "") -> None:
        """With `uid` only that very one: another one of the name is left alone."""
        try:
            await self.cluster.delete(self.resource(kind), namespace, name, uid=uid)
        except (NotFound, Conflict):
            return

    async def emit(self, metadata: ObjectMeta, event: Event, stamp: str, *, kind: str = "") -> None:
        """An event that cannot be written must not hold up the work it tells of."""
        kind = kind or self._told_of
        if self._told is not None and kind == self._told_of:
            self._told(NamespacedName(metadata.namespace, metadata.name), event)
        number = self.random.getrandbits(64)
        obj = event_object(kind, metadata, event, stamp=stamp, number=number, component=FIELD_MANAGER)
        about = self.get(GroupKind(GROUP, kind), metadata.namespace, metadata.name) if self._tidings else None
        if self._tidings is not None and about is not None:
            obj = await self._tidings.marked(obj, about)
        with suppress(HoldfastError):
            await self.cluster.create(EVENT, obj, field_manager=FIELD_MANAGER)
        if self._tidings is not None and about is not None:
            self._tidings.follow(obj, about)


def name_of(live: LiveObject) -> NamespacedName:
    return NamespacedName(live.metadata.namespace, live.metadata.name)
