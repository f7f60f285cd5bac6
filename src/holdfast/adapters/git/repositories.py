"""The Repositories port on git: what a revision means now, and its commit's objects on disk."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from holdfast.adapters.git import lfs, submodules
from holdfast.adapters.git.connection import connection
from holdfast.adapters.git.failures import failure
from holdfast.adapters.git.history import commits_since
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.mirror import Mirror, disk_errors
from holdfast.adapters.git.process import GitAnswer, run_git
from holdfast.adapters.git.refs import (
    Refs,
    choose,
    is_full_commit,
    is_short_commit,
    missing_revision,
    parse_refs,
    ref_of,
)
from holdfast.adapters.git.remote import Remote, remote_of
from holdfast.adapters.git.signatures import signature_of
from holdfast.adapters.git.tree import open_tree, people_of
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.filetree import FileTree, Mount, TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.model.signature import KnownKeys, Signature
from holdfast.ports.clock import Clock
from holdfast.ports.sign_in import SignIn, as_it_is
from holdfast.runtime.sharing import SharedCalls

_MOST_REMEMBERED = 10_000
_MOST_HISTORIES = 1_000
_NOT_HANDED_OUT = (
    "not our ref",
    "unadvertised object",
    "couldn't find remote ref",
    "does not support shallow",
    "dumb http transport does not support",
)
"""What servers say that give out neither single commits nor shallow histories."""


class GitRepositories:
    """Mirrors live below `directory`, which is this class's alone. `rewrites` maps prefixes of URLs to others."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock,
        rewrites: Mapping[str, str] | None = None,
        limits: GitLimits | None = None,
        sign_in: SignIn = as_it_is,
    ) -> None:
        self._directory = directory.resolve()
        self._clock = clock
        self._rewrites = dict(rewrites or {})
        self._limits = limits or GitLimits()
        self._processes = asyncio.Semaphore(self._limits.processes)
        self._mirrors: dict[str, Mirror] = {}
        self._sign_in = sign_in
        self._submodules: dict[tuple[TreeLocation, str], tuple[submodules.Submodule, ...]] = {}
        self._large: dict[TreeLocation, tuple[lfs.Pointer, ...]] = {}
        self._signatures: dict[tuple[str, KnownKeys], Signature] = {}
        self._histories: dict[tuple[str, tuple[str, ...], int], tuple[str, ...]] = {}
        self._walked: SharedCalls[tuple[str, ...]] = SharedCalls(clock)
        self._asked: SharedCalls[Refs] = SharedCalls(clock, self._limits.share_seconds)
        self._fetched: SharedCalls[str] = SharedCalls(clock)
        self._private, self._private_lock = _private_folder(self._directory)

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        """With `fresh` the remote is asked after this call; without it an answer may be `share_seconds` old."""
        remote = self._remote(access)
        revision = target_revision.strip()
        if is_full_commit(revision):
            return revision.lower()
        refs = await self._refs(remote, access, fresh=fresh)
        commit = choose(refs, revision, tag_prefix)
        if commit is None and is_short_commit(revision):
            short = revision.lower()
            commit = self._mirror(remote).find(short) or await self._fetched.call(
                (remote.address, access, short), lambda: self._find_in_history(remote, access, short, refs)
            )
        if commit is None:
            raise Blocked("RevisionNotFound", missing_revision(remote.url, refs, revision, tag_prefix))
        return commit

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        """With its submodules and files of Git LFS, where the access wants them."""
        location = await self._fetch_commit(access, commit)
        if access.enable_lfs:
            await self._bring_large(access, location)
        mounts = await self._mounts(access, location, "", 0) if access.submodules else ()
        return TreeLocation(location.repository, location.commit, mounts, access.enable_lfs)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        return await self._sign_in(access)

    async def _bring_large(self, access: RepositoryAccess, location: TreeLocation) -> None:
        wanted = self._large.get(location)
        if wanted is None:
            if len(self._large) >= _MOST_REMEMBERED:
                self._large.clear()
            url = shown_url(access.url)
            wanted = self._large[location] = await asyncio.to_thread(lfs.pointers_of, location, self._limits, url)
        if not all(pointer.is_here(location.repository) for pointer in wanted):
            key = (location, access)
            await self._fetched.call(key, lambda: self._fetch_large(access, location, wanted))

    async def _fetch_large(
        self, access: RepositoryAccess, location: TreeLocation, wanted: tuple[lfs.Pointer, ...]
    ) -> str:
        remote = self._remote(access)
        mirror = self._mirror(remote)
        access = await self._sign_in(access)
        async with self._held(mirror, remote) as lock, self._processes:
            with disk_errors(self._private), connection(remote, access, self._private) as env:
                answer = await mirror.git(
                    lfs.fetch_arguments(remote, mirror.marker(location.commit)),
                    what=f"fetching files of Git LFS of repository {remote.url}",
                    env=env,
                    keep_open=[lock],
                )
        for pointer in wanted:
            if not pointer.is_here(location.repository):
                raise lfs.failure(remote, answer) if answer.status != 0 else lfs.missing(remote, pointer)
        return location.commit

    async def _mounts(
        self, access: RepositoryAccess, location: TreeLocation, prefix: str, depth: int
    ) -> tuple[Mount, ...]:
        key = (location, access.url)
        wanted = self._submodules.get(key)
        if wanted is None:
            if len(self._submodules) >= _MOST_REMEMBERED:
                self._submodules.clear()
            wanted = self._submodules[key] = await asyncio.to_thread(submodules.submodules_of, location, access.url)
        if wanted and depth >= submodules.DEEPEST:
            raise Blocked(
                "SubmodulesTooMany", f"repository {shown_url(access.url)}: submodules in submodules, too deep"
            )
        found: list[Mount] = []
        for one in wanted:
            opened = submodules.access_to(one, access)
            there = await self._fetch_commit(opened, one.commit)
            if opened.enable_lfs:
                await self._bring_large(opened, there)
            found.append(Mount(prefix + one.path, there.repository, there.commit, opened.enable_lfs))
            found += await self._mounts(opened, there, f"{prefix}{one.path}/", depth + 1)
            if len(found) > submodules.MOST:
                raise Blocked("SubmodulesTooMany", f"repository {shown_url(access.url)}: too many submodules")
        return tuple(found)

    async def _fetch_commit(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        remote = self._remote(access)
        if not is_full_commit(commit):
            raise Blocked("RevisionNotFound", f"repository {remote.url}: {commit[:80]!r} is no full commit id")
        commit = commit.lower()
        if not await self._mirror(remote).has(commit):
            await self._fetched.call((remote.address, access, commit), lambda: self._bring(remote, access, commit))
        return TreeLocation(str(self._mirror(remote).path), commit)

    def open(self, location: TreeLocation) -> FileTree:
        return open_tree(location)

    def people(self, location: TreeLocation) -> tuple[str, ...]:
        return people_of(location)

    async def signature(self, location: TreeLocation, keys: KnownKeys) -> Signature:
        """Looked at once for each commit and set of keys."""
        known = self._signatures.get((location.commit, keys))
        if known is None:
            if len(self._signatures) >= _MOST_REMEMBERED:
                self._signatures.clear()
            known = await asyncio.to_thread(signature_of, location, keys)
            self._signatures[location.commit, keys] = known
        return known

    async def history(
        self, access: RepositoryAccess, location: TreeLocation, since: tuple[str, ...], most: int
    ) -> tuple[str, ...]:
        """Looked up once for each commit and what it is compared with."""
        key = (location.commit, since, most)
        known = self._histories.get(key)
        if known is None:
            known = await self._walked.call((key, access), lambda: self._walk(access, location.commit, since, most))
            if len(self._histories) >= _MOST_HISTORIES:
                self._histories.clear()
            self._histories[key] = known
        return known

    async def _walk(self, access: RepositoryAccess, commit: str, since: tuple[str, ...], most: int) -> tuple[str, ...]:
        """What is here may do; else the whole history of the refs is fetched, and at last that of the commit itself."""
        remote = self._remote(access)
        mirror = self._mirror(remote)
        async with self._held(mirror, remote) as lock:
            found = await commits_since(mirror, commit, since, most)
            if found is None:
                await self._bring_history(mirror, lock, remote, access)
                found = await commits_since(mirror, commit, since, most)
            if found is None:
                whole = ["--unshallow", "--", remote.address, f"+{commit}:{mirror.marker(commit)}"]
                await self._fetch(mirror, lock, remote, access, whole)
                found = await commits_since(mirror, commit, since, most)
        if found is None:
            raise Blocked("HistoryIncomplete", f"repository {remote.url} hands out no whole history of {commit}")
        return found

    async def close(self) -> None:
        """Ends what is under way and takes the private files away."""
        await self._asked.close()
        await self._fetched.close()
        await self._walked.close()
        shutil.rmtree(self._private, ignore_errors=True)
        os.close(self._private_lock)

    def _remote(self, access: RepositoryAccess) -> Remote:
        return remote_of(access.url, self._rewrites, self._directory)

    def _mirror(self, remote: Remote) -> Mirror:
        path = self._directory / remote.folder
        return self._mirrors.setdefault(remote.folder, Mirror(path, self._clock, self._limits))

    async def _refs(self, remote: Remote, access: RepositoryAccess, *, fresh: bool = False) -> Refs:
        return await self._asked.call((remote.address, access), lambda: self._ask(remote, access), fresh=fresh)

    async def _ask(self, remote: Remote, access: RepositoryAccess) -> Refs:
        access = await self._sign_in(access)
        async with self._processes:
            with disk_errors(self._private), connection(remote, access, self._private) as env:
                answer = await run_git(
                    ["ls-remote", "--", remote.address],
                    env=env,
                    seconds=self._limits.resolve_seconds,
                    output_bytes=self._limits.output_bytes,
                    what=f"asking repository {remote.url} for its refs",
                    cwd=self._private,
                )
        if answer.status != 0:
            raise failure(remote, answer.errors, answer.status)
        return parse_refs(answer.output)

    @asynccontextmanager
    async def _held(self, mirror: Mirror, remote: Remote) -> AsyncIterator[int]:
        """The mirror is ours alone, and sound."""
        try:
            async with asyncio.timeout(self._limits.fetch_seconds), mirror.locked() as lock:
                await asyncio.to_thread(mirror.prepare)
                yield lock
        except TimeoutError as error:
            message = f"repository {remote.url}: no end after {self._limits.fetch_seconds:g} s, given up"
            raise Transient("RepositoryTimeout", message) from error

    async def _bring(self, remote: Remote, access: RepositoryAccess, commit: str) -> str:
        """Asks for the commit alone, then for a ref that points at it, then for everything."""
        mirror = self._mirror(remote)
        async with self._held(mirror, remote) as lock:
            if not await mirror.has(commit):
                if not await self._bring_alone(mirror, lock, remote, access, commit):
                    await self._bring_history(mirror, lock, remote, access)
                if not mirror.marked(commit) and mirror.find(commit) is None:
                    raise Blocked("RevisionNotFound", f"repository {remote.url} has no commit {commit}")
                mirror.mark(commit)
                await mirror.tidy(lock)
        return commit

    async def _bring_alone(
        self, mirror: Mirror, lock: int, remote: Remote, access: RepositoryAccess, commit: str
    ) -> bool:
        into = mirror.marker(commit)
        shallow = ["--depth=1"]
        if await self._fetch(mirror, lock, remote, access, [*shallow, "--", remote.address, f"+{commit}:{into}"]):
            return True
        ref = ref_of(await self._refs(remote, access), commit)
        if ref and await self._fetch(mirror, lock, remote, access, [*shallow, "--", remote.address, f"+{ref}:{into}"]):
            if mirror.marked(commit):
                return True
            mirror.unmark(commit)  # the ref has moved on meanwhile
        return False

    async def _bring_history(self, mirror: Mirror, lock: int, remote: Remote, access: RepositoryAccess) -> None:
        options = ["--prune", *(["--unshallow"] if mirror.is_shallow else [])]
        everything = ["+refs/heads/*:refs/remote/heads/*", "+refs/tags/*:refs/remote/tags/*"]
        answer = await self._run_fetch(mirror, lock, remote, access, [*options, "--", remote.address, *everything])
        if answer.status != 0:
            raise _fetch_failure(mirror, remote, answer)

    async def _find_in_history(self, remote: Remote, access: RepositoryAccess, short: str, refs: Refs) -> str:
        mirror = self._mirror(remote)
        async with self._held(mirror, remote) as lock:
            await self._bring_history(mirror, lock, remote, access)
        commit = mirror.find(short)
        if commit is None:
            raise Blocked("RevisionNotFound", missing_revision(remote.url, refs, short))
        return commit

    async def _fetch(
        self, mirror: Mirror, lock: int, remote: Remote, access: RepositoryAccess, arguments: list[str]
    ) -> bool:
        """False when the server does not hand this out; raises for every other refusal."""
        answer = await self._run_fetch(mirror, lock, remote, access, arguments)
        if answer.status == 0:
            return True
        if any(words in answer.errors.lower() for words in _NOT_HANDED_OUT):
            return False
        raise _fetch_failure(mirror, remote, answer)

    async def _run_fetch(
        self, mirror: Mirror, lock: int, remote: Remote, access: RepositoryAccess, arguments: list[str]
    ) -> GitAnswer:
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"]
        access = await self._sign_in(access)
        async with self._processes:
            with disk_errors(self._private), connection(remote, access, self._private) as env:
                return await mirror.git(
                    ["fetch", *options, *arguments],
                    what=f"fetching repository {remote.url}",
                    env=env,
                    keep_open=[lock],
                )


def _fetch_failure(mirror: Mirror, remote: Remote, answer: GitAnswer) -> HoldfastError:
    error = failure(remote, answer.errors, answer.status)
    if isinstance(error, Transient) and error.reason == "RepositoryDamaged":
        mirror.condemn()
    return error


def _private_folder(directory: Path) -> tuple[Path, int]:
    """A folder for keys while git runs, locked for as long as this process lives; those of dead ones are removed."""
    with disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="private-", dir=directory))
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    for other in directory.glob("private-*"):
        if other != folder:
            _remove_unlocked(other)
    return folder, handle


def _remove_unlocked(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
