"""Applications as Argo CD's own tests say: in whose name they are synced, which a list shows, how sets of them are judged.

From 02-app-state, 02-api-types-calls and 06-util-argo.
"""

from __future__ import annotations

import msgspec
import pytest

from holdfast.cli.app.applications import is_selected
from holdfast.engine.access import impersonation
from holdfast.engine.health.judge import judge
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.errors import Blocked
from tests.replay.cases import Case, load

ACCOUNTS = [case for case in load("02-app-state.jsonl") if case["fn"] == "settings.DeriveServiceAccountToImpersonate"]
SETS = [
    case
    for case in load("02-api-types-calls.jsonl")
    if case["fn"] == "CalculateHealth" and "Unknown" not in str(case["expect"])
]
BY_PROJECT, BY_REPOSITORY = ("FilterByProjectsP",), ("FilterByRepo", "FilterByRepoP")
LISTED = [case for case in load("06-util-argo.jsonl") if case["fn"] in BY_PROJECT + BY_REPOSITORY]
RUN = [*ACCOUNTS, *SETS, *LISTED]


@pytest.mark.parametrize("case", ACCOUNTS, ids=lambda case: case["id"])
def test_a_sync_acts_as_the_same_account(case: Case) -> None:
    """Where nobody is named they act with the controller's own rights, and here a switch that is on is on."""
    project, app, cluster = case["args"]
    destination = {**app["spec"]["destination"], "server": cluster["server"]}
    app = {**app, "spec": {**app["spec"], "destination": destination}}
    wanted = {tuple(one["path"]): one for one in case["expect"]}
    found = msgspec.convert(app, Application), msgspec.convert(project, AppProject)
    fails = wanted.get((1,), {"op": "NoError"})["op"] != "NoError"
    if fails or wanted[(0,)]["value"] == "":
        with pytest.raises(Blocked):
            impersonation.user_of(*found)
        return
    assert impersonation.user_of(*found) == wanted[(0,)]["value"]


@pytest.mark.parametrize("case", SETS, ids=lambda case: case["id"])
def test_a_set_is_as_healthy(case: Case) -> None:
    obj = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "status": case.get("recv") or {}}
    report = judge(obj)
    assert report is not None
    for expected in case["expect"]:
        if expected["path"] == ["Status"]:
            assert report.status.value == expected["value"]["$opaque"].removeprefix("health.HealthStatus")
        else:
            assert (expected["path"], expected["op"]) == (["Message"], "Equal")
            assert report.message == expected["value"]


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case["id"])
def test_a_list_shows_as_many(case: Case) -> None:
    apps, chosen = case["args"]
    by_project = case["fn"] in BY_PROJECT
    project, repository = (",".join(chosen), "") if by_project else ("", chosen)
    found = [app for app in apps if is_selected(app, project=project, repository=repository, cluster="")]
    [expected] = case["expect"]
    assert len(found) == (0 if expected["op"] == "Empty" else expected["value"])
