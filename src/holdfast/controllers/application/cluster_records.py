"""Records of syncs as SyncRecords beside their Application, which owns them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from holdfast.controllers.application.world import World
from holdfast.engine.record import naming
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import AlreadyExists, NotFound
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import FIELD_MANAGER, Annotation
from holdfast.model.sync_record import Drift
from holdfast.ports.cluster import PatchKind
from holdfast.ports.records import RecordHeader, RecordOwner

SYNC_RECORD = GroupKind("holdfast.dev", "SyncRecord")


class ClusterRecords:
    """The headers come from the watch, so that asking for them costs nothing."""

    def __init__(self, world: World, resource: ResourceType) -> None:
        self._world = world
        self._resource = resource

    async def headers(self, owner: RecordOwner) -> tuple[RecordHeader, ...]:
        return tuple(RecordHeader(one.metadata.name, _mark(one)) for one in self._live(owner))

    async def read(self, owner: RecordOwner, name: str) -> KubeObject | None:
        return await self._world.cluster.get(self._resource, owner.namespace, name)

    async def write(self, owner: RecordOwner, document: KubeObject) -> None:
        cluster = self._world.cluster
        try:
            written = await cluster.create(self._resource, document, field_manager=FIELD_MANAGER)
        except AlreadyExists:
            written = await cluster.apply(self._resource, document, field_manager=FIELD_MANAGER)
        self._world.view.wrote(written)

    async def note(self, owner: RecordOwner, name: str, entries: Sequence[Drift], mark: str) -> None:
        body = {
            "metadata": {"annotations": {Annotation.OPEN_DRIFT.value: mark or None}},
            "status": {"drift": msgspec.to_builtins(entries)},
        }
        world = self._world
        written = await world.cluster.patch(
            self._resource, owner.namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER
        )
        world.view.wrote(written)

    async def remove(self, owner: RecordOwner, name: str) -> None:
        for live in self._live(owner):
            if live.metadata.name == name:
                with suppress(NotFound):
                    await self._world.cluster.delete(self._resource, live.metadata.namespace, name)
                self._world.view.deleted(live.key, live.metadata.uid)

    def _live(self, owner: RecordOwner) -> list[LiveObject]:
        owned = self._world.view.owned_by_uid(owner.uid, SYNC_RECORD)
        return sorted(owned, key=lambda one: naming.id_of(one.metadata.name))


def _mark(live: LiveObject) -> str:
    return (live.metadata.annotations or {}).get(Annotation.OPEN_DRIFT, "")
