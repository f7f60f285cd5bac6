"""The git program under a time limit and a bound on what it may say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from holdfast.adapters.git.process import run_git
from holdfast.model.errors import Blocked, Transient

pytestmark = pytest.mark.real_time


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A program named git that does what its first argument says."""
    program = tmp_path / "git"
    hang = f"sleep 50 & echo $! > {tmp_path}/child; wait"
    program.write_text(f'#!/bin/sh\ncase "$1" in\n  hang) {hang};;\n  flood) yes;;\n  *) echo "$@";;\nesac\n')
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}


async def run(env: dict[str, str], argument: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("PATH", env["PATH"])
    answer = await run_git([argument], env=env, seconds=0.5, output_bytes=1000, what="this test", cwd=Path("/"))
    return answer.output


async def test_arguments_reach_git_as_they_are(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert await run(env, "; echo $HOME", monkeypatch) == b"; echo $HOME\n"


async def test_a_hanging_git_is_ended_with_all_its_children(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Transient) as caught:
        await run(env, "hang", monkeypatch)
    assert caught.value.reason == "RepositoryTimeout"
    assert not is_running(int((tmp_path / "child").read_text()))


def is_running(pid: int) -> bool:
    """A dead process that nobody has fetched yet does not run."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


async def test_a_flood_is_cut_off(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Transient, match="larger than 1000 bytes"):
        await run(env, "flood", monkeypatch)


async def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Blocked, match="install git"):
        await run({"PATH": str(tmp_path)}, "x", monkeypatch)
