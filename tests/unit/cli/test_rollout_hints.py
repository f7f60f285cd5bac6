"""What `holdfast rollout` tells beside what was asked: the command that goes on, and who puts a change back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from holdfast.cli.main import command_line
from holdfast.cli.rollout import hints
from holdfast.model.errors import Blocked
from holdfast.model.keys import ObjectKey
from holdfast.model.rollout import Rollout

RELEASE = {"stableRS": "old", "currentPodHash": "new", "observedGeneration": "2"}
PAUSED = {**RELEASE, "phase": "Paused", "currentStepIndex": 1}
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


def way_on(status: dict[str, Any]) -> str:
    strategy = {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}]}}
    metadata = {"name": "web", "namespace": "shop", "generation": 2}
    obj = {"kind": "Rollout", "metadata": metadata, "spec": {"strategy": strategy}, "status": status}
    return hints.way_on(msgspec.convert(obj, Rollout), obj)


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (
            {**PAUSED, "message": "CanaryPauseStep"},
            ["at step 2 of 2", "`holdfast rollout promote shop/web` goes on", "`holdfast rollout abort shop/web`"],
        ),
        ({**PAUSED, "message": "InconclusiveAnalysisRun"}, ["an analysis could not tell", "promote shop/web"]),
        ({**PAUSED, "message": "manually paused"}, ["`holdfast rollout promote shop/web` goes on, unless"]),
        (
            {**RELEASE, "phase": "Degraded", "abort": True},
            ["the stable version serves: `holdfast rollout retry shop/web`"],
        ),
        ({**RELEASE, "phase": "Degraded", "conditions": [LATE]}, ["`holdfast rollout abort shop/web` goes back"]),
    ],
)
def test_the_command_that_goes_on_is_told(status: dict[str, Any], parts: list[str]) -> None:
    found = way_on(status)
    assert all(part in found for part in parts), found


@pytest.mark.parametrize(
    "status",
    [
        {**RELEASE, "phase": "Progressing"},
        {**RELEASE, "phase": "Healthy"},
        {**RELEASE, "phase": "Degraded", "message": "InvalidSpec: x"},
        {**RELEASE, "phase": "Degraded", "stableRS": "new", "conditions": [LATE]},
        {**PAUSED, "message": "CanaryPauseStep", "observedGeneration": "1"},
    ],
)
def test_nothing_is_told_where_it_is_nobody_s_turn(status: dict[str, Any]) -> None:
    assert way_on(status) == ""


@pytest.mark.parametrize(
    ("annotations", "is_told"),
    [
        ({"argocd.argoproj.io/tracking-id": "site:argoproj.io/Rollout:shop/web"}, True),
        ({"argocd.argoproj.io/tracking-id": "site:argoproj.io/Rollout:shop/another"}, False),
        ({}, False),
    ],
)
def test_who_keeps_it_at_git_is_told(annotations: dict[str, str], is_told: bool) -> None:
    found = hints.kept(ObjectKey("argoproj.io", "Rollout", "shop", "web"), annotations)
    assert found.startswith("note: Application site keeps Rollout shop/web at what Git says") is is_told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["set", "image", "web", "main"], "not 'main'"),
        (["set", "image", "web", "=web:2"], "not '=web:2'"),
        (["set", "image", "web", "main=web: 2"], "not 'main=web: 2'"),
        (
            ["restart", "web", "--in", "10x"],
            "--in is a duration such as 90s, 5m or 1h, of at most ten years, not '10x'",
        ),
        (["restart", "web", "--in", "100000h"], "of at most ten years"),
        (["restart", "web", "--in", "99999999999999"], "of at most ten years"),
        (["lint"], "name one file"),
        (["plan", "a.yaml", "-f", "b.yaml"], "name one file"),
    ],
)
def test_what_is_not_understood_is_named(line: list[str], said: str) -> None:
    result = CliRunner().invoke(command_line("rollout"), ["rollout", *line])
    assert isinstance(result.exception, Blocked)
    assert said in result.exception.message


def test_a_file_is_named_as_kubectl_names_it(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("kind: Nothing\n")
    for verb in ("lint", "plan"):
        result = CliRunner().invoke(command_line("rollout"), ["rollout", verb, "-f", str(file)])
        assert isinstance(result.exception, Blocked)
        assert result.exception.reason == "NoRollout"
