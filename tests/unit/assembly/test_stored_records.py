"""The commands find the records that stand in object storage."""

from __future__ import annotations

import base64
from importlib.util import find_spec
from pathlib import Path

import pytest

from holdfast.adapters.records.object_storage import ObjectStorages
from holdfast.assembly.stored_records import stored_records
from holdfast.model.errors import Blocked
from holdfast.model.kube import uid_of
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, SECRET
from holdfast.ports.records import RecordOwner, StoragePlace
from holdfast.testing.builders import config_map, obj
from tests.unit.controllers.application.harness import Stage, stage

KEYS = {"accessKeyID": "tester", "secretAccessKey": "planted"}


async def name_storage(world: Stage, url: str) -> None:
    settings = config_map("argocd-cm", namespace="argocd", data={"holdfast.ledger.storage": url})
    await world.put(settings, CONFIG_MAP)
    data = {name: base64.b64encode(value.encode()).decode() for name, value in KEYS.items()}
    await world.put(obj("v1", "Secret", "holdfast-ledger-storage", namespace="argocd", data=data), SECRET)


@pytest.mark.skipif(find_spec("fsspec") is None, reason="fsspec is not installed")
@pytest.mark.real_time
async def test_records_of_the_application_are_read(tmp_path: Path) -> None:
    async with stage() as world:
        await world.create_application()
        app = await world.get(APPLICATION, "web", "argocd")
        assert app is not None
        storages = ObjectStorages(frozenset({"file"}))
        assert await stored_records(world.cluster, app, storages) == []
        url = f"file://{tmp_path}/ledger"
        await name_storage(world, url)
        document = {"kind": "SyncRecord", "metadata": {"name": "web-1"}, "spec": {"revision": "abc"}}
        owner = RecordOwner("argocd", "web", uid_of(app))
        await ObjectStorages(frozenset({"file"})).open(StoragePlace(url)).write(owner, document)
        assert await stored_records(world.cluster, app, storages) == [document]


async def test_a_storage_that_cannot_be_used_is_said_without_its_secrets() -> None:
    async with stage() as world:
        await world.create_application()
        app = await world.get(APPLICATION, "web", "argocd")
        assert app is not None
        await name_storage(world, "ftp://somewhere/ledger")
        with pytest.raises(Blocked, match="the storage of the ledger") as error:
            await stored_records(world.cluster, app)
        assert "planted" not in error.value.message
