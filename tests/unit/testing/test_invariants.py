"""Each invariant of the simulation finds what it is there to find."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from holdfast.engine.plan import hooks
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.testing.builders import application_object, config_map, job
from holdfast.testing.invariants import ENGINE, Invariants, Write, backward_steps
from holdfast.testing.memory_repositories import MemoryRepositories
from holdfast.testing.simulated_git import AppPlan, SimulatedGit, Wish, placed
from holdfast.testing.simulated_manifests import Secrets

APP = AppPlan("web", "https://git.example.com/one.git", "shop", automated=True, cascades=True)
OWN = config_map(namespace="shop", annotations={Annotation.TRACKING_ID.value: "web:/ConfigMap:shop/settings"})


def watched(*wanted: KubeObject, revision: str = "c1", phase: str = "Running") -> Invariants:
    """Somebody watches a sync of `web` to a commit that wants these objects."""
    secrets = Secrets(Random(1))
    git = SimulatedGit(Random(1), MemoryRepositories(), secrets)
    keys = {placed(obj, "shop"): obj for obj in wanted}
    git.wishes["c1", "web"] = Wish(keys)
    git.ever_wanted = {placed(OWN, "shop"): {"web"}, **{key: {"web"} for key in keys}}
    found = Invariants(git, secrets, [APP])
    found.saw(Write("person", None, syncing(phase, revision=revision)))
    return found


def syncing(phase: str = "Running", *, revision: str = "c1", message: str = "") -> KubeObject:
    state = {
        "phase": phase,
        "startedAt": "2026-01-01T00:00:00Z",
        "syncResult": {"revision": revision},
        "message": message,
    }
    return {**application_object("web"), "status": {"operationState": state}}


def violated(found: Invariants) -> list[str]:
    return [each.partition(":")[0] for each in found.violations]


def test_an_own_object_may_be_applied_and_pruned() -> None:
    found = watched()
    found.saw(Write(ENGINE, None, OWN))
    found.saw(Write(ENGINE, OWN, None))
    assert found.violations == []
    assert found.engine_writes == 2


def test_what_git_wants_must_not_be_deleted() -> None:
    found = watched(OWN)
    found.saw(Write(ENGINE, OWN, None))
    assert violated(found) == ["nothing wanted is deleted"]


def test_nothing_is_pruned_outside_a_sync() -> None:
    found = watched(phase="Succeeded")
    found.saw(Write(ENGINE, OWN, None))
    assert violated(found) == ["nothing wanted is deleted"]


@pytest.mark.parametrize(
    "write",
    [
        Write(
            ENGINE, config_map("foreign", namespace="shop"), config_map("foreign", namespace="shop", data={"a": "b"})
        ),
        Write(ENGINE, config_map(namespace="shop"), None),
        Write(ENGINE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, None),
    ],
    ids=["an object nobody wants", "an object without tracking id", "a namespace"],
)
def test_what_is_foreign_must_not_be_touched(write: Write) -> None:
    found = watched()
    found.saw(write)
    assert violated(found)[0] == "nothing foreign is touched"


def test_other_people_may_do_as_they_like() -> None:
    found = watched(OWN)
    found.saw(Write("person", OWN, None))
    assert found.violations == []


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("Secret", "all done", ["phases and waves are waited for"]),
        ("Secret", "all done; from the record 1, because Git is away; Secrets were left as they are: shop/first", []),
        ("ConfigMap", "all done; from the record 1, because Git is away", ["phases and waves are waited for"]),
    ],
)
def test_an_earlier_wave_is_waited_for_unless_a_record_left_its_secret_out(
    kind: str, message: str, expected: list[str]
) -> None:
    first = {**config_map("first", namespace="shop", annotations={Annotation.SYNC_WAVE.value: "-1"}), "kind": kind}
    found = watched(first, OWN)
    found.saw(Write(ENGINE, None, OWN))
    found.saw(Write(ENGINE, syncing(), syncing("Succeeded", message=message)))
    assert violated(found) == expected


def test_a_hook_is_made_once_for_an_operation() -> None:
    found = watched()
    first = job("migrate", namespace="shop", annotations={hooks.OPERATION: "one/PreSync"})
    second = job("migrate", namespace="shop", annotations={hooks.OPERATION: "two/PreSync"})
    found.saw(Write(ENGINE, None, first))
    found.saw(Write(ENGINE, None, second))
    assert found.violations == []
    found.saw(Write(ENGINE, None, first))
    assert violated(found) == ["a hook runs once for a sync"]


def test_syncs_of_two_applications_may_begin_in_the_same_second() -> None:
    found = watched()
    for app in ("web", "pay"):
        owner = {Annotation.TRACKING_ID.value: f"{app}:batch/Job:shop/migrate"}
        found.saw(Write(ENGINE, None, job("migrate", namespace="shop", annotations={hooks.OPERATION: "one", **owner})))
    assert found.violations == []


def test_an_operation_that_was_asked_for_must_not_be_lost() -> None:
    found = watched()
    asked = {**application_object("web"), "operation": {"sync": {"prune": True}}}
    begun = {**application_object("web"), "status": {"operationState": {"operation": {"sync": {"prune": True}}}}}
    found.saw(Write(ENGINE, asked, begun))
    assert found.violations == []
    found.saw(Write(ENGINE, asked, application_object("web")))
    assert violated(found) == ["what was asked for is begun"]


@pytest.mark.parametrize("coded", [0, 1], ids=["plain", "base64"])
def test_a_secret_must_not_be_told(coded: int) -> None:
    found = watched()
    found._secrets.new()
    mark = found._secrets.marks[coded]
    found.heard(f"the value {mark} is not right")
    found.saw(Write("person", None, {**application_object("web"), "status": {"conditions": [{"message": mark}]}}))
    found.saw(Write(ENGINE, None, {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "e"}, "message": mark}))
    assert violated(found) == ["no secret is told"] * 3


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ({"history": [{"id": 1}]}, {"history": [{"id": 1}, {"id": 2}]}, 0),
        ({"history": [{"id": 1}, {"id": 2}]}, {"history": [{"id": 2}, {"id": 3}]}, 0),
        ({"history": [{"id": 5}]}, {"history": [{"id": 4}]}, 2),
        ({"history": [{"id": 5}]}, {}, 1),
        ({}, {"history": [{"id": 2}, {"id": 1}]}, 1),
        ({"reconciledAt": "2026-01-01T00:00:02Z"}, {"reconciledAt": "2026-01-01T00:00:01Z"}, 1),
        (
            {"operationState": {"startedAt": "2026-01-01T00:00:02Z", "phase": "Failed"}},
            {"operationState": {"startedAt": "2026-01-01T00:00:02Z", "phase": "Running"}},
            1,
        ),
        (
            {"operationState": {"startedAt": "2026-01-01T00:00:02Z", "phase": "Running"}},
            {"operationState": {"startedAt": "2026-01-01T00:00:01Z", "phase": "Running"}},
            1,
        ),
    ],
)
def test_a_status_must_not_go_back(before: dict[str, Any], after: dict[str, Any], steps: int) -> None:
    assert len(list(backward_steps(before, after))) == steps
