"""Rendering in worker processes: limits hold, and one bad render fails alone."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.model.errors import Blocked, Transient
from holdfast.model.rendering import RenderLimits, RenderRequest
from holdfast.model.source_options import HelmOptions

MakeRequest = Callable[..., RenderRequest]
CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
pytestmark = pytest.mark.real_time


def chart(folder: str, template: str) -> dict[str, str]:
    return {f"{folder}/Chart.yaml": CHART, f"{folder}/templates/a.yaml": template}


@asynccontextmanager
async def pool(**options: Any) -> AsyncIterator[RenderPool]:
    renderer = RenderPool(open_local_tree, **options)
    try:
        yield renderer
    finally:
        await renderer.close()


def folders(work: Path) -> list[str]:
    return sorted(path.name for path in work.iterdir())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where workers make their folders."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def refusal(renderer: RenderPool, request: RenderRequest) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await renderer.render(request)
    return caught.value.reason, caught.value.message


async def test_renders_go_through_one_worker_until_the_pool_is_closed(make_request: MakeRequest, work: Path) -> None:
    async with pool(workers=1) as renderer:
        await renderer.start()
        assert len(folders(work)) == 1
        request = make_request(chart("app", GOOD))
        results = await asyncio.gather(*(renderer.render(request) for _ in range(5)))
        assert [result.objects[0]["metadata"]["name"] for result in results] == ["shop"] * 5
        assert len(folders(work)) == 1
    assert folders(work) == []


ENDLESS = "{{ range until 100000000 }}{{ range until 1000000 }}{{ end }}{{ end }}"


async def test_a_chart_that_never_ends_is_killed_and_nobody_else_waits(make_request: MakeRequest, work: Path) -> None:
    async with pool(workers=2) as renderer:
        good = make_request(chart("good", GOOD), path="good")
        endless = make_request(
            chart("endless", ENDLESS), path="endless", limits=RenderLimits(seconds=1, memory_bytes=8 << 30)
        )
        await renderer.render(good)
        hanging = asyncio.ensure_future(refusal(renderer, endless))
        await renderer.render(good)
        assert not hanging.done()
        assert await hanging == (
            "RenderTimeout",
            "rendering 'endless' took longer than 1 s and was killed: look for a loop that does not end",
        )
        await renderer.render(good)
    assert folders(work) == []


async def test_a_chart_that_grows_is_killed(make_request: MakeRequest) -> None:
    grows = '{{ $x := repeat 1000000000 "a" }}{{ $y := repeat 3 $x }}'
    async with pool() as renderer:
        request = make_request(chart("app", grows), limits=RenderLimits(memory_bytes=1 << 30))
        assert await refusal(renderer, request) == (
            "RenderOutOfMemory",
            (
                "rendering needed more than 1,024 MiB and was killed: "
                "look for a loop or a repetition that makes very long text"
            ),
        )
        await renderer.render(make_request(chart("good", GOOD), path="good"))


async def test_a_result_that_is_too_large_is_refused(make_request: MakeRequest) -> None:
    async with pool() as renderer:
        request = make_request(chart("app", 'a: {{ repeat 2000000 "a" }}'), limits=RenderLimits(output_bytes=1_000_000))
        assert await refusal(renderer, request) == (
            "ManifestTooLarge",
            "chart demo renders to 2,000,003 bytes, 1,000,000 are allowed",
        )


async def test_what_blocks_in_a_worker_blocks_here_with_the_same_words(make_request: MakeRequest) -> None:
    async with pool() as renderer:
        assert await refusal(renderer, make_request(chart("app", '{{ fail "no" }}'))) == (
            "TemplateError",
            "templates/a.yaml:1: no",
        )


async def test_a_worker_that_crashes_fails_only_its_own_render(
    make_request: MakeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opens.py").write_text(
        "import os\nfrom holdfast.adapters.rendering.local_tree import open_local_tree\n"
        "def open_tree(location):\n    if location.commit == 'crash':\n        os.write(2, b'fatal error: boom'); os.abort()\n"
        "    return open_local_tree(location)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import opens  # type: ignore[import-not-found]

    renderer = RenderPool(opens.open_tree, workers=1)
    good = make_request(chart("app", GOOD))
    bad = msgspec.structs.replace(good, location=msgspec.structs.replace(good.location, commit="crash"))
    try:
        await renderer.render(good)
        assert await refusal(renderer, bad) == ("TemplateError", "the render worker crashed: fatal error: boom")
        await renderer.render(good)
    finally:
        await renderer.close()


async def test_a_cancelled_render_leaves_no_worker_behind(make_request: MakeRequest, work: Path) -> None:
    async with pool(workers=1) as renderer:
        await renderer.start()
        endless = make_request(chart("app", ENDLESS), limits=RenderLimits(memory_bytes=8 << 30))
        task = asyncio.ensure_future(renderer.render(endless))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert folders(work) == []
        await renderer.render(make_request(chart("good", GOOD), path="good"))


async def test_what_was_rendered_once_is_not_rendered_again(
    make_request: MakeRequest, work: Path, tmp_path: Path
) -> None:
    request = make_request(chart("app", GOOD))
    async with pool(cache=RenderCache(tmp_path / "cache")) as renderer:
        first = await renderer.render(request)
    async with pool(cache=RenderCache(tmp_path / "cache")) as renderer:
        assert await renderer.render(request) == first
        assert folders(work) == []  # no worker was needed
        other = make_request({}, helm=HelmOptions(release_name="other"))
        assert (await renderer.render(other)).objects[0]["metadata"]["name"] == "other"


async def test_a_source_that_is_wrong_needs_no_worker(make_request: MakeRequest, work: Path, tmp_path: Path) -> None:
    async with pool(cache=RenderCache(tmp_path / "cache")) as renderer:
        reason, _ = await refusal(renderer, make_request({}, path="nothing"))
        assert reason == "PathNotFound"
        assert folders(work) == []


async def test_nothing_that_a_worker_prints_reaches_the_terminal(
    make_request: MakeRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    async with pool(workers=1) as renderer:
        await renderer.render(make_request({**chart("app", GOOD), "shared/x": "", "app/link": "-> ../shared/x"}))
    assert capfd.readouterr() == ("", "")


async def test_a_worker_that_cannot_start_is_transient(
    make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with pool() as renderer:
        with pytest.raises(Transient, match="the render worker does not start"):
            await renderer.render(make_request(chart("app", GOOD)))


def has_ended(pid: int) -> bool:
    try:
        return "zombie" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


async def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, signal\n"
        "from holdfast.adapters.rendering.local_tree import open_local_tree\n"
        "from holdfast.adapters.rendering.worker_process import start\n"
        "async def main():\n"
        "    worker = await start(open_local_tree, None)\n"
        "    print(worker.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    await process.wait()
    deadline = time.monotonic() + 10
    while not has_ended(pid):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert folders(tmp_path) == []
