"""Arguments of a template that are fields of the Rollout it is used by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import analysis_spec, run_objects
from holdfast.engine.rollout.actions import StartRun
from holdfast.model.canary import RolloutAnalysis
from holdfast.model.rollout import Rollout

ROLLOUT = msgspec.convert(
    {
        "metadata": {"name": "web", "namespace": "shop", "labels": {"env": "prod"}},
        "spec": {"strategy": {"canary": {}}},
        "status": {"stableRS": "old"},
    },
    Rollout,
)


def template(path: str, **more: Any) -> dict[str, Any]:
    return {"spec": {"args": [{"name": "env", "valueFrom": {"fieldRef": {"fieldPath": path}}, **more}], "metrics": []}}


def made(path: str, **args: str) -> Any:
    asked = msgspec.convert({"args": [{"name": name, "value": value} for name, value in args.items()]}, RolloutAnalysis)
    start = StartRun("web-1", "Step", asked, "new", 2, 1)
    return run_objects.analysis_run(ROLLOUT, start, [template(path)], stable="old")["spec"]["args"]


def test_it_is_read_when_the_run_is_made() -> None:
    assert made("metadata.labels['env']") == [{"name": "env", "value": "prod"}]
    assert made("status.stableRS") == [{"name": "env", "value": "old"}]
    assert made("metadata.labels['env']", env="given") == [{"name": "env", "value": "given"}]


def test_one_that_is_not_there_is_told_before_the_release() -> None:
    with pytest.raises(ValueError, match=r"no field spec\.absent"):
        run_objects.foreseen(ROLLOUT, RolloutAnalysis(), [template("spec.absent")])
    (later,) = run_objects.foreseen(ROLLOUT, RolloutAnalysis(), [template("status.absent")])["args"]
    assert later["value"] == run_objects.LATER


def test_without_a_rollout_there_is_none() -> None:
    with pytest.raises(ValueError, match=r"args\.env is a field of a Rollout"):
        analysis_spec.build([template("metadata.name")], [], dry_run=(), retention=())
    secret = {"name": "env", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    spec = analysis_spec.build([template("metadata.name")], [secret], dry_run=(), retention=())
    assert spec["args"] == [secret]
