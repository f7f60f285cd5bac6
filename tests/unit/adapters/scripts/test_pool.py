"""Scripts in worker processes: what cannot be counted is killed, and one bad script fails alone."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.scripts.pool import ScriptPool
from holdfast.model.errors import Blocked, Transient
from holdfast.model.scripts import Script, ScriptLimits, ScriptRun

pytestmark = pytest.mark.real_time
BACKTRACKING = "return string.find(string.rep('a', 3000), string.rep('a?', 3000) .. string.rep('a', 3000))"
HEALTHY = "return {status = 'Healthy'}"


def ask(text: str, obj: dict[str, Any] | None = None, **limits: Any) -> ScriptRun:
    return ScriptRun(Script("the.key", text), obj or {}, limits=ScriptLimits(**limits))


@asynccontextmanager
async def pool(**options: Any) -> AsyncIterator[ScriptPool]:
    scripts = ScriptPool(**options)
    try:
        yield scripts
    finally:
        await scripts.close()


async def refusal(scripts: ScriptPool, run: ScriptRun) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await scripts.run(run)
    return caught.value.reason, caught.value.message


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where workers make their folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_one_worker_answers_all(work: Path) -> None:
    async with pool() as scripts:
        await scripts.start()
        answers = await asyncio.gather(*(scripts.run(ask("return obj.n", {"n": number})) for number in range(20)))
        assert answers == list(range(20))
        assert len(os.listdir(work)) == 1
    assert os.listdir(work) == []


async def test_a_pattern_that_backtracks_is_killed_and_the_next_script_runs() -> None:
    async with pool(workers=2) as scripts:
        await scripts.run(ask(HEALTHY))
        endless = asyncio.ensure_future(refusal(scripts, ask(BACKTRACKING, seconds=0.5)))
        assert await scripts.run(ask(HEALTHY)) == {"status": "Healthy"}
        assert await endless == (
            "ScriptTimeout",
            (
                "the.key: the script took longer than 0.5 s and was killed: "
                "look for a loop or a text pattern that does not end"
            ),
        )
        assert await scripts.run(ask(HEALTHY)) == {"status": "Healthy"}


async def test_a_caught_lack_of_memory_is_killed_too() -> None:
    text = "local s = 'x' while true do pcall(function() s = s .. s end) end"
    async with pool() as scripts:
        assert (await refusal(scripts, ask(text, seconds=0.5)))[0] == "ScriptTimeout"


async def test_an_answer_that_is_too_large_is_refused() -> None:
    async with pool() as scripts:
        run = ask("return string.rep('x', 5000)", answer_bytes=1000)
        assert (await refusal(scripts, run))[0] == "ScriptAnswerTooLarge"
        assert await scripts.run(ask("return 1")) == 1


async def test_what_blocks_in_a_worker_blocks_here_with_the_same_words() -> None:
    async with pool() as scripts:
        assert await refusal(scripts, ask("error('no', 0)")) == ("ScriptFailed", "the.key: no")


async def test_an_object_that_is_no_json_is_refused() -> None:
    async with pool() as scripts:
        assert (await refusal(scripts, ask("return 1", {"n": object()})))[0] == "ScriptFailed"
        assert (await refusal(scripts, ask("return 1", {"n": 2**70})))[0] == "ScriptFailed"


async def test_a_cancelled_script_leaves_no_worker_behind(work: Path) -> None:
    async with pool() as scripts:
        await scripts.start()
        task = asyncio.ensure_future(scripts.run(ask(BACKTRACKING, seconds=30)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert os.listdir(work) == []


async def test_a_script_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SECRET", "x")
    async with pool() as scripts:
        assert await scripts.run(ask("return tostring(os.getenv)")) == "nil"


async def test_a_worker_that_cannot_start_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with pool() as scripts:
        with pytest.raises(Transient, match="the script worker does not start"):
            await scripts.run(ask(HEALTHY))
