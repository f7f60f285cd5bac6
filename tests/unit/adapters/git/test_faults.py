"""A repository that fails on the way: refused, slow, cut off, moved while it is fetched, rewritten, replaced."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.model.errors import Blocked, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.git.test_http import backend_for
from tests.unit.adapters.local_http import Handler, serving

pytestmark = pytest.mark.real_time

Fault = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
SEEDS = (1, 2, 3)
STEPS = 12


async def refused(_: web.Request, __: Handler) -> web.StreamResponse:
    return web.Response(status=503, text="try again later")


async def hung_up(request: web.Request, _: Handler) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_off(request: web.Request, answer: Handler) -> web.StreamResponse:
    """Half of the answer arrives."""
    whole = await answer(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    half = web.StreamResponse(status=whole.status, headers=whole.headers)
    half.content_length = len(whole.body)
    await half.prepare(request)
    await half.write(whole.body[: len(whole.body) // 2])
    assert request.transport is not None
    request.transport.abort()
    return half


async def slow(request: web.Request, answer: Handler) -> web.StreamResponse:
    await asyncio.sleep(30)
    return await answer(request)


FAULTS: tuple[Fault, ...] = (refused, hung_up, cut_off)


class Line:
    """The way to git's own HTTP server. The next fault of `ahead` spoils the next question, None lets it pass."""

    def __init__(self, origin: Origin) -> None:
        self.ahead: Iterator[Fault | None] = iter(())
        self.before_packs: Callable[[], object] | None = None
        self._answer = backend_for(origin)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        fault = next(self.ahead, None)
        if fault is not None:
            return await fault(request, self._answer)
        body = await request.read()
        if self.before_packs is not None and b"command=fetch" in body:
            self.before_packs()
            self.before_packs = None
        return await self._answer(request)


@asynccontextmanager
async def behind(
    line: Line, mirrors: Path, *, seconds: float = 20.0
) -> AsyncIterator[tuple[GitRepositories, RepositoryAccess]]:
    limits = GitLimits(resolve_seconds=seconds, fetch_seconds=seconds, share_seconds=0)
    async with serving(line.handle) as root:
        subject = GitRepositories(mirrors, clock=SystemClock(), limits=limits)
        try:
            yield subject, RepositoryAccess(f"{root}/origin/.git")
        finally:
            await subject.close()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("passed", [0, 1, 2, 3])
async def test_what_breaks_on_the_way_is_transient_and_the_next_attempt_brings_all(
    origin: Origin, tmp_path: Path, fault: Fault, passed: int
) -> None:
    """Wherever it breaks: at the refs, at the capabilities, or within the pack."""
    (origin.path / "large").write_bytes(os.urandom(300_000))
    commit = origin.commit(a="1")
    line = Line(origin)
    line.ahead = iter([*(None,) * passed, *(fault,) * 3])
    async with behind(line, tmp_path / "mirrors") as (subject, access):
        with pytest.raises(Transient):
            await subject.fetch(access, await subject.resolve(access, "main"))
        line.ahead = iter(())
        tree = subject.open(await subject.fetch(access, await subject.resolve(access, "main")))
    assert tree.revision == commit
    assert (tree.read("a"), len(tree.read("large"))) == (b"1", 300_000)


async def test_a_host_that_is_too_slow_for_the_pack_is_given_up_and_asked_again(origin: Origin, tmp_path: Path) -> None:
    commit = origin.commit(a="1")
    line = Line(origin)
    async with behind(line, tmp_path / "mirrors", seconds=1.5) as (subject, access):
        line.ahead = iter([slow])
        with pytest.raises(Transient) as caught:
            await subject.fetch(access, commit)
        assert caught.value.reason == "RepositoryTimeout"
        assert subject.open(await subject.fetch(access, commit)).read("a") == b"1"


async def test_a_branch_that_moves_between_question_and_fetch_changes_nothing_of_the_answer(
    origin: Origin, tmp_path: Path
) -> None:
    origin.commit(a="1")
    line = Line(origin)
    async with behind(line, tmp_path / "mirrors") as (subject, access):
        asked = await subject.resolve(access, "main")
        line.before_packs = lambda: origin.commit(a="2")
        assert subject.open(await subject.fetch(access, asked)).read("a") == b"1"
        newest = await subject.resolve(access, "main", fresh=True)
        assert subject.open(await subject.fetch(access, newest)).read("a") == b"2"


async def test_a_commit_that_a_push_with_force_took_away_meanwhile_is_said_to_be_gone(
    origin: Origin, tmp_path: Path
) -> None:
    origin.commit(a="1")
    line = Line(origin)
    async with behind(line, tmp_path / "mirrors") as (subject, access):
        asked = await subject.resolve(access, "main")
        line.before_packs = lambda: rewrite(origin, "forced")
        with pytest.raises(Blocked) as caught:
            await subject.fetch(access, asked)
        assert caught.value.reason == "RevisionNotFound"
        newest = await subject.resolve(access, "main", fresh=True)
        assert subject.open(await subject.fetch(access, newest)).read("a") == b"forced"


async def test_what_was_fetched_once_outlives_the_history_that_it_came_from(origin: Origin, tmp_path: Path) -> None:
    line = Line(origin)
    old = origin.commit(a="1")
    async with behind(line, tmp_path / "mirrors") as (subject, access):
        await subject.fetch(access, old)
        rewrite(origin, "forced")
        newest = await subject.resolve(access, "main")
        assert subject.open(await subject.fetch(access, newest)).read("a") == b"forced"
        assert subject.open(await subject.fetch(access, old)).read("a") == b"1"


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_any_row_of_faults_the_newest_commit_is_had(origin: Origin, tmp_path: Path, seed: int) -> None:
    """Pushes, pushes with force and replaced repositories, some of them while a fetch is under way and fails."""
    random = Random(seed)
    line = Line(origin)
    origin.commit(a="0")
    async with behind(line, tmp_path / "mirrors") as (subject, access):
        for step in range(1, STEPS + 1):
            random.choice((push, push, rewrite, replace))(origin, str(step))
            line.ahead = iter([random.choice((None, *FAULTS)) for _ in range(random.randrange(5))])
            with suppress(Transient):
                await subject.fetch(access, await subject.resolve(access, "main", fresh=True))
            line.ahead = iter(())
            tree = subject.open(await subject.fetch(access, await subject.resolve(access, "main", fresh=True)))
            assert tree.read("a") == str(step).encode()
            assert tree.revision == origin.git("rev-parse", "main")


def push(origin: Origin, text: str) -> None:
    origin.commit(a=text)


def rewrite(origin: Origin, text: str) -> None:
    """Of all commits only a new one is left, and the old objects are cleared away."""
    origin.git("checkout", "--quiet", "--orphan", f"new-{text}")
    origin.commit(a=text)
    origin.git("branch", "--quiet", "--force", "--move", "main")
    origin.git("reflog", "expire", "--expire=now", "--all")
    origin.git("gc", "--quiet", "--prune=now")


def replace(origin: Origin, text: str) -> None:
    """Another repository stands in its place."""
    shutil.rmtree(origin.path)
    Origin(origin.path).commit(a=text)
