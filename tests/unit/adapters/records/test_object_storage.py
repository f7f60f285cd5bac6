"""Records in object storage, on what fsspec has for tests, and on S3 where a server for it is installed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.records.object_storage import ObjectRecords, ObjectStorages
from holdfast.model.errors import Blocked, Transient
from holdfast.model.sync_record import Drift
from holdfast.ports.records import RecordHeader, RecordOwner, StoragePlace

pytestmark = pytest.mark.skipif(find_spec("fsspec") is None, reason="fsspec is not installed")

OWNER = RecordOwner("argocd", "web", "uid-1")
SCHEMES = frozenset({"memory", "file", "s3"})


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The endpoint of an S3 server in this process."""
    server_module = pytest.importorskip("moto.server", reason="no S3 server for tests: install moto[s3,server]")
    server = server_module.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["memory", "file", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StoragePlace:
    if request.param == "memory":
        return StoragePlace(f"memory://bucket-{uuid.uuid4().hex}/ledger")
    if request.param == "file":
        return StoragePlace(f"file://{tmp_path}/ledger")
    s3fs = pytest.importorskip("s3fs", reason="the extra holdfast[s3] is not installed")
    endpoint, bucket = request.getfixturevalue("s3"), f"bucket-{uuid.uuid4().hex}"
    keys = {"access_key": "tester", "secret_key": "planted"}
    s3fs.S3FileSystem(key="tester", secret="planted", client_kwargs={"endpoint_url": endpoint}).mkdir(bucket)
    return StoragePlace(f"s3://{bucket}/ledger", endpoint=endpoint, region="us-east-1", **keys)


def opened(place: StoragePlace) -> ObjectRecords:
    return ObjectStorages(SCHEMES).open(place)


def document(name: str, **annotations: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "argocd", **({"annotations": annotations} if annotations else {})}
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "SyncRecord",
        "metadata": metadata,
        "spec": {"revision": name},
    }


@pytest.mark.real_time
@pytest.mark.timeout(120)
async def test_a_record_is_written_read_noted_in_and_removed(place: StoragePlace) -> None:
    records = opened(place)
    assert await records.headers(OWNER) == ()
    assert await records.read(OWNER, "web-1") is None
    for name in ("web-2", "web-1", "web-1"):
        await records.write(OWNER, document(name))
    await records.note(OWNER, "web-2", (Drift(kind="ConfigMap", name="settings", field=".data"),), "mark1")
    for known in (records, opened(place)):
        assert await known.headers(OWNER) == (RecordHeader("web-1"), RecordHeader("web-2", "mark1"))
    read = await opened(place).read(OWNER, "web-2")
    assert read is not None
    assert read["spec"] == {"revision": "web-2"}
    assert read["status"]["drift"][0]["field"] == ".data"
    assert read["metadata"]["annotations"] == {"holdfast.dev/open-drift": "mark1"}
    await records.note(OWNER, "web-2", (), "")
    await records.remove(OWNER, "web-1")
    await records.remove(OWNER, "web-1")
    assert await opened(place).headers(OWNER) == (RecordHeader("web-2"),)


@pytest.mark.real_time
async def test_a_record_that_comes_with_open_drift_keeps_its_mark(tmp_path: Path) -> None:
    place = StoragePlace(f"file://{tmp_path}/ledger")
    await opened(place).write(OWNER, document("web-1", **{"holdfast.dev/open-drift": "mark9"}))
    assert await opened(place).headers(OWNER) == (RecordHeader("web-1", "mark9"),)


@pytest.mark.real_time
async def test_applications_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    records = opened(StoragePlace(f"file://{tmp_path}/ledger"))
    await records.write(OWNER, document("web-1"))
    assert await records.headers(RecordOwner("argocd", "web", "uid-2")) == ()
    await records.write(RecordOwner("..", "../../up", "u"), document("../escape"))
    assert all("ledger" in path.parts for path in _named(tmp_path, "*escape*"))


def _named(folder: Path, pattern: str) -> list[Path]:
    return list(folder.rglob(pattern))


@pytest.mark.real_time
async def test_a_storage_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where a folder should be")
    with pytest.raises(Transient, match="ledger"):
        await opened(StoragePlace(f"file://{tmp_path}/ledger")).write(OWNER, document("web-1"))


@pytest.mark.parametrize("url", ["/srv/ledger", "file:///srv/ledger", "s3://", "s3://bucket/../other", "memory://x"])
def test_only_places_that_this_process_may_use_are_opened(url: str) -> None:
    with pytest.raises(Blocked, match="is no place for records"):
        ObjectStorages().open(StoragePlace(url))


def test_a_place_does_not_show_its_secrets() -> None:
    assert "planted" not in repr(StoragePlace("s3://bucket/x", access_key="planted", secret_key="planted"))
