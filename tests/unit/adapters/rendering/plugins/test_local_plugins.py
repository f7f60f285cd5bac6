"""Plugins that are commands on this machine: what they see, what they may, and what is said when they fail."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.model.errors import Blocked
from holdfast.model.rendering import PluginFiles, PluginPlaces, RenderLimits, RenderResult
from holdfast.model.source_options import HelmOptions, NameValue, PluginOptions, PluginParameter
from tests.unit.adapters.rendering.conftest import MakeRequest

pytestmark = pytest.mark.real_time
Define = Callable[..., PluginPlaces]
ECHO = """
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: made}\\ndata:\\n'
env | sort | sed -e 's/^\\([A-Za-z_0-9]*\\)=\\(.*\\)$/  \\1: '"'\\2'"'/'
"""


@pytest.fixture
def define(tmp_path: Path) -> Define:
    """Writes a definition whose steps are scripts of a shell."""

    def write(name: str = "echo", *, generate: str, **spec: Any) -> PluginPlaces:
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True, exist_ok=True)
        written = {"generate": command(generate), **spec}
        text = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ConfigManagementPlugin", "metadata": {"name": name}}
        (folder / "plugin.yaml").write_text(yaml.safe_dump({**text, "spec": written}))
        return PluginPlaces(definitions=str(tmp_path / "plugins"))

    return write


def command(script: str) -> dict[str, list[str]]:
    return {"command": ["sh", "-c"], "args": [script]}


async def render(places: PluginPlaces, request: Any) -> RenderResult:
    return await InlineRenderer(open_local_tree, plugins=places).render(request)


async def refusal(places: PluginPlaces, request: Any) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await render(places, request)
    return caught.value.reason, caught.value.message


FILES = {"app/values.txt": "hello", "shared/more.txt": "more"}
NAMED = {"plugin": PluginOptions(name="echo")}


async def test_a_plugin_sees_all_variables_of_argo_cd_and_nothing_of_ours(
    make_request: MakeRequest, define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_PASSWORD", "ours")
    options = PluginOptions(
        name="echo",
        env=(NameValue(name="STAGE", value="prod-$ARGOCD_APP_NAME"),),
        parameters=(
            PluginParameter(name="image tag", string="v1"),
            PluginParameter(name="hosts", array=("a.example", "b.example")),
            PluginParameter(name="labels", map={"tier/x": "front"}),
        ),
    )
    result = await render(define(generate=ECHO), make_request(FILES, plugin=options, target_revision="main"))

    assert (result.source_type, result.plugin) == ("Plugin", "echo")
    seen = result.objects[0]["data"]
    own = {name: seen.pop(name) for name in ("PATH", "HOME", "TMPDIR", "LANG")}
    assert own["PATH"].endswith(os.environ["PATH"])
    assert own["HOME"] == own["TMPDIR"]
    parameters = msgspec.json.decode(seen.pop("ARGOCD_APP_PARAMETERS"))
    assert parameters == [
        {"name": "image tag", "string": "v1"},
        {"name": "hosts", "array": ["a.example", "b.example"]},
        {"name": "labels", "map": {"tier/x": "front"}},
    ]
    assert {name: value for name, value in seen.items() if name not in ("PWD", "_", "SHLVL", "OLDPWD")} == {
        "ARGOCD_APP_NAME": "shop",
        "ARGOCD_APP_NAMESPACE": "shop-prod",
        "ARGOCD_APP_PROJECT_NAME": "default",
        "ARGOCD_APP_REVISION": "0123456789abcdef0123456789abcdef01234567",
        "ARGOCD_APP_REVISION_SHORT": "0123456",
        "ARGOCD_APP_REVISION_SHORT_8": "01234567",
        "ARGOCD_APP_SOURCE_PATH": "app",
        "ARGOCD_APP_SOURCE_REPO_URL": "https://git.example/shop.git",
        "ARGOCD_APP_SOURCE_TARGET_REVISION": "main",
        "KUBE_VERSION": "1.31.2",
        "KUBE_API_VERSIONS": "apps/v1,keda.sh/v1alpha1",
        "ARGOCD_ENV_STAGE": "prod-shop",
        "PARAM_IMAGE_TAG": "v1",
        "PARAM_HOSTS_0": "a.example",
        "PARAM_HOSTS_1": "b.example",
        "PARAM_LABELS_TIER_X": "front",
    }


async def test_init_goes_before_generate_in_the_same_copy_which_is_thrown_away(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    places = define(
        init=command("cat ../shared/more.txt values.txt > both.txt; echo broken > values.txt"),
        generate='printf \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made"},"data":{"both":"%s"}}\' '
        '"$(cat both.txt)"',
    )
    result = await render(places, make_request(FILES, **NAMED))

    assert result.objects[0]["data"] == {"both": "morehello"}
    repository = tmp_path / "repository"
    assert sorted(str(file.relative_to(repository)) for file in repository.rglob("*.txt")) == sorted(FILES)
    assert (repository / "app/values.txt").read_text() == "hello"


async def test_programs_beside_the_definition_are_found_without_a_shell(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    places = define(generate="")
    text = (tmp_path / "plugins/echo/plugin.yaml").read_text()
    document = yaml.safe_load(text)
    document["spec"]["generate"] = {"command": ["make-it"], "args": ["$(id)"]}
    (tmp_path / "plugins/echo/plugin.yaml").write_text(yaml.safe_dump(document))
    program = tmp_path / "plugins/echo/make-it"
    program.write_text(
        '#!/bin/sh\nprintf \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made"},"data":{"one":"%s"}}\' "$1"'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    result = await render(places, make_request(FILES, **NAMED))

    assert result.objects[0]["data"] == {"one": "$(id)"}


@pytest.mark.parametrize(
    ("discover", "takes"),
    [
        ({"fileName": "./values.*"}, True),
        ({"fileName": "*.cue"}, False),
        ({"find": {"glob": "**/values.txt"}}, True),
        ({"find": {"glob": "**/*.cue"}}, False),
        ({"find": {"command": ["sh", "-c"], "args": ["ls values.txt"]}}, True),
        ({"find": {"command": ["true"]}}, False),
        ({}, False),
    ],
)
async def test_a_source_without_a_tool_is_taken_by_the_plugin_that_finds_its_files(
    make_request: MakeRequest, define: Define, discover: dict[str, Any], takes: bool
) -> None:
    files = {**FILES, "app/plain.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"}
    result = await render(define(generate=ECHO, discover=discover), make_request(files))

    assert result.source_type == ("Plugin" if takes else "Directory")


async def test_a_named_tool_is_never_given_to_a_plugin(make_request: MakeRequest, define: Define) -> None:
    places = define(generate=ECHO, discover={"fileName": "*"})
    files = {"app/Chart.yaml": "apiVersion: v2\nname: demo\nversion: 0.1.0\n", "app/templates/NOTES.txt": ""}

    assert (await render(places, make_request(files, helm=HelmOptions()))).source_type == "Helm"
    assert (await render(places, make_request(files))).source_type == "Plugin"


async def test_a_named_plugin_whose_rules_do_not_fit_is_refused(make_request: MakeRequest, define: Define) -> None:
    places = define(generate=ECHO, discover={"fileName": "*.cue"})

    reason, message = await refusal(places, make_request(FILES, **NAMED))

    assert reason == "PluginNotFound"
    assert "plugin echo does not take app" in message


async def test_an_unknown_plugin_is_named_with_those_that_are_there(make_request: MakeRequest, define: Define) -> None:
    places = define(generate=ECHO)

    reason, message = await refusal(places, make_request(FILES, plugin=PluginOptions(name="other")))
    assert reason == "PluginNotFound"
    assert "there is no plugin other" in message
    assert "known: echo" in message
    reason, message = await refusal(places, make_request(FILES, plugin=PluginOptions()))
    assert reason == "PluginNotFound"
    assert "no plugin takes the source (known: echo)" in message


async def test_a_failure_tells_command_code_and_the_end_of_what_it_said_without_secrets(
    make_request: MakeRequest, define: Define
) -> None:
    places = define(
        generate='seq 10000 >&2; echo "no such host; token was $ARGOCD_ENV_API_TOKEN, password=hunter2 '
        'https://joe:pass@git.example/x" >&2; exit 3'
    )
    options = PluginOptions(name="echo", env=(NameValue(name="API_TOKEN", value="s3cr3t-value"),))

    reason, message = await refusal(places, make_request(FILES, plugin=options))

    assert reason == "PluginFailed"
    assert message.startswith("plugin echo: generate: `sh -c seq 10000")
    assert "ended with exit code 3" in message
    assert message.endswith("no such host; token was ********, password=******** https://********@git.example/x")
    assert "s3cr3t-value" not in message
    assert len(message) < 2500


async def test_a_program_that_is_not_there_is_named(make_request: MakeRequest, define: Define, tmp_path: Path) -> None:
    places = define(generate="")
    file = tmp_path / "plugins/echo/plugin.yaml"
    file.write_text(file.read_text().replace("- sh\n", "- no-such-program\n"))

    _, message = await refusal(places, make_request(FILES, **NAMED))

    assert "exit code 127: no-such-program: No such file or directory" in message


async def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    places = define(generate=f"sleep 1000 & echo $! > {mark}; wait")

    began = time.monotonic()
    reason, message = await refusal(places, make_request(FILES, limits=RenderLimits(seconds=1), **NAMED))

    assert time.monotonic() - began < 5
    assert reason == "RenderTimeout"
    assert "plugin echo: generate" in message
    assert "did not end within 1 s" in message
    assert is_gone(int(mark.read_text()))


async def test_what_a_plugin_leaves_running_ends_with_it(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    places = define(generate=f"sleep 1000 & echo $! > {mark}")

    began = time.monotonic()
    await render(places, make_request(FILES, **NAMED))

    assert time.monotonic() - began < 5
    assert is_gone(int(mark.read_text()))


def is_gone(pid: int) -> bool:
    """Ended, though perhaps nobody has taken note yet."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


async def test_too_much_output_is_refused(make_request: MakeRequest, define: Define) -> None:
    limits = RenderLimits(output_bytes=100_000)

    reason, message = await refusal(define(generate="yes"), make_request(FILES, limits=limits, **NAMED))

    assert reason == "ManifestTooLarge"
    assert "printed more than 100,000 bytes" in message


async def test_too_much_memory_is_refused(make_request: MakeRequest, define: Define) -> None:
    limits = RenderLimits(memory_bytes=64 * 1024**2)
    hungry = 'exec python3 -c "import time; kept = [bytes([1]) * 2**24 for _ in range(3)]; time.sleep(30)"'

    several = f"({hungry}) & ({hungry}) & wait"
    reason, message = await refusal(define(generate=several), make_request(FILES, limits=limits, **NAMED))

    assert reason == "RenderOutOfMemory"
    assert "needed more than 64 MiB" in message


async def test_a_symlink_that_leads_out_of_the_repository_is_refused(make_request: MakeRequest, define: Define) -> None:
    files = {**FILES, "app/passwd": "-> ../../../../etc/passwd"}

    reason, message = await refusal(define(generate="cat passwd"), make_request(files, **NAMED))

    assert reason == "PathEscapes"
    assert "passwd" in message


async def test_only_what_is_named_and_not_excluded_is_given(make_request: MakeRequest, define: Define) -> None:
    files = {**FILES, "app/big/video.bin": "x", "other/a.txt": "a", ".git/config": "secret"}
    places = define(
        generate="cd ..; printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: made}\\ndata: {files: \"%s\"}\\n' "
        '"$(find . -type f | sort | tr "\\n" " ")"'
    )
    request = make_request(files, **NAMED)

    async def given(chosen: PluginFiles) -> list[str]:
        result = await render(places, msgspec.structs.replace(request, plugin_files=chosen))
        return str(result.objects[0]["data"]["files"]).split()

    everything = ["./app/big/video.bin", "./app/values.txt", "./other/a.txt", "./shared/more.txt"]
    assert await given(PluginFiles()) == everything
    assert await given(PluginFiles(excluded=("**/big", "other/*"))) == ["./app/values.txt", "./shared/more.txt"]
    assert await given(PluginFiles(reads=("app",))) == everything
    assert await given(PluginFiles(reads=("shared/*.txt",), only_those=True)) == [
        "./app/big/video.bin",
        "./app/values.txt",
        "./shared/more.txt",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: ConfigMap", "its kind must be ConfigManagementPlugin"),
        ("kind: ConfigManagementPlugin", "metadata.name is missing"),
        ("kind: ConfigManagementPlugin\nmetadata: {name: a}", "spec.generate.command is missing"),
        ("kind: [", "line 2"),
    ],
)
async def test_a_bad_definition_is_named(make_request: MakeRequest, tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    reason, message = await refusal(PluginPlaces(definitions=str(file)), make_request(FILES, **NAMED))

    assert reason == "PluginInvalid"
    assert message.startswith(str(file))
    assert problem in message


@pytest.mark.parametrize(
    ("generate", "reason"), [("echo 'a: ['", "ManifestInvalid"), ("echo 'a: 1'", "ManifestInvalid"), ("true", "")]
)
async def test_output_that_is_no_manifest_is_refused(
    make_request: MakeRequest, define: Define, generate: str, reason: str
) -> None:
    if not reason:
        assert (await render(define(generate=generate), make_request(FILES, **NAMED))).objects == ()
    else:
        found, message = await refusal(define(generate=generate), make_request(FILES, **NAMED))
        assert found == reason
        assert "plugin echo" in message


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"env": (NameValue(name="A=B", value="c"),)}, "illegal environment variable name"),
        ({"parameters": (PluginParameter(name="long", string="x" * 200_000),)}, "Argument list too long"),
    ],
)
async def test_variables_that_no_program_can_have_are_told(
    make_request: MakeRequest, define: Define, options: dict[str, Any], problem: str
) -> None:
    reason, message = await refusal(
        define(generate="true"), make_request(FILES, plugin=PluginOptions(name="echo", **options))
    )

    assert reason == "PluginFailed"
    assert problem in message


async def test_a_plugin_ends_with_the_worker_that_started_it(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    places = define(generate=f"sleep 1000 & echo $! > {mark}; wait")
    renderer = RenderPool(open_local_tree, workers=1, plugins=places)
    rendering = asyncio.create_task(renderer.render(make_request(FILES, **NAMED)))
    try:
        async with asyncio.timeout(20):
            while not (mark.exists() and mark.read_text().strip()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
        rendering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rendering
        assert is_gone(int(mark.read_text()))
    finally:
        await renderer.close()
