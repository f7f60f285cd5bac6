"""Every recorded case about Rollouts, analyses and routers is run, or left out with the reason, and never both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.replay import (
    test_analysis,
    test_metric_providers,
    test_rollout_arithmetic,
    test_rollout_validation,
    test_traffic,
)
from tests.replay.cases import FOLDER, load
from tests.replay.rollouts_left_out import CASES_LEFT_OUT, LEFT_OUT, is_left_out

FILES = sorted(path.name for path in FOLDER.glob("07-*.jsonl"))
MODULES = (test_analysis, test_metric_providers, test_rollout_arithmetic, test_rollout_validation, test_traffic)
RUN = {case["id"] for module in MODULES for case in module.RUN}


def forgotten() -> Iterator[str]:
    for file in FILES:
        for case in load(file):
            if (case["id"] in RUN) is is_left_out(file, case):
                yield f"{file}: {case.get('fn', '')}: {case['id']}"


def test_every_case_is_run_or_left_out() -> None:
    assert list(forgotten()) == []


@pytest.mark.parametrize("file", sorted(LEFT_OUT))
def test_what_is_left_out_is_there(file: str) -> None:
    assert LEFT_OUT[file].keys() <= {case.get("fn") for case in load(file)}


def test_each_case_that_is_left_out_is_there() -> None:
    assert CASES_LEFT_OUT.keys() <= {case["id"] for file in FILES for case in load(file)}
