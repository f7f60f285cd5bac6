"""One bare mirror on disk: made, locked, filled, found damaged and made anew, kept small.

A commit counts as present when the ref `refs/holdfast/<commit>` says so; git writes that ref last, after the objects
have been checked, so that a process killed at any moment leaves either the whole commit or none of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pygit2

from holdfast.adapters.git.connection import bare_environment
from holdfast.adapters.git.failures import disk_full
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.process import GitAnswer, run_git
from holdfast.adapters.git.tree import DAMAGED
from holdfast.ports.clock import Clock

_MARKERS = "refs/holdfast"
_KEPT_MARKERS = 20
_KEPT_SECONDS = 24 * 3600
_LOCK_PAUSE = 0.05
_SETTINGS = (
    # All objects of a fetch arrive as one pack, which appears whole or not at all; loose ones arrive one by one.
    "fetch.unpackLimit=1",
    "transfer.unpackLimit=1",
    "fetch.fsckObjects=false",
    "core.fsync=committed",
    "gc.auto=0",
    "gc.packRefs=false",
    "maintenance.auto=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
)


class Mirror:
    """`folder` holds the lock and the bare repository `<generation>.git`.

    A mirror made anew gets another name, since libgit2 keeps what it has read of a pack by its path, for the whole
    process and for every worker.
    """

    def __init__(self, folder: Path, clock: Clock, limits: GitLimits) -> None:
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._whole: set[str] = set()

    @property
    def path(self) -> Path:
        """The bare repository of today."""
        return self._folder / f"{max(self._generations(), default=1)}.git"

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[int]:
        """The file descriptor of the lock, for git to inherit: a git that outlives its killed parent still holds it."""
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _try_lock(handle):
                await self._clock.sleep(_LOCK_PAUSE)
            yield handle
        finally:
            os.close(handle)

    def prepare(self) -> None:
        """Under the lock: whatever a killed process left behind is cleared, and a mirror that is no good made anew."""
        with disk_errors(self.path):
            if (self.path / DAMAGED).exists() or not _is_repository(self.path):
                self.remake()
            _clear_leftovers(self.path)

    def remake(self) -> None:
        self._whole.clear()
        earlier = self._generations()
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder))
        pygit2.init_repository(str(fresh), bare=True)
        shutil.rmtree(fresh / "hooks", ignore_errors=True)
        fresh.rename(self._folder / f"{max(earlier, default=0) + 1}.git")
        for generation in earlier:
            shutil.rmtree(self._folder / f"{generation}.git", ignore_errors=True)

    def _generations(self) -> list[int]:
        return [int(found.stem) for found in self._folder.glob("*.git") if found.stem.isdigit()]

    async def has(self, commit: str) -> bool:
        """Whether the whole commit is here. What an earlier process left is looked through once."""
        path = self.path
        marker = path / _MARKERS / commit
        if (path / DAMAGED).exists() or not _says(marker, commit):
            return False
        if commit not in self._whole:
            answer = await self.git(["rev-list", "--objects", "--no-walk", "--quiet", commit], what="checking a mirror")
            if answer.status != 0:
                if _says(marker, commit):  # and was not forgotten meanwhile
                    self.condemn()
                return False
            self._whole.add(commit)
        with suppress(OSError):
            os.utime(marker)
        return True

    def mark(self, commit: str) -> None:
        """Under the lock, after git has checked the commit's objects."""
        with disk_errors(self.path):
            repository = pygit2.Repository(str(self.path))
            repository.references.create(f"{_MARKERS}/{commit}", commit, force=True)
        self._whole.add(commit)

    def unmark(self, commit: str) -> None:
        (self.path / _MARKERS / commit).unlink(missing_ok=True)

    def marked(self, commit: str) -> bool:
        return _says(self.path / _MARKERS / commit, commit)

    def condemn(self) -> None:
        """Asks for a new mirror at the next fetch."""
        with suppress(OSError):
            (self.path / DAMAGED).touch()

    def marker(self, commit: str) -> str:
        return f"{_MARKERS}/{commit}"

    @property
    def is_shallow(self) -> bool:
        return bool(self.cut_off())

    def cut_off(self) -> set[str]:
        """The commits whose parents are not here, although they have some."""
        try:
            return set((self.path / "shallow").read_text(encoding="ascii").split())
        except FileNotFoundError:
            return set()

    def find(self, commit: str) -> str | None:
        """The full id of a commit (full or short) among the objects that are here."""
        try:
            found = pygit2.Repository(str(self.path))[commit]
        except (KeyError, ValueError, pygit2.GitError):
            return None  # not here, ambiguous, or not readable
        return str(found.id) if found.type == pygit2.enums.ObjectType.COMMIT else None

    async def git(
        self,
        arguments: Sequence[str],
        *,
        what: str,
        env: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> GitAnswer:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return await run_git(
            [f"--git-dir={self.path}", *settings, *arguments],
            env=bare_environment(self.path) if env is None else env,
            seconds=self._limits.fetch_seconds,
            output_bytes=self._limits.output_bytes,
            what=what,
            cwd=self.path,
            keep_open=keep_open,
        )

    async def tidy(self, lock: int) -> None:
        """Under the lock: when packs have piled up, forgets commits that nobody asked for lately and packs the rest."""
        if sum(1 for _ in (self.path / "objects" / "pack").glob("*.pack")) <= self._limits.packs:
            return
        ages = {marker: marker.stat().st_mtime for marker in (self.path / _MARKERS).iterdir()}
        newest_first = sorted(ages, key=lambda marker: ages[marker], reverse=True)
        for marker in newest_first[_KEPT_MARKERS:]:
            if ages[newest_first[0]] - ages[marker] > _KEPT_SECONDS:
                marker.unlink(missing_ok=True)
                self._whole.discard(marker.name)
        await self.git(["gc", "--quiet", "--prune=now"], what="tidying a mirror", keep_open=[lock])


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turns a full disk into the error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(str(place.parent)) from error
        raise


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_repository(path: Path) -> bool:
    try:
        return pygit2.Repository(str(path)).is_bare
    except pygit2.GitError:
        return False


def _says(marker: Path, commit: str) -> bool:
    """An empty or torn ref file, as a crash of the machine leaves it, says nothing."""
    try:
        return marker.read_text(encoding="ascii").strip() == commit
    except (OSError, UnicodeDecodeError):
        return False


def _clear_leftovers(path: Path) -> None:
    """Lock files and half packs: nobody works on them, since the mirror's lock is ours."""
    for pattern in ("*.lock", f"{_MARKERS}/*.lock", "objects/pack/tmp_*", "objects/pack/*.keep", "objects/info/*.lock"):
        for leftover in path.glob(pattern):
            leftover.unlink(missing_ok=True)
    for unfinished in path.parent.glob("new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    for pack in path.glob("objects/pack/*.pack"):
        if not pack.with_suffix(".idx").exists():
            pack.unlink()
    for marker in path.glob(f"{_MARKERS}/*"):
        if not _says(marker, marker.name):
            marker.unlink()
