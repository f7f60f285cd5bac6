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

from holdfast.adapters.git.connection import connection
from holdfast.adapters.git.failures import failure
from holdfast.adapters.git.github_app import GitHubApps
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
from holdfast.adapters.git.tree import open_tree, people_of
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime.sharing import SharedCalls

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
    ) -> None:
        self._directory = directory.resolve()
        self._clock = clock
        self._rewrites = dict(rewrites or {})
        self._limits = limits or GitLimits()
        self._processes = asyncio.Semaphore(self._limits.processes)
        self._mirrors: dict[str, Mirror] = {}
        self._apps = GitHubApps(clock)
        self._asked: SharedCalls[Refs] = SharedCalls(clock, self._limits.share_seconds)
        self._fetched: SharedCalls[str] = SharedCalls(clock)
        self._private, self._private_lock = _private_folder(self._directory)

    async def resolve(self, access: RepositoryAccess, target_revision: str, *, fresh: bool = False) -> str:
        """With `fresh` the remote is asked after this call; without it an answer may be `share_seconds` old."""
        remote = self._remote(access)
        revision = target_revision.strip()
        if is_full_commit(revision):
            return revision.lower()
        refs = await self._refs(remote, access, fresh=fresh)
        commit = choose(refs, revision)
        if commit is None and is_short_commit(revision):
            short = revision.lower()
            commit = self._mirror(remote).find(short) or await self._fetched.call(
                (remote.address, access, short), lambda: self._find_in_history(remote, access, short, refs)
            )
        if commit is None:
            raise Blocked("RevisionNotFound", missing_revision(remote.url, refs, revision))
        return commit

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
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

    async def close(self) -> None:
        """Ends what is under way and takes the private files away."""
        await self._asked.close()
        await self._fetched.close()
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
        access = await self._apps.opened(access)
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
        access = await self._apps.opened(access)
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
