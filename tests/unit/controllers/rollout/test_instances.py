"""Several controllers on one cluster: each carries out what has its name."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.controllers.rollout.figures import exposition
from holdfast.controllers.tally import Tally
from holdfast.model.keys import GroupKind
from holdfast.model.kube import labels_of
from holdfast.model.names import API_VERSION, INSTANCE_LABEL
from holdfast.ports.cluster import PatchKind
from tests.unit.controllers.analysis.stage import Answers, measuring, web
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    EXPERIMENT,
    NAMESPACE_NAME,
    ROLLOUT,
    rollout_object,
    stage,
)

TEMPLATE = {
    "apiVersion": API_VERSION,
    "kind": "AnalysisTemplate",
    "metadata": {"name": "good", "namespace": NAMESPACE_NAME},
    "spec": {"metrics": [web("good", successCondition="result == 1")]},
}
STEP: dict[str, Any] = {
    "experiment": {
        "templates": [{"name": "new", "specRef": "canary"}],
        "analyses": [{"name": "good", "templateName": "good", "requiredForCompletion": True}],
    }
}


@pytest.mark.parametrize(
    ("label", "name", "is_carried_out"),
    [("", "", True), ("blue", "blue", True), ("blue", "", False), ("", "blue", False), ("blue", "green", False)],
)
async def test_who_carries_a_rollout_out(label: str, name: str, is_carried_out: bool) -> None:
    async with stage() as world, world.controller(instance_id=name):
        obj = rollout_object({"canary": {}}, replicas=2)
        obj["metadata"]["labels"] = {INSTANCE_LABEL: label} if label else {}
        await world.put(ROLLOUT, obj)
        await world.clock.sleep(30)
        assert (await world.pods() == {"web:1": 2}) is is_carried_out
        assert bool((await world.rollout()).status.phase) is is_carried_out


async def test_what_is_made_for_a_rollout_is_carried_out_by_the_same_one() -> None:
    answers = Answers(good=[1.0])
    async with stage() as world, world.controller(instance_id="blue"), measuring(world, answers, "blue"):
        await world.put(ANALYSIS_TEMPLATE, TEMPLATE)
        steps = [{"analysis": {"templates": [{"templateName": "good"}]}}, STEP]
        obj = rollout_object({"canary": {"steps": steps}}, replicas=2)
        obj["metadata"]["labels"] = {INSTANCE_LABEL: "blue"}
        await world.put(ROLLOUT, obj)
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until(lambda it: it.metadata.annotations.get("rollout.argoproj.io/revision") == "2")
        await world.until_phase("Healthy")
        for kind, count in ((ANALYSIS_RUN, 2), (EXPERIMENT, 1)):
            found = [live.decode() for live in (await world.cluster.list(kind, namespace=NAMESPACE_NAME)).items]
            assert [labels_of(one).get(INSTANCE_LABEL) for one in found] == ["blue"] * count


@pytest.mark.parametrize(
    ("label", "name", "is_told"), [("blue", "blue", True), ("blue", "", False), ("", "blue", False)]
)
async def test_monitoring_is_told_only_of_its_own(label: str, name: str, is_told: bool) -> None:
    labels = {INSTANCE_LABEL: label} if label else {}
    run = {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": {"name": "r", "namespace": NAMESPACE_NAME, "labels": labels},
        "spec": {"metrics": [web("good", successCondition="result == 1")]},
    }
    async with (
        stage() as world,
        world.controller(instance_id=name) as controller,
        measuring(world, Answers(good=[1.0]), name) as analyses,
    ):
        obj = rollout_object({"canary": {}}, replicas=2)
        obj["metadata"]["labels"] = labels
        await world.put(ROLLOUT, obj)
        await world.put(ANALYSIS_RUN, run)
        await world.clock.sleep(30)
        nobody = Tally(controller.world.store, GroupKind("", "Nobody"))
        told = exposition(controller.tally, nobody, analyses.tally)
        for line in (
            "rollout_info{",
            "rollout_reconcile_count{",
            "analysis_run_info{",
            "analysis_run_reconcile_count{",
        ):
            assert (line in told) is is_told, line


async def test_what_is_given_to_another_controller_is_counted_no_more() -> None:
    async with stage() as world, world.controller() as controller:
        await world.put(ROLLOUT, rollout_object({"canary": {}}, replicas=2))
        await world.until_phase("Healthy")
        assert controller.tally.figures
        label = {"metadata": {"labels": {INSTANCE_LABEL: "blue"}}}
        await world.cluster.patch(ROLLOUT, NAMESPACE_NAME, "web", label, PatchKind.MERGE, field_manager="t")
        await world.clock.sleep(5)
        assert not controller.tally.figures
