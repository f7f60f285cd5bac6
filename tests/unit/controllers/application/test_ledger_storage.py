"""The ledger in object storage, which comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from holdfast.model.errors import Transient
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP, SYNC_RECORD
from holdfast.model.sync_record import Drift, SyncRecord
from holdfast.ports.records import RecordHeader, RecordOwner, StoragePlace
from holdfast.testing.builders import config_map, deployment
from tests.unit.controllers.application.harness import DEPLOYMENT, Stage, stage

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
SETTINGS = {"holdfast.ledger.storage": "s3://bucket/ledger", "holdfast.ledger.storage.region": "eu-1"}


class Shelf:
    """Object storage in memory: `away` makes it fail, `hanging` lets nobody go."""

    def __init__(self, world: Stage) -> None:
        self.world = world
        self.places: list[StoragePlace] = []
        self.kept: dict[tuple[str, str], KubeObject] = {}
        self.away = self.hanging = False
        self.attempts = 0

    def open(self, place: StoragePlace) -> Shelf:
        self.places.append(place)
        return self

    async def headers(self, owner: RecordOwner) -> tuple[RecordHeader, ...]:
        await self._reached()
        mine = sorted((name, one) for (uid, name), one in self.kept.items() if uid == owner.uid)
        return tuple(RecordHeader(name, annotations_of(one).get(Annotation.OPEN_DRIFT, "")) for name, one in mine)

    async def read(self, owner: RecordOwner, name: str) -> KubeObject | None:
        await self._reached()
        return self.kept.get((owner.uid, name))

    async def write(self, owner: RecordOwner, document: KubeObject) -> None:
        await self._reached()
        self.kept[owner.uid, name_of(document)] = document

    async def note(self, owner: RecordOwner, name: str, entries: Sequence[Drift], mark: str) -> None:
        await self._reached()
        document = self.kept[owner.uid, name]
        metadata = {**document["metadata"], "annotations": {Annotation.OPEN_DRIFT.value: mark} if mark else {}}
        noted = {**document, "metadata": metadata, "status": {"drift": msgspec.to_builtins(entries)}}
        self.kept[owner.uid, name] = noted

    async def remove(self, owner: RecordOwner, name: str) -> None:
        await self._reached()
        del self.kept[owner.uid, name]

    async def _reached(self) -> None:
        self.attempts += 1
        if self.hanging:
            await self.world.clock.sleep(3600)
        if self.away:
            raise Transient("StorageUnavailable", "s3://bucket/ledger: nobody answers")

    def records(self) -> list[SyncRecord]:
        return [msgspec.convert(self.kept[key], SyncRecord) for key in sorted(self.kept, key=lambda key: key[1])]


async def in_cluster(world: Stage) -> int:
    return len((await world.cluster.list(SYNC_RECORD, namespace="argocd")).items)


async def begin(world: Stage, **more: str) -> Shelf:
    await world.put(config_map("argocd-cm", namespace="argocd", data={**SETTINGS, **more}), CONFIG_MAP)
    world.push(deployment(replicas=2))
    await world.create_application(policy=AUTOMATED)
    return Shelf(world)


async def change(world: Stage, controller: Any, replicas: int) -> None:
    world.push(deployment(replicas=replicas))
    await world.settle(controller, 130)


async def test_records_and_drift_stand_in_the_storage_that_is_set_and_the_oldest_make_room() -> None:
    async with stage() as world:
        shelf = await begin(world, **{"holdfast.ledger.records": "2"})
        async with world.controller(storages=shelf) as controller:
            await change(world, controller, 3)
            await change(world, controller, 4)
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 5)
            found = shelf.records()
            assert [one.spec.history_id for one in found] == [1, 2]
            (drift,) = found[-1].status.drift
            assert (drift.field, drift.after, bool(drift.healed_at)) == (".spec.replicas", "7", True)
            assert await in_cluster(world) == 0
            assert len(shelf.places) == 1


@pytest.mark.parametrize("trouble", ["away", "hanging"])
async def test_a_storage_that_is_away_holds_up_no_sync_and_gets_its_records_later(trouble: str) -> None:
    async with stage() as world:
        shelf = await begin(world)
        setattr(shelf, trouble, True)
        began = world.clock.monotonic()
        async with world.controller(storages=shelf) as controller:
            assert (await world.application()).status.sync.status == "Synced"
            assert world.clock.monotonic() - began < 30
            assert await in_cluster(world) == 1
            told = [message for reason, message in await world.events() if reason == "LedgerUnavailable"]
            assert any("records stay in the cluster" in message for message in told)
            for replicas in (3, 4):
                await change(world, controller, replicas)
            await world.settle(controller, 3600)
            assert shelf.attempts < 60
            setattr(shelf, trouble, False)
            await world.settle(controller, 500)
            assert await in_cluster(world) == 0
            assert [one.spec.history_id for one in shelf.records()] == [0, 1, 2]


async def test_records_move_when_a_storage_is_set_later() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        await world.create_application(policy={**AUTOMATED, "automated": {}})
        shelf = Shelf(world)
        async with world.controller(storages=shelf) as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 5)
            assert await in_cluster(world) == 1
            await world.put(config_map("argocd-cm", namespace="argocd", data=SETTINGS), CONFIG_MAP)
            await world.settle(controller, 200)
            assert await in_cluster(world) == 0
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 2}})
            await world.settle(controller, 5)
            (record,) = shelf.records()
            (drift,) = record.status.drift
            assert drift.healed_at
            attempts = shelf.attempts
            writes = len(world.transport.writes)
            await world.settle(controller, 600)
            assert len(world.transport.writes) == writes
            assert shelf.attempts - attempts < 20


async def test_a_process_without_storages_keeps_records_in_the_cluster() -> None:
    async with stage() as world:
        await begin(world)
        async with world.controller():
            assert await in_cluster(world) == 1
