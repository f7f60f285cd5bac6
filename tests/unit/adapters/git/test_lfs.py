"""Files of Git LFS, from a server of the batch API that runs in this process."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from holdfast.adapters.git import lfs, submodules
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.process import GitAnswer
from holdfast.adapters.git.remote import Remote
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.git.submodules import Submodule
from holdfast.adapters.git.tree import open_tree
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.git.test_http import backend_for
from tests.unit.adapters.git.test_submodules import link
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time
needs_lfs = pytest.mark.skipif(not shutil.which("git-lfs"), reason="the program git-lfs is not installed")

TEXT = "kind: ConfigMap\n"
HEADER = "Basic " + base64.b64encode(b"ada:s3cret").decode()


def pointer(text: str) -> str:
    oid = hashlib.sha256(text.encode()).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(text)}\n"


class LfsHost:
    """git over HTTP and Git LFS beside it, both behind the same password."""

    def __init__(self, origin: Origin, *texts: str) -> None:
        self._git = backend_for(origin, HEADER)
        self._objects = {hashlib.sha256(text.encode()).hexdigest(): text.encode() for text in texts}
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "/info/lfs/" not in request.path and not request.path.startswith("/objects/"):
            return await self._git(request)
        self.asked.append(request.path)
        if request.headers.get("Authorization") != HEADER:
            return web.Response(status=401, headers={"LFS-Authenticate": 'Basic realm="lfs"'})
        if request.path.startswith("/objects/"):
            return web.Response(body=self._objects[request.path.rpartition("/")[2]])
        said = await request.json()
        answers = [self._answer(request, one["oid"], one["size"]) for one in said["objects"]]
        body = {"transfer": "basic", "objects": answers}
        return web.json_response(body, content_type="application/vnd.git-lfs+json")

    def _answer(self, request: web.Request, oid: str, size: int) -> dict[str, Any]:
        if oid not in self._objects:
            return {"oid": oid, "size": size, "error": {"code": 404, "message": "not here"}}
        href = f"{request.scheme}://{request.host}/objects/{oid}"
        return {"oid": oid, "size": size, "actions": {"download": {"href": href}}}


@asynccontextmanager
async def repositories(folder: Path, limits: GitLimits) -> AsyncIterator[GitRepositories]:
    subject = GitRepositories(folder, clock=SystemClock(), limits=limits)
    try:
        yield subject
    finally:
        await subject.close()


def access_to(root: str, **more: Any) -> RepositoryAccess:
    return RepositoryAccess(
        f"{root}/origin/.git", **{"username": "ada", "password": "s3cret", "enable_lfs": True, **more}
    )


@needs_lfs
async def test_pointers_become_what_they_point_at(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    origin.write("app/large.yaml", pointer(TEXT))
    commit = origin.commit(plain="1")
    host = LfsHost(origin, TEXT)
    async with serving(host.handle) as root, repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(access_to(root), commit)
        tree = subject.open(location)
        assert tree.read("app/large.yaml") == TEXT.encode()
        assert tree.read("plain") == b"1"
        assert [entry.name for entry in tree.children("app")] == ["large.yaml"]
        asked = len(host.asked)
        assert await subject.fetch(access_to(root), commit) == location
        assert len(host.asked) == asked

        without = subject.open(await subject.fetch(access_to(root, enable_lfs=False), commit))
        assert without.read("app/large.yaml") == pointer(TEXT).encode()
        assert without.entry("app/large.yaml") != tree.entry("app/large.yaml")


@needs_lfs
async def test_what_is_lost_on_disk_is_fetched_again(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(large=pointer(TEXT))
    host = LfsHost(origin, TEXT)
    async with serving(host.handle) as root, repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(access_to(root), commit)
        shutil.rmtree(Path(location.repository) / "lfs")
        with pytest.raises(Transient, match="fetched anew"):
            subject.open(location).read("large")
        await subject.fetch(access_to(root), commit)
        assert subject.open(location).read("large") == TEXT.encode()


@needs_lfs
async def test_a_repository_cannot_lead_its_credentials_or_downloads_elsewhere(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    elsewhere = []

    async def other(request: web.Request) -> web.Response:
        elsewhere.append(request.path)
        return web.Response(status=500)

    host = LfsHost(origin, TEXT)
    async with serving(host.handle) as root, serving(other) as trap:
        origin.write(".lfsconfig", f"[lfs]\n\turl = {trap}/lfs\n\tfetchexclude = large\n")
        commit = origin.commit(large=pointer(TEXT))
        async with repositories(tmp_path / "mirrors", limits) as subject:
            location = await subject.fetch(access_to(root), commit)
            assert subject.open(location).read("large") == TEXT.encode()
    assert elsewhere == []


@needs_lfs
async def test_a_file_that_the_server_does_not_have_is_told(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(large=pointer(TEXT))
    async with serving(LfsHost(origin).handle) as root, repositories(tmp_path / "mirrors", limits) as subject:
        with pytest.raises((Blocked, Transient)) as caught:
            await subject.fetch(access_to(root), commit)
    assert "Git LFS" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert base64.b64encode(b"ada:s3cret").decode() not in str(caught.value)


async def test_what_is_fetched_is_bounded_before_it_is_asked_for(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commit = origin.commit(large=pointer(TEXT))
    bounds = GitLimits(resolve_seconds=20, fetch_seconds=20, share_seconds=0, lfs_bytes=len(TEXT) - 1)
    host = LfsHost(origin, TEXT)
    async with serving(host.handle) as root, repositories(tmp_path / "mirrors", bounds) as subject:
        with pytest.raises(Blocked, match=r"1 files of 16 bytes"):
            await subject.fetch(access_to(root), commit)
    assert host.asked == []


async def test_a_missing_program_is_named(
    origin: Origin, tmp_path: Path, limits: GitLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = origin.commit(large=pointer(TEXT))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        opened = RepositoryAccess(origin.url, enable_lfs=True)
        monkeypatch.setenv("PATH", str(programs))
        with pytest.raises(Blocked, match="install git-lfs") as caught:
            await subject.fetch(opened, commit)
    assert caught.value.reason == "GitLFSMissing"


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (pointer(TEXT).encode(), True),
        (b"", False),
        (b"version https://git-lfs.github.com/spec/v1\n", False),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:../../etc\nsize 1\n", False),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize -1\n", False),
        (pointer(TEXT).encode() + b"#" * 1024, False),
    ],
)
def test_only_pointers_are_pointers(content: bytes, known: bool) -> None:
    assert (lfs.pointer_of(content) is not None) is known


def test_a_file_beyond_the_bound_is_not_read(origin: Origin) -> None:
    large = pointer(TEXT).replace(f"size {len(TEXT)}", f"size {lfs.LARGEST_FILE + 1}")
    commit = origin.commit(large=large)
    repository = str(origin.path / ".git")
    with pytest.raises(Blocked, match="in Git LFS; at most"):
        open_tree(TreeLocation(repository, commit, lfs=True)).read("large")


def test_other_failures_are_tried_again() -> None:
    error = lfs.failure(Remote("https://a.example/x", "https://a.example/x"), GitAnswer(2, b"", "batch response: 503"))
    assert isinstance(error, Transient)
    assert "503" in error.message


@needs_lfs
async def test_submodules_of_the_same_host_have_their_files_too(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    library = Origin(tmp_path / "lib")
    inner = library.commit(large=pointer(TEXT))
    commit = link(origin, "lib", "../../lib/.git", inner)
    host = LfsHost(origin, TEXT)
    async with serving(host.handle) as root, repositories(tmp_path / "mirrors", limits) as subject:
        tree = subject.open(await subject.fetch(access_to(root), commit))
        assert tree.read("lib/large") == TEXT.encode()
        without = subject.open(await subject.fetch(access_to(root, enable_lfs=False), commit))
        assert without.read("lib/large") == pointer(TEXT).encode()


def test_a_submodule_of_another_host_is_asked_for_no_large_files_and_shown_no_password() -> None:
    parent = access_to("https://git.example.com")
    found = submodules.access_to(Submodule("lib", "https://git.example.org/lib.git", "0" * 40), parent)
    assert (found.enable_lfs, found.password) == (False, "")
