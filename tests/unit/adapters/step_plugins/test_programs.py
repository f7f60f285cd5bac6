"""Step plugins as real programs: what goes wrong with one is said in words that help."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.step_plugins.programs import PluginPrograms
from holdfast.model.step_plugins import Answer, Execution, Operation, PluginPhase, Question

pytestmark = pytest.mark.real_time


def program(folder: Path, body: str, name: str = "soak", mode: int = 0o755) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(mode)
    return path


def question(name: str = "soak", operation: Operation = Operation.RUN, **more: Any) -> Question:
    execution = Execution(1, name, operation, "2026-01-01T00:00:00Z", 2)
    return Question(execution, "shop", "web", **more)


async def asked(folder: Path, body: str, asks: Question | None = None, **limits: Any) -> Answer:
    program(folder, body)
    return await PluginPrograms(folder, **limits).ask(asks or question())


async def test_it_is_told_everything_and_its_answer_is_read(tmp_path: Path) -> None:
    body = """
told = {"document": json.load(sys.stdin), "arguments": sys.argv[1:]}
print(json.dumps({"phase": "Running", "message": "hm", "requeueAfter": "1m30s", "status": told}))
"""
    answer = await asked(tmp_path, body, question(operation=Operation.ABORT, config={"a": 1}, status={"b": None}))
    assert (answer.phase, answer.message) == ("Running", "hm")
    assert answer.requeue_after is not None
    assert answer.requeue_after.total_seconds() == 90
    assert answer.status == {
        "arguments": ["abort"],
        "document": {
            "rollout": {"namespace": "shop", "name": "web"},
            "step": {"index": 1, "plugin": "soak"},
            "operation": "abort",
            "startedAt": "2026-01-01T00:00:00Z",
            "execution": 2,
            "config": {"a": 1},
            "status": {"b": None},
        },
    }


async def test_a_program_that_reads_nothing_may_answer_too(tmp_path: Path) -> None:
    answer = await asked(tmp_path, 'print(\'{"phase": "Successful"}\')', question(config={"a": "x" * 1_000_000}))
    assert answer == Answer(PluginPhase.SUCCESSFUL)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('garbage')", "is no answer"),
        ("", "is nothing"),
        ("print('[]')", "is no answer"),
        ("sys.stdout.buffer.write(bytes([255, 254]))", "is no answer"),
        ("print('[' * 50000)", "is no answer"),
        ('print(\'{"phase": "Great"}\')', "Great"),
        ('print(\'{"phase": "Running", "requeueAfter": "soon"}\')', "requeueAfter"),
        ('print(\'{"phase": "Running", "status": 3}\')', "status"),
        ('print(\'{"phase": "Running", "messsage": "x"}\')', "messsage"),
        ("sys.exit('no such ticket')", "ended with 1: no such ticket"),
        ('print(\'{"phase": "Successful"}\'); sys.exit(3)', "ended with 3"),
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("print('x' * 100_000); time.sleep(60)", "wrote more than 65536 bytes and was killed"),
    ],
)
async def test_an_answer_that_is_none_is_an_error(tmp_path: Path, body: str, said: str) -> None:
    answer = await asked(tmp_path, body)
    assert answer.phase == "Error"
    assert said in answer.message
    assert "soak" in answer.message


async def test_one_that_hangs_is_killed_with_everything_that_it_started(tmp_path: Path) -> None:
    body = """
child = os.fork()
if child:
    open("child", "w").write(str(child))
time.sleep(600)
"""
    answer = await asked(tmp_path, body, seconds=2)
    assert answer == Answer(PluginPhase.ERROR, "step plugin soak did not end within 2 s and was killed")
    await until_ended(int((tmp_path / "child").read_text()))


async def test_one_whose_answer_is_not_awaited_any_more_is_killed(tmp_path: Path) -> None:
    program(tmp_path, 'open("self.tmp", "w").write(str(os.getpid())); os.rename("self.tmp", "self"); time.sleep(600)')
    asking = asyncio.create_task(PluginPrograms(tmp_path).ask(question()))
    await until((tmp_path / "self").exists)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until_ended(int((tmp_path / "self").read_text()))


async def until_ended(pid: int) -> None:
    """A zombie that nobody has fetched has ended as well."""
    await until(lambda: not is_alive(Path(f"/proc/{pid}/stat")))


def is_alive(stat: Path) -> bool:
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what another process does raises no event here
            await asyncio.sleep(0.01)


async def test_it_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "t")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    answer = await asked(tmp_path, 'print(json.dumps({"phase": "Successful", "status": dict(os.environ)}))')
    assert {"PATH", "LANG", "KUBERNETES_SERVICE_HOST"} <= set(answer.status)
    assert "SECRET_TOKEN" not in answer.status


async def test_one_that_is_not_there_or_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    programs = PluginPrograms(tmp_path)
    assert "is not there: put a program" in (await programs.ask(question())).message
    program(tmp_path, "", mode=0o644)
    if os.geteuid():
        assert "executable" in (await programs.ask(question())).message
    (tmp_path / "soak").write_text("#!/no/such/interpreter\n")
    (tmp_path / "soak").chmod(0o755)
    assert "cannot be run" in (await programs.ask(question())).message
    (tmp_path / "acme").mkdir()
    assert "is not there" in (await programs.ask(question("acme"))).message


async def test_one_of_an_owner_is_in_a_folder_of_its_own(tmp_path: Path) -> None:
    program(tmp_path, 'print(\'{"phase": "Failed", "message": "no"}\')', "acme/soak")
    assert await PluginPrograms(tmp_path).ask(question("acme/soak")) == Answer(PluginPhase.FAILED, "no")


@pytest.mark.parametrize("name", ["../outside", "/bin/true", "link", "acme/../../outside"])
async def test_nothing_leaves_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    outside = program(tmp_path, 'open("ran", "w")', "outside")
    (folder / "link").symlink_to(outside)
    answer = await PluginPrograms(folder).ask(question(name))
    assert "is not a program of" in answer.message
    assert os.listdir(folder) == ["link"]


async def test_a_link_within_the_folder_is_followed_as_mounted_config_maps_have_it(tmp_path: Path) -> None:
    program(tmp_path, 'print(\'{"phase": "Successful"}\')', "data/soak")
    (tmp_path / "soak").symlink_to("data/soak")
    assert (await PluginPrograms(tmp_path).ask(question())).phase == "Successful"
