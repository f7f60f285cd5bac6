"""Kustomizations built by the kustomize program."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from holdfast.adapters.rendering import kustomize_tool
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RenderLimits, RenderRequest, RenderResult
from holdfast.model.source_options import KustomizeOptions

MakeRequest = Callable[..., RenderRequest]
pytestmark = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kubectl")), reason="neither kustomize nor kubectl is installed"
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {a: b}\n"
FILES = {
    "app/kustomization.yaml": "resources: [../base]\nconfigMapGenerator: [{name: made, literals: [x=y], options: {disableNameSuffixHash: true}}]\n",
    "base/kustomization.yaml": "resources: [cm.yaml]\n",
    "base/cm.yaml": "-> ../shared/cm.yaml",
    "shared/cm.yaml": CONFIG_MAP,
}


async def render(request: RenderRequest) -> RenderResult:
    return await InlineRenderer(open_local_tree).render(request)


async def refusal(request: RenderRequest) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await render(request)
    return caught.value.reason, caught.value.message


async def test_an_overlay_is_built(make_request: MakeRequest) -> None:
    result = await render(make_request(FILES))
    assert result.source_type == "Kustomize"
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in result.objects] == [
        ("ConfigMap", "base"),
        ("ConfigMap", "made"),
    ]


async def test_the_sources_changes_are_made(make_request: MakeRequest) -> None:
    options = KustomizeOptions(name_prefix="x-", namespace="there", common_annotations={"a": "b"})
    result = await render(make_request(FILES, kustomize=options))
    assert [obj["metadata"] for obj in result.objects] == [
        {"name": "x-base", "namespace": "there", "annotations": {"a": "b"}},
        {"name": "x-made", "namespace": "there", "annotations": {"a": "b"}},
    ]


async def test_what_kustomize_refuses_is_told_without_our_folders(make_request: MakeRequest) -> None:
    files = {"app/kustomization.yaml": "resources: [a.yaml]\nnamespace: 5\n", "app/a.yaml": CONFIG_MAP}
    reason, message = await refusal(make_request(files))
    assert reason == "KustomizeFailed"
    assert "namespace" in message
    assert "holdfast-kustomize" not in message
    assert "\n" not in message


async def test_a_remote_base_is_refused_before_the_program_runs(make_request: MakeRequest) -> None:
    files = {"app/kustomization.yaml": "resources: ['https://github.com/a/b?ref=v1']\n"}
    assert await refusal(make_request(files)) == (
        "KustomizeFailed",
        (
            "app/kustomization.yaml: resources: 'https://github.com/a/b?ref=v1' is remote, and builds have no network: "
            "copy it into the repository"
        ),
    )


async def test_a_file_outside_of_the_kustomization_stays_forbidden(make_request: MakeRequest) -> None:
    files = {"app/kustomization.yaml": "configMapGenerator: [{name: c, files: [../secret.txt]}]\n", "secret.txt": "s"}
    reason, message = await refusal(make_request(files))
    assert reason == "KustomizeFailed"
    assert "secret.txt' is not in or below" in message


@pytest.fixture
def as_kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(script: str) -> None:
        program = tmp_path / "bin" / "kustomize"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    return install


async def test_the_program_sees_nothing_of_our_environment(
    make_request: MakeRequest, as_kustomize: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "s")
    as_kustomize(
        "echo 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: env}\ndata:'; export | while read _ e; do echo \"  ${e%%=*}: x\"; done"
    )
    (obj,) = (await render(make_request(FILES))).objects
    assert set(obj["data"]) <= {"HOME", "TMPDIR", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "PWD", "OLDPWD"}


async def test_a_registered_version_is_built_by_its_program(make_request: MakeRequest, tmp_path: Path) -> None:
    program = tmp_path / "kustomize-5.0.0"
    program.write_text("#!/bin/sh\necho 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '$1'}'\n")
    program.chmod(0o700)
    request = make_request(FILES, kustomize=KustomizeOptions(version="v5.0.0"))
    registered = structs.replace(request, settings={"kustomize.path.v5.0.0": str(program)})
    (obj,) = (await render(registered)).objects
    assert obj["metadata"]["name"] == "build"
    gone = structs.replace(request, settings={"kustomize.path.v5.0.0": f"{program}-gone"})
    assert await refusal(gone) == (
        "KustomizeFailed",
        f"{program}-gone, which argocd-cm registers, is no program on this machine",
    )


async def test_a_program_that_does_not_know_the_mark_of_charts_leaves_none(
    make_request: MakeRequest, as_kustomize: Callable[[str], None]
) -> None:
    as_kustomize('while read -r line; do echo "$line"; done < $2/.holdfast-chart-0.yaml; echo "$line"')
    files = {
        "app/kustomization.yaml": "helmCharts: [{name: front}]\n",
        "app/charts/front/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.0.0\n",
        "app/charts/front/templates/a.yaml": CONFIG_MAP,
    }
    request = structs.replace(make_request(files), settings={"kustomize.buildOptions": "--enable-helm"})
    (obj,) = (await render(request)).objects
    assert obj["metadata"] == {"name": "base"}


async def test_a_chart_that_fails_is_named_with_its_kustomization(make_request: MakeRequest) -> None:
    files = {
        "app/kustomization.yaml": "resources: [../base]\n",
        "base/kustomization.yaml": "helmCharts: [{name: front}]\n",
        "base/charts/front/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.0.0\n",
        "base/charts/front/templates/a.yaml": '{{ fail "no level" }}',
    }
    request = structs.replace(make_request(files), settings={"kustomize.buildOptions": "--enable-helm"})
    reason, message = await refusal(request)
    assert reason == "TemplateError"
    assert message.startswith("base/kustomization.yaml: chart front: templates/a.yaml:1: no level")


async def test_a_build_that_never_ends_is_killed(
    make_request: MakeRequest, as_kustomize: Callable[[str], None]
) -> None:
    as_kustomize("while :; do :; done")
    assert await refusal(make_request(FILES, limits=RenderLimits(seconds=0.3))) == (
        "RenderTimeout",
        "kustomize took longer than 0.3 s and was killed",
    )


async def test_a_build_that_prints_too_much_is_killed(
    make_request: MakeRequest, as_kustomize: Callable[[str], None]
) -> None:
    as_kustomize("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")
    assert await refusal(make_request(FILES, limits=RenderLimits(output_bytes=100_000))) == (
        "ManifestTooLarge",
        "kustomize printed more than 100,000 bytes",
    )


async def test_without_a_program_the_message_says_what_to_install(
    make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert await refusal(make_request(FILES)) == (
        "KustomizeFailed",
        "neither kustomize nor kubectl is installed: put one of them on PATH",
    )


async def test_the_carried_program_is_unpacked_once(
    make_request: MakeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    try:
        tool = kustomize_tool.find(tmp_path / "tools")
    except Blocked:
        pytest.skip("no program is carried for this machine")
    assert stat.S_IMODE(os.stat(tool.program).st_mode) == 0o700
    assert kustomize_tool.find(tmp_path / "tools") == tool
    result = await InlineRenderer(open_local_tree, tools=tmp_path / "tools").render(make_request(FILES))
    assert len(result.objects) == 2
