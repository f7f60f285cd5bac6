"""Metrics that real programs measure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.adapters.metrics.plugin import MetricPlugins
from holdfast.adapters.metrics.sources import HttpMetricSources
from holdfast.engine.analysis.phases import Phase
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import Finding, Judged, MetricError, Reading, UnderWay
from tests.unit.adapters.metrics.answers import NOW, no_credentials

pytestmark = pytest.mark.real_time


async def measured(
    folder: Path, body: str, config: Any = None, under_way: Mapping[str, str] | None = None, **limits: Any
) -> Finding:
    path = folder / "acme" / "errors"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(0o755)
    sources = HttpMetricSources(no_credentials(), plugins=MetricPlugins(folder, **limits))
    metric = msgspec.convert({"name": "errors", "provider": {"plugin": {"acme/errors": config}}}, Metric)
    try:
        return await sources.measure(metric, namespace="shop", now=NOW, under_way=under_way or {})
    finally:
        await sources.close()


async def test_it_is_told_everything_and_its_value_is_for_the_conditions(tmp_path: Path) -> None:
    body = """
told = {"asked": json.load(sys.stdin), "arguments": sys.argv[1:], "environment": "SECRET" in os.environ}
print(json.dumps({"value": told, "metadata": {"from": "acme"}}))
"""
    found = await measured(tmp_path, body, {"query": "x"})
    assert isinstance(found, Reading)
    assert found.result == {
        "asked": {
            "metric": "errors",
            "namespace": "shop",
            "plugin": "acme/errors",
            "config": {"query": "x"},
            "status": None,
        },
        "arguments": ["measure"],
        "environment": False,
    }
    assert found.metadata == {"from": "acme"}


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        ({"value": 0.5}, Reading(0.5, "0.5")),
        ({"value": None}, Reading(None, "null")),
        ({"phase": "Failed", "value": "many", "message": "no"}, Judged(Phase.FAILED, "many", "no")),
        ({"phase": "Successful"}, Judged(Phase.SUCCESSFUL, "")),
        ({"phase": "Inconclusive", "value": [1]}, Judged(Phase.INCONCLUSIVE, "[1]")),
        ({"phase": "Running"}, UnderWay({}, timedelta(seconds=10))),
        ({"phase": "Running", "requeueAfter": "1ms"}, UnderWay({}, timedelta(seconds=1))),
    ],
)
async def test_what_it_says_is_taken(tmp_path: Path, answer: dict[str, Any], finding: Finding) -> None:
    assert await measured(tmp_path, f"print({msgspec.json.encode(answer).decode()!r})") == finding


async def test_one_that_takes_its_time_is_told_what_it_wanted_to_remember(tmp_path: Path) -> None:
    body = """
seen = (json.load(sys.stdin)["status"] or {"seen": 0})["seen"] + 1
print(json.dumps({"value": seen} if seen == 3 else {"phase": "Running", "requeueAfter": "5s", "status": {"seen": seen}}))
"""
    found, looks = await measured(tmp_path, body), 1
    while isinstance(found, UnderWay):
        assert found.again == timedelta(seconds=5)
        found, looks = await measured(tmp_path, body, under_way=found.metadata), looks + 1
    assert (found, looks) == (Reading(3, "3"), 3)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "is nothing"),
        ("print('garbage')", "is no answer"),
        ("print('{}')", "neither a value nor a phase"),
        ('print(\'{"phase": "Great"}\')', "Great"),
        ('print(\'{"phase": "Error", "message": "the store is away"}\')', "the store is away"),
        ('print(\'{"phase": "Running", "requeueAfter": "soon"}\')', "requeueAfter"),
        ('print(json.dumps({"phase": "Running", "status": {"a": "x" * 5000}}))', "larger than 4096"),
        ("sys.exit('no such query')", "metric plugin acme/errors ended with 1: no such query"),
        ("print('x' * 100_000)", "wrote more than 65536 bytes"),
    ],
)
async def test_what_is_no_answer_is_an_error(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(MetricError) as caught:
        await measured(tmp_path, body)
    assert said in str(caught.value)


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match="did not end within"):
        await measured(tmp_path, "time.sleep(600)", seconds=0.5)
