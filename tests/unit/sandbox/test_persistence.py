"""What is kept on disk, and what happens when it cannot be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.errors import Blocked
from holdfast.sandbox.persistence import SqliteJournal
from holdfast.sandbox.storage import Collection, Storage, StorageFull, TooOld

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
COLLECTION = Collection("", "configmaps")


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "data": data,
    }


async def test_a_restart_carries_on(cluster: Any, tmp_path: Path) -> None:
    async with cluster(tmp_path) as api:
        created = (await api.post(CONFIG_MAPS, {"metadata": {"name": "one"}, "data": {"k": "v"}})).body
        await api.post(CONFIG_MAPS, {"metadata": {"name": "gone"}})
        await api.delete(f"{CONFIG_MAPS}/gone")
        version = (await api.get(CONFIG_MAPS)).body["metadata"]["resourceVersion"]
        token = api.sandbox.token
    async with cluster(tmp_path) as api:
        assert api.sandbox.token == token
        body = (await api.get(CONFIG_MAPS)).body
        assert body["metadata"]["resourceVersion"] == version
        assert (await api.get(f"{CONFIG_MAPS}/one")).body == created
        assert (await api.get(f"{CONFIG_MAPS}/gone")).status == 404
        newer = (await api.post(CONFIG_MAPS, {"metadata": {"name": "two"}})).body
        assert int(newer["metadata"]["resourceVersion"]) == int(version) + 1


async def test_a_watch_may_resume_over_a_restart_only_from_the_newest_version(cluster: Any, tmp_path: Path) -> None:
    async with cluster(tmp_path) as api:
        version = (await api.get(CONFIG_MAPS)).body["metadata"]["resourceVersion"]
    async with cluster(tmp_path) as api:
        await api.post(CONFIG_MAPS, {"metadata": {"name": "one"}})
        assert (await api.watched(f"{CONFIG_MAPS}?resourceVersion={version}", 1))[0]["type"] == "ADDED"
        assert (await api.watched(f"{CONFIG_MAPS}?resourceVersion=2", 1))[0]["type"] == "ERROR"


async def test_custom_resources_are_served_after_a_restart(cluster: Any, tmp_path: Path) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "things", "kind": "Thing"}
    spec = {"group": "example.com", "scope": "Cluster", "names": names, "versions": [version]}
    async with cluster(tmp_path) as api:
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        await api.post(path, {"metadata": {"name": "things.example.com"}, "spec": spec})
        thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "x": 1}
        await api.post("/apis/example.com/v1/things", thing)
    async with cluster(tmp_path) as api:
        assert (await api.get("/apis/example.com/v1/things/t")).body["x"] == 1


def test_a_write_that_finds_no_room_has_not_happened(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path)
    storage = Storage(journal)
    storage.put(COLLECTION, config_map("one"))
    journal.limit_pages(20)
    version = storage.resource_version
    with pytest.raises(StorageFull, match="full"):
        storage.put(COLLECTION, config_map("big", data="x" * 200_000))
    assert storage.resource_version == version
    assert [stored.key.name for stored in storage.all_in(COLLECTION)] == ["one"]
    storage.put(COLLECTION, config_map("small"))
    storage.close()
    again = Storage(SqliteJournal(tmp_path))
    assert [stored.key.name for stored in again.all_in(COLLECTION)] == ["one", "small"]
    again.close()


async def test_a_full_disk_is_an_error_of_the_server_that_lives_on(cluster: Any, tmp_path: Path) -> None:
    async with cluster(tmp_path) as api:
        api.sandbox.journal.limit_pages(60)
        big = {"metadata": {"name": "big"}, "data": {"k": "x" * 900_000}}
        answer = await api.post(CONFIG_MAPS, big)
        assert (answer.status, "disk" in answer.body["message"]) == (500, True)
        assert (await api.get(f"{CONFIG_MAPS}/big")).status == 404
        assert (await api.get("/readyz")).status == 200


def test_a_directory_belongs_to_one_sandbox_at_a_time(tmp_path: Path) -> None:
    first = SqliteJournal(tmp_path)
    with pytest.raises(Blocked, match="another sandbox"):
        SqliteJournal(tmp_path)
    first.close()
    SqliteJournal(tmp_path).close()


def test_a_killed_process_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from holdfast.sandbox.persistence import SqliteJournal
        from holdfast.sandbox.storage import Collection, Storage
        storage = Storage(SqliteJournal(Path(sys.argv[1])))
        for number in range(10**9):
            metadata = {"name": f"n{number:09}", "uid": str(number)}
            stored = storage.put(Collection("", "configmaps"), {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata})
            print(stored.key.name, stored.resource_version, flush=True)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [child.stdout.readline() for _ in range(200)]
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    storage = Storage(SqliteJournal(tmp_path))
    kept = {stored.key.name: stored.resource_version for stored in storage.all_in(COLLECTION)}
    for line in acknowledged:
        name, version = line.split()
        assert kept[name] == int(version)
    assert storage.resource_version >= max(kept.values())
    storage.close()


def test_the_history_gives_back_every_list_it_reaches_to() -> None:
    storage = Storage(history=4)
    lists: dict[int, list[str]] = {}
    for number in range(12):
        if number % 3 == 2:
            storage.delete(COLLECTION, storage.all_in(COLLECTION)[0].key)
        else:
            storage.put(COLLECTION, config_map(f"n{number}"))
        lists[storage.resource_version] = [stored.key.name for stored in storage.all_in(COLLECTION)]
    reached = 0
    for version, wanted in lists.items():
        try:
            assert [stored.key.name for stored in storage.all_at(COLLECTION, "", version)] == wanted
            reached += 1
        except TooOld:
            continue
    assert reached >= 4
