"""Plugins that are sidecars: what goes over the socket, and what is said when something is wrong with them."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from concurrent import futures
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import msgspec
import pytest

from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.plugins.known import named
from holdfast.adapters.rendering.plugins.task import Task
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.engine.render.prepare import prepare
from holdfast.model.errors import Blocked, Transient
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import PluginPlaces, RenderLimits, RenderRequest, RenderResult
from holdfast.model.source_options import Announcement, DirectoryOptions, NameValue, PluginOptions
from tests.unit.adapters.rendering.conftest import MakeRequest
from tests.unit.adapters.rendering.plugins.sidecar_server import Asked, Sidecar, running

pytestmark = pytest.mark.real_time
FILES = {"app/values.txt": "hello", "shared/more.txt": "more", "app/link": "-> ../shared/more.txt"}
NAMED = {"plugin": PluginOptions(name="cue-v1")}


def config_map(name: str, **data: str) -> str:
    return msgspec.json.encode(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    ).decode()


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Path]:
    """Short, since the path of a socket may have about a hundred characters."""
    folder = Path("/tmp") / f"hf-{abs(hash(tmp_path)) % 10**9}"
    folder.mkdir()
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.fixture
def sidecar(sockets: Path) -> Iterator[Sidecar]:
    with running(sockets, "cue-v1") as found:
        found.generate = lambda asked: [config_map("made", values=asked.files[f"{asked.path}/values.txt"])]
        yield found


def places(sockets: Path) -> PluginPlaces:
    return PluginPlaces(sockets=str(sockets))


async def render(sockets: Path, request: RenderRequest) -> RenderResult:
    return await asyncio.to_thread(
        lambda: asyncio.run(InlineRenderer(open_local_tree, plugins=places(sockets)).render(request))
    )


async def refusal(sockets: Path, request: RenderRequest) -> tuple[str, str]:
    with pytest.raises((Blocked, Transient)) as caught:
        await render(sockets, request)
    error = caught.value
    assert isinstance(error, Blocked | Transient)
    return error.reason, error.message


@asynccontextmanager
async def pool(sockets: Path, cache: Path | None = None) -> AsyncIterator[RenderPool]:
    kept = RenderCache(cache) if cache is not None else None
    renderer = RenderPool(open_local_tree, workers=2, cache=kept, plugins=places(sockets))
    try:
        yield renderer
    finally:
        await renderer.close()


def methods(sidecar: Sidecar) -> list[str]:
    return [asked.method for asked in sidecar.asked]


async def test_a_sidecar_is_given_the_repository_and_the_variables(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    options = PluginOptions(name="cue-v1", env=(NameValue(name="STAGE", value="prod"),))

    result = await render(sockets, make_request(FILES, plugin=options))

    assert (result.source_type, result.plugin) == ("Plugin", "cue-v1")
    assert result.objects[0]["data"] == {"values": "hello"}
    (asked,) = sidecar.asked
    assert (asked.method, asked.app, asked.path) == ("GenerateManifest", "shop", "app")
    assert asked.files == FILES
    assert asked.environment["ARGOCD_ENV_STAGE"] == "prod"
    assert asked.environment["ARGOCD_APP_REVISION"] == "0123456789abcdef0123456789abcdef01234567"


async def test_a_large_repository_goes_in_pieces(make_request: MakeRequest, sockets: Path, sidecar: Sidecar) -> None:
    noise = "".join(f"{number * 7919 % 100_003}\n" for number in range(300_000))

    await render(sockets, make_request({**FILES, "noise.txt": noise}, **NAMED))

    assert sidecar.asked[0].files["noise.txt"] == noise


async def test_a_source_is_discovered_by_the_sidecar_that_takes_it(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    sidecar.takes = lambda asked: f"{asked.path}/values.txt" in asked.files
    with running(sockets, "another") as other:
        other.takes = lambda asked: False
        with running(sockets, "no-rules") as without:
            assert (await render(sockets, make_request(FILES))).plugin == "cue-v1"
            files = {"plain/a.yaml": config_map("plain")}
            assert (await render(sockets, make_request(files, path="plain"))).source_type == "Directory"
            assert methods(without) == []
    assert methods(sidecar) == ["MatchRepository", "GenerateManifest", "MatchRepository"]


async def test_a_named_sidecar_with_rules_must_take_the_source(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    sidecar.takes = lambda asked: False

    request = make_request(FILES, **NAMED)
    assert (await refusal(sockets, request))[0] == "PluginNotFound"
    sidecar.takes = lambda asked: True
    assert (await render(sockets, request)).plugin == "cue-v1"


async def test_a_failure_of_the_plugin_is_told_in_its_words_without_secrets(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    def fail(asked: Asked) -> list[str]:
        raise ValueError("exit status 1: cannot reach https://joe:hunter2@vault.example: token=abcdef refused")

    sidecar.generate = fail
    reason, message = await refusal(sockets, make_request(FILES, **NAMED))

    assert reason == "PluginFailed"
    assert message == (
        "plugin cue-v1: GenerateManifest: error generating manifests: exit status 1: cannot reach "
        "https://********@vault.example: token=******** refused"
    )


async def test_a_sidecar_that_hangs_is_left_at_the_time_limit(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    sidecar.generate = lambda asked: sidecar.hang()

    began = time.monotonic()
    reason, message = await refusal(sockets, make_request(FILES, limits=RenderLimits(seconds=1), **NAMED))

    assert time.monotonic() - began < 5
    assert reason == "RenderTimeout"
    assert "GenerateManifest did not end within 1 s" in message


async def test_too_large_an_answer_is_refused(make_request: MakeRequest, sockets: Path, sidecar: Sidecar) -> None:
    sidecar.generate = lambda asked: [config_map("large", data="x" * 3_000_000)]

    reason, message = await refusal(sockets, make_request(FILES, limits=RenderLimits(output_bytes=1000), **NAMED))

    assert reason == "ManifestTooLarge"
    assert "more than 1,000 bytes" in message


async def test_a_socket_that_is_not_there_is_named_with_what_to_do(make_request: MakeRequest, sockets: Path) -> None:
    reason, message = await refusal(sockets, make_request(FILES, **NAMED))

    assert reason == "PluginNotFound"
    assert f"no socket {sockets}/cue-v1.sock" in message
    assert "Add its sidecar" in message


async def test_a_sidecar_that_is_gone_is_told_with_its_socket(make_request: MakeRequest, sockets: Path) -> None:
    leave_behind(sockets, "cue-v1")

    reason, message = await refusal(sockets, make_request(FILES, limits=RenderLimits(seconds=2), **NAMED))

    assert reason == "PluginUnavailable"
    assert f"nobody answers at its socket {sockets}/cue-v1.sock" in message
    assert "see whether the sidecar runs" in message


async def test_something_else_that_listens_there_is_told(make_request: MakeRequest, sockets: Path) -> None:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_insecure_port(f"unix:{sockets}/cue-v1.sock")
    server.start()
    try:
        reason, message = await refusal(sockets, make_request(FILES, **NAMED))
    finally:
        server.stop(0).wait()

    assert reason == "PluginFailed"
    assert "is no sidecar of Argo CD's kind" in message


async def test_a_symlink_out_of_the_repository_is_refused_before_anything_is_sent(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    reason, _ = await refusal(sockets, make_request({**FILES, "app/passwd": "-> /etc/passwd"}, **NAMED))

    assert reason == "PathEscapes"
    assert methods(sidecar) == []


async def test_parameters_are_announced(make_request: MakeRequest, sockets: Path, sidecar: Sidecar) -> None:
    sidecar.announced = [
        {"name": "replicas", "title": "Copies", "tooltip": "how many", "required": True, "itemType": "number"},
        {"name": "hosts", "collectionType": "array", "array": ["a", "b"]},
        {"name": "labels", "collectionType": "map", "map": [{"key": "tier", "value": "front"}]},
        {"name": "image", "string": "v1"},
    ]
    request = make_request(FILES, **NAMED)
    tree = open_local_tree(request.location)
    job = prepare(tree, request)
    with Task(tree, job, request.limits, app_name="shop") as task:  # type: ignore[arg-type]
        found = await asyncio.to_thread(named(places(sockets), "cue-v1").announcements, task)

    assert found == (
        Announcement(name="replicas", title="Copies", tooltip="how many", required=True, item_type="number"),
        Announcement(name="hosts", collection_type="array", array=("a", "b")),
        Announcement(name="labels", collection_type="map", map={"tier": "front"}),
        Announcement(name="image", string="v1"),
    )


async def test_one_plugin_that_hangs_keeps_no_chart_and_no_other_plugin_waiting(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    sidecar.generate = lambda asked: sidecar.hang() if asked.path == "app" else [config_map("good")]
    files = {**FILES, "good/values.txt": "", "plain/a.yaml": config_map("plain")}
    hanging = make_request(files, limits=RenderLimits(seconds=4), **NAMED)
    good = make_request({}, path="good", **NAMED)
    plain = make_request({}, path="plain")
    async with pool(sockets) as renderer:
        await renderer.render(good)
        bad = asyncio.create_task(renderer.render(hanging))
        await asyncio.sleep(0)
        began = time.monotonic()
        assert (await renderer.render(good)).objects[0]["metadata"]["name"] == "good"
        assert (await renderer.render(plain)).source_type == "Directory"
        assert time.monotonic() - began < 4
        assert not bad.done()
        with pytest.raises(Blocked) as caught:
            await bad
        assert caught.value.reason == "RenderTimeout"
        assert "plugin cue-v1" in caught.value.message


async def test_a_render_is_kept_until_the_repository_or_the_sidecar_changes(
    make_request: MakeRequest, sockets: Path, tmp_path: Path
) -> None:
    request = make_request(FILES, **NAMED)
    with running(sockets, "cue-v1") as sidecar:
        sidecar.generate = lambda asked: [config_map("made")]
        async with pool(sockets, tmp_path / "cache") as renderer:
            for _ in range(2):
                await renderer.render(request)
            assert methods(sidecar) == ["GenerateManifest"]
            (tmp_path / "repository/shared/more.txt").write_text("changed")
            await renderer.render(request)
            assert methods(sidecar) == ["GenerateManifest"] * 2
        async with pool(sockets, tmp_path / "cache") as renderer:
            await renderer.render(request)
            assert methods(sidecar) == ["GenerateManifest"] * 2
    with running(sockets, "cue-v1") as sidecar:
        sidecar.generate = lambda asked: [config_map("made")]
        async with pool(sockets, tmp_path / "cache") as renderer:
            await renderer.render(request)
            assert methods(sidecar) == ["GenerateManifest"]


async def test_named_paths_are_all_that_a_render_depends_on(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar, tmp_path: Path
) -> None:
    request = make_request({**FILES, "other/a.txt": "a"}, **NAMED)
    request = msgspec.structs.replace(
        request, plugin_files=msgspec.structs.replace(request.plugin_files, reads=("shared",))
    )
    async with pool(sockets, tmp_path / "cache") as renderer:
        await renderer.render(request)
        (tmp_path / "repository/other/a.txt").write_text("changed")
        later = msgspec.structs.replace(request.location, commit="f" * 40)
        app = NamespacedName("argocd", "shop")
        known = {app: request.location.commit}
        assert await renderer.unchanged(known, later) == {app: True}
        await renderer.render(msgspec.structs.replace(request, location=later))
        assert methods(sidecar) == ["GenerateManifest"]
        (tmp_path / "repository/shared/more.txt").write_text("changed")
        assert await renderer.unchanged(known, later) == {app: False}
        await renderer.render(request)
        assert methods(sidecar) == ["GenerateManifest"] * 2


async def test_what_was_discovered_is_kept_until_the_folder_changes(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar, tmp_path: Path
) -> None:
    sidecar.takes = lambda asked: f"{asked.path}/values.txt" in asked.files
    request = make_request({**FILES, "app/a.yaml": config_map("plain")})
    async with pool(sockets, tmp_path / "cache") as renderer:
        for _ in range(2):
            assert (await renderer.render(request)).source_type == "Plugin"
        assert methods(sidecar) == ["MatchRepository", "GenerateManifest"]
        (tmp_path / "repository/app/values.txt").unlink()
        for _ in range(2):
            assert (await renderer.render(request)).source_type == "Directory"
        assert methods(sidecar)[2:] == ["MatchRepository"]


def leave_behind(sockets: Path, name: str) -> None:
    """What a sidecar leaves that was killed."""
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(sockets / f"{name}.sock"))
    left_behind.close()


async def test_a_sidecar_that_is_away_keeps_no_other_source_from_rendering(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar, tmp_path: Path
) -> None:
    leave_behind(sockets, "away")
    request = make_request({"plain/a.yaml": config_map("plain")}, path="plain")
    sidecar.takes = lambda asked: False
    async with pool(sockets, tmp_path / "cache") as renderer:
        for _ in range(2):
            assert (await renderer.render(request)).source_type == "Directory"
        assert methods(sidecar) == ["MatchRepository"] * 2, "an answer that is not sure is not kept"
        (sockets / "away.sock").unlink()
        for _ in range(2):
            assert (await renderer.render(request)).source_type == "Directory"
        assert methods(sidecar) == ["MatchRepository"] * 3


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_source_that_a_plugin_rendered_does_not_become_plain_manifests_when_its_sidecar_is_away(
    make_request: MakeRequest, sockets: Path, tmp_path: Path, is_there: bool
) -> None:
    if is_there:
        leave_behind(sockets, "away")
    request = msgspec.structs.replace(make_request({"app/a.yaml": config_map("plain")}), was_plugin=True)

    reason, message = await refusal(sockets, request)

    assert reason == "PluginNotFound"
    assert "a plugin rendered the source, and none takes it now" in message
    async with pool(sockets, tmp_path / "cache") as renderer:
        for _ in range(2):
            with pytest.raises(Blocked):
                await renderer.render(request)
    explicit = msgspec.structs.replace(
        request, source=msgspec.structs.replace(request.source, directory=DirectoryOptions())
    )
    assert (await render(sockets, explicit)).source_type == "Directory"
