"""AppProjects that Argo CD refuses are refused, for the same reason."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.engine.access.project_rules import problems
from holdfast.model.appproject import AppProject
from tests.replay.cases import Case, load

LEFT_OUT = {"RemoveGroupFromRole": "edits a role on behalf of a command that is not there yet"}
CASES = [case for case in load("04-project-permissions.jsonl") if case["fn"] not in LEFT_OUT]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_project_gets_the_same_verdict(case: Case) -> None:
    found = problems(msgspec.convert(case["recv"], AppProject))
    for expected in case["expect"]:
        match expected["op"]:
            case "NoError":
                assert not found
            case "Error":
                assert found
            case "ErrorContains":
                assert any(expected["value"] in problem for problem in found)
            case op:
                pytest.fail(f"unknown expectation {op}")
