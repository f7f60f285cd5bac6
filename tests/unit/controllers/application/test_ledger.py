"""The ledger that the controller keeps, through the sandbox's API."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from holdfast.controllers.application.digest_key import KEY_SECRET
from holdfast.engine.record import packing
from holdfast.model.kube import name_of
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, SECRET, SYNC_RECORD
from holdfast.model.sync_record import Drift, RecordContent, SyncRecord
from holdfast.testing.builders import config_map, deployment, obj
from tests.unit.controllers.application.harness import DEPLOYMENT, Stage, stage

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
PASSWORD = "planted-hunter22"


async def records(world: Stage) -> list[SyncRecord]:
    listing = await world.cluster.list(SYNC_RECORD, namespace="argocd")
    found = [msgspec.convert(item.decode(), SyncRecord) for item in listing.items]
    return sorted(found, key=lambda one: one.metadata.name)


async def drifts(world: Stage) -> list[Drift]:
    return [one for record in await records(world) for one in record.status.drift]


def content_of(record: SyncRecord) -> RecordContent:
    return packing.unpack(record.spec.content)


def ledger_writes(world: Stage) -> list[str]:
    return [write for write in world.transport.writes if "/syncrecords" in write]


def secret(password: str = PASSWORD) -> dict[str, Any]:
    return obj("v1", "Secret", "login", stringData={"password": password})


async def sync_by_hand(world: Stage, **sync: Any) -> None:
    await world.patch_application({"operation": {"sync": sync, "initiatedBy": {"username": "ann"}}})


async def test_each_sync_leaves_a_record_of_what_was_applied() -> None:
    async with stage() as world:
        first = world.push(config_map(), secret())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            second = world.push(config_map(data={"level": "debug"}), secret("planted-another"))
            await world.settle(controller, 130)
        one, other = await records(world)
        assert [one.spec.revision, other.spec.revision] == [first, second]
        assert [one.spec.history_id, other.spec.history_id] == [0, 1]
        assert (one.spec.phase, one.spec.initiated_by.automated) == ("Succeeded", True)
        (owner,) = one.metadata.owner_references
        assert owner.uid == (await world.application()).metadata.uid
        kinds = [manifest.object["kind"] for manifest in content_of(one).manifests]
        assert kinds == ["Namespace", "Secret", "ConfigMap"]
        assert [result.status for result in content_of(one).results] == ["Synced"] * 3
        sealed = [content_of(record).manifests[-2].object["stringData"]["password"] for record in (one, other)]
        assert sealed[0] != sealed[1]
        assert all(digest.startswith("hmac-sha256:") for digest in sealed)
        everything = json.dumps([item.decode() for item in (await world.cluster.list(SYNC_RECORD)).items])
        unpacked = str([content_of(record) for record in (one, other)])
        assert "planted" not in everything + unpacked
        assert base64.b64encode(PASSWORD.encode()).decode() not in everything + unpacked


async def test_the_key_of_the_digests_is_made_once_and_kept() -> None:
    async with stage() as world:
        for number in range(3):
            world.push(config_map(data={"number": str(number)}), secret())
            if not number:
                await world.create_application(policy=AUTOMATED)
            async with world.controller() as controller:
                await world.settle(controller, 130)
        key = await world.get(SECRET, KEY_SECRET, "argocd")
        assert key is not None
        assert len(base64.b64decode(key["data"]["key"])) == 32
        sealed = {content_of(one).manifests[-2].object["stringData"]["password"] for one in await records(world)}
        assert len(sealed) == 1


async def test_a_heal_is_recorded_as_the_drift_that_it_healed() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 2)
            (record,) = await records(world)
            (found,) = record.status.drift
            assert (found.kind, found.name, found.field) == ("Deployment", "web", ".spec.replicas")
            assert (found.before, found.after, found.manager, found.times) == ("2", "7", "kubectl-edit", 1)
            assert found.first_seen
            assert found.healed_at
            assert "holdfast.dev/open-drift" not in record.metadata.annotations
            await world.cluster.delete(CONFIG_MAP, "shop", "settings")
            await world.settle(controller, 10)
            assert [(one.kind, one.field, bool(one.healed_at)) for one in await drifts(world)] == [
                ("Deployment", ".spec.replicas", True),
                ("ConfigMap", "", True),
            ]
            writes = len(world.transport.writes)
            await world.settle(controller, 600)
            assert len(world.transport.writes) == writes


async def test_drift_that_nobody_heals_is_noted_once_and_stays_open() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        await world.create_application(policy={**AUTOMATED, "automated": {}})
        async with world.controller() as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 2)
            writes = ledger_writes(world)
            assert len(writes) == 2
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 8}})
            await world.settle(controller, 300)
            assert ledger_writes(world) == writes
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 300)
            assert world.transport.writes == []
            (found,) = await drifts(world)
            assert found.healed_at is None
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 2}})
            await world.settle(controller, 2)
            (found,) = await drifts(world)
            assert found.healed_at


async def test_a_change_in_git_is_no_drift() -> None:
    async with stage() as world:
        world.push(config_map(), config_map("other"))
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"]})
        async with world.controller() as controller:
            await sync_by_hand(world)
            await world.settle(controller, 2)
            world.push(config_map(data={"level": "debug"}), config_map("other", data={"level": "debug"}))
            await world.settle(controller, 130)
            assert (await world.application()).status.sync.status == "OutOfSync"
            only = {"kind": "ConfigMap", "name": "settings", "namespace": "shop"}
            await sync_by_hand(world, resources=[only])
            await world.settle(controller, 130)
            assert (await world.application()).status.sync.status == "OutOfSync"
        assert await drifts(world) == []
        found = await records(world)
        assert [one.spec.history_id for one in found] == [0, None]
        assert found[1].spec.initiated_by.username == "ann"
        applied = [(name_of(one.object), one.applied) for one in content_of(found[1]).manifests]
        assert applied == [("shop", False), ("settings", True), ("other", False)]


async def test_drift_in_a_secret_is_noted_without_its_values() -> None:
    async with stage() as world:
        world.push(secret())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch(SECRET, "login", {"stringData": {"password": "planted-by-hand"}})
            await world.settle(controller, 2)
            (found,) = await drifts(world)
            assert (found.field, found.healed_at is None) == (".data.password", False)
            assert {found.before, found.after} == {'"++++++++"', '"+++++++++"'}


async def test_a_failed_sync_is_recorded_and_a_dry_run_is_not() -> None:
    async with stage() as world:
        world.push(config_map(), obj("v1", "Service", "web", spec={"ports": [{"port": 99999999}]}))
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"]})
        async with world.controller() as controller:
            await sync_by_hand(world, dryRun=True)
            await world.settle(controller, 2)
            assert await records(world) == []
            await sync_by_hand(world)
            await world.settle(controller, 30)
        (record,) = await records(world)
        assert (record.spec.phase, record.spec.history_id) == ("Failed", None)
        assert record.spec.message


async def test_the_oldest_records_make_room() -> None:
    async with stage() as world:
        settings = config_map("argocd-cm", namespace="argocd", data={"holdfast.ledger.records": "3"})
        await world.put(settings, CONFIG_MAP)
        commits = []
        async with world.controller() as controller:
            for number in range(5):
                commits.append(world.push(config_map(data={"number": str(number)})))
                if not number:
                    await world.create_application(policy=AUTOMATED)
                await world.settle(controller, 130)
        assert [one.spec.revision for one in await records(world)] == commits[-3:]


@pytest.mark.parametrize("limit", ["0", "20"])
async def test_a_ledger_that_cannot_be_written_stops_no_sync(limit: str) -> None:
    """It is switched off, or the server refuses every record."""
    async with stage() as world:
        await world.put(
            config_map("argocd-cm", namespace="argocd", data={"holdfast.ledger.records": limit}), CONFIG_MAP
        )
        world.transport.refused = "/syncrecords"
        world.push(deployment(replicas=2))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert (await world.application()).status.sync.status == "Synced"
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 2)
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 2
        assert await records(world) == []
        assert bool(ledger_writes(world)) is (limit != "0")


async def test_records_go_with_their_application() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            assert len(await records(world)) == 1
            await world.cluster.delete(APPLICATION, "argocd", "web")
            await world.clock.sleep(5)
        assert await records(world) == []


async def test_without_a_key_a_record_masks_what_it_would_digest() -> None:
    async with stage() as world:
        world.transport.refused = "/namespaces/argocd/secrets"
        world.push(secret())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            pass
        (record,) = await records(world)
        assert content_of(record).manifests[-1].object["stringData"] == {"password": "++++++++"}


# More than a heal takes.
MOST_WRITES = 9


@pytest.mark.parametrize("number", range(1, MOST_WRITES + 1))
async def test_drift_is_noted_once_whenever_the_process_is_killed(number: int) -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.transport.kill_at = len(world.transport.writes) + number
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.clock.sleep(3)
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 30)
        assert len(await records(world)) == 1
        (found,) = await drifts(world)
        assert (found.field, found.after, found.times, bool(found.healed_at)) == (".spec.replicas", "7", 1, True)
