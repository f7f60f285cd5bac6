"""What `holdfast rollout create` makes and `list --watch` prints, on a sandbox cluster; and commands about the program."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast import __version__
from holdfast.cli.main import command_line, run_line
from holdfast.cli.rollout import creating, looking
from holdfast.cli.rollout.creating import CLUSTER_TEMPLATE, TEMPLATE, Source
from holdfast.engine.lang.yaml_documents import dump
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import INSTANCE_LABEL
from tests.unit.controllers.rollout.harness import ROLLOUT, rollout_object, stage

METRIC = {"name": "errors", "provider": {"web": {"url": "http://{{args.host}}"}}}


def template(name: str, kind: str = "AnalysisTemplate", **spec: object) -> KubeObject:
    metadata = {"name": name} if kind.startswith("Cluster") else {"name": name, "namespace": "shop"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


async def test_an_analysis_run_has_the_metrics_of_its_templates_and_the_values_that_were_given() -> None:
    async with stage() as world:
        inner = template("inner", "ClusterAnalysisTemplate", metrics=[{**METRIC, "name": "inner"}])
        await world.cluster.create(CLUSTER_TEMPLATE, inner, field_manager="person")
        named = [{"templateName": "inner", "clusterScope": True}]
        outer = template("outer", metrics=[METRIC], args=[{"name": "host"}], templates=named)
        await world.cluster.create(TEMPLATE, outer, field_manager="person")
        source = Source("outer", None, is_of_cluster=False)
        given = [{"name": "host", "value": "web"}]
        made = await creating._create_run(world.cluster, source, given, {}, "shop")
        assert made["metadata"]["name"].startswith("outer-")
        labels = {"labels": {INSTANCE_LABEL: "blue"}}
        of_blue = await creating._create_run(world.cluster, source, given, labels, "shop")
        assert of_blue["metadata"]["name"].startswith("outer-")
        assert of_blue["metadata"]["labels"] == {INSTANCE_LABEL: "blue"}
        assert made["spec"]["args"] == given
        assert [metric["name"] for metric in made["spec"]["metrics"]] == ["errors", "inner"]
        for values, said in (
            ([], "args.host was not resolved: give it"),
            ([{"name": "x", "value": ""}], "it has host"),
        ):
            with pytest.raises(Blocked, match=said):
                await creating._create_run(world.cluster, source, values, {}, "shop")
        with pytest.raises(Blocked, match="no clusteranalysistemplate 'outer'; there: inner"):
            await creating._create_run(world.cluster, Source("outer", None, is_of_cluster=True), [], {}, "shop")


async def test_the_objects_of_a_file_go_where_they_say_else_to_the_namespace_asked_for(tmp_path: Path) -> None:
    rollout = rollout_object({"canary": {}})
    del rollout["metadata"]["namespace"]
    file = tmp_path / "objects.yaml"
    file.write_text(f"{dump(rollout)}---\n{dump(template('smoke', metrics=[METRIC]))}", encoding="utf-8")
    async with stage() as world:
        await creating._create_all(world.cluster, creating._of_file(file), "shop")
        assert await world.cluster.get(ROLLOUT, "shop", "web") is not None
        assert await world.cluster.get(TEMPLATE, "shop", "smoke") is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create",), "say what to create"),
        (("create", "analysisrun"), "give --from NAME or --from-file FILE"),
        (("create", "analysisrun", "--from", "a", "-a", "host"), "given as NAME=VALUE, not 'host'"),
    ],
)
def test_what_is_missing_is_said(words: tuple[str, ...], said: str) -> None:
    error = CliRunner().invoke(command_line("rollout"), ["rollout", *words]).exception
    assert isinstance(error, Blocked)
    assert said in error.message


async def test_a_list_that_is_watched_tells_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    async with stage() as world:
        await world.cluster.create(ROLLOUT, rollout_object({"canary": {}}), field_manager="person")
        watched = asyncio.create_task(looking._follow(world.cluster, "shop", "web", timestamps=True, timeout=3))
        await asyncio.sleep(1)
        await world.cluster.delete(ROLLOUT, "shop", "web")
        await watched
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[:3] for line in lines[:1]] == [["TIMESTAMP", "NAMESPACE", "NAME"]]
        assert [line.split()[1:3] for line in lines[1:]] == [["shop", "web"]] * 2
        assert "gone" in lines[-1]
        await looking._follow(world.cluster, "shop", "other", timestamps=False, timeout=0.5)
        assert len(capsys.readouterr().out.splitlines()) == 1, "only the headings"


@pytest.mark.parametrize("words", [("list", "-w", "-o", "json"), ("list", "experiments", "-w")])
def test_only_the_table_of_rollouts_can_be_watched(words: tuple[str, ...]) -> None:
    error = CliRunner().invoke(command_line("rollout"), ["rollout", *words]).exception
    assert isinstance(error, Blocked)


def test_version_and_completion() -> None:
    assert CliRunner().invoke(command_line("rollout"), ["rollout", "version"]).output == f"holdfast {__version__}\n"
    script = CliRunner().invoke(command_line("rollout"), ["rollout", "completion", "bash"]).output
    assert "_HOLDFAST_COMPLETE=complete_bash" in script


def test_a_shell_is_told_the_commands_within_a_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_HOLDFAST_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "holdfast rollout pl")
    monkeypatch.setenv("COMP_CWORD", "2")
    monkeypatch.setattr("sys.argv", ["holdfast"])
    with pytest.raises(SystemExit):
        run_line([])
    assert capsys.readouterr().out.split() == ["plan"]
