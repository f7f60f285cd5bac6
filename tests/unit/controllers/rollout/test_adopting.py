"""`kubectl delete rollout --cascade=orphan`, and a Rollout of the same selector after it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.kube import KubeObject, labels_of, name_of, owner_references_of, uid_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Propagation
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    EXPERIMENT,
    HASH_LABEL,
    NAMESPACE_NAME,
    POD,
    REPLICA_SET,
    ROLLOUT,
    Stage,
    rollout_object,
    stage,
)
from tests.unit.controllers.rollout.test_analysis import at_analysis, judged, runs
from tests.unit.controllers.rollout.test_experiment import at_experiment

STRATEGY: dict[str, Any] = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}


async def objects(world: Stage, kind: Any) -> list[KubeObject]:
    return [live.decode() for live in (await world.cluster.list(kind, namespace=NAMESPACE_NAME)).items]


async def released_twice(world: Stage) -> None:
    await world.put(ROLLOUT, rollout_object(STRATEGY, replicas=4))
    await world.until_phase("Healthy")
    await world.set_image("web:2")
    await world.until_phase("Paused")
    await world.status({"pauseConditions": None})
    await world.until_phase("Healthy")


async def orphan(world: Stage) -> None:
    await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web", propagation=Propagation.ORPHAN)
    while await world.cluster.get(ROLLOUT, NAMESPACE_NAME, "web") is not None:
        await world.clock.sleep(0.5)
    await world.clock.sleep(5)
    assert [owner_references_of(obj) for obj in await objects(world, REPLICA_SET)] == [[], []]


async def test_the_same_version_goes_on_with_its_pods_and_its_history() -> None:
    async with stage() as world, world.controller():
        await released_twice(world)
        pods = {uid_of(pod) for pod in await objects(world, POD)}
        sets = {uid_of(obj) for obj in await objects(world, REPLICA_SET)}
        await orphan(world)
        await world.put(ROLLOUT, rollout_object(STRATEGY, replicas=4, image="web:2"))
        rollout = await world.until_phase("Healthy")
        await world.clock.sleep(60)
        found = await objects(world, REPLICA_SET)
        assert {uid_of(pod) for pod in await objects(world, POD)} == pods
        assert {uid_of(obj) for obj in found} == sets
        assert await world.sets() == {"web:1": 0, "web:2": 4}
        assert {owner["uid"] for obj in found for owner in owner_references_of(obj)} == {rollout.metadata.uid}
        assert not rollout.status.collision_count


async def test_another_version_goes_step_by_step_from_what_was_left() -> None:
    async with stage() as world, world.controller():
        await released_twice(world)
        await orphan(world)
        await world.put(ROLLOUT, rollout_object(STRATEGY, replicas=4, image="web:3"))
        await world.until_phase("Paused")
        assert await world.pods() == {"web:2": 4, "web:3": 1}
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.clock.sleep(60)
        assert await world.sets() == {"web:1": 0, "web:2": 0, "web:3": 4}
        assert await world.pods() == {"web:3": 4}


async def test_one_that_loses_its_owner_is_taken_back() -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object(STRATEGY, replicas=2))
        rollout = await world.until_phase("Healthy")
        (there,) = await objects(world, REPLICA_SET)
        await world.patch(REPLICA_SET, name_of(there), {"metadata": {"ownerReferences": None}})
        await world.clock.sleep(5)
        (found,) = await objects(world, REPLICA_SET)
        assert [owner["uid"] for owner in owner_references_of(found)] == [rollout.metadata.uid]


@pytest.mark.parametrize("whose", ["a person's", "a Deployment's", "of another selector"])
async def test_what_a_rollout_did_not_leave_is_left_alone(whose: str) -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object(STRATEGY, replicas=1))
        await world.until_phase("Healthy")
        (ours,) = await objects(world, REPLICA_SET)
        labels = {**labels_of(ours), HASH_LABEL: "other"}
        if whose == "of another selector":
            labels = dict.fromkeys(labels, "other")
        if whose == "a person's":
            del labels[HASH_LABEL]
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": True}
        owners = [owner] if whose == "a Deployment's" else []
        spec = ours["spec"]
        template = {**spec["template"], "metadata": {"labels": labels}}
        other: KubeObject = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": "other", "namespace": NAMESPACE_NAME, "labels": labels, "ownerReferences": owners},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
        }
        await world.cluster.create(REPLICA_SET, other, field_manager="person")
        await world.clock.sleep(2)
        live = await world.cluster.get(REPLICA_SET, NAMESPACE_NAME, "other")
        assert live is None or [each["kind"] for each in owner_references_of(live)] == [each["kind"] for each in owners]
        assert live is not None or whose == "a Deployment's"


async def test_a_run_that_was_left_behind_stands_in_nobodys_way() -> None:
    async with stage() as world, world.controller():
        left = await at_analysis(world)
        await world.patch(ANALYSIS_RUN, name_of(left), {"metadata": {"ownerReferences": None}})
        await world.until(lambda it: _run_of(it) == f"{name_of(left)}.1")
        while len(await runs(world)) < 2:
            await world.clock.sleep(0.5)
        await judged(world, f"{name_of(left)}.1", "Successful")
        await world.until(lambda it: it.status.current_step_index == 2)


async def test_an_experiment_that_was_left_behind_stands_in_nobodys_way() -> None:
    async with stage() as world, world.controller():
        name = (await at_experiment(world)).metadata.name
        await world.patch(EXPERIMENT, name, {"metadata": {"ownerReferences": None}})
        await world.until(lambda it: it.status.canary.current_experiment == f"{name}.1")
        while await world.cluster.get(EXPERIMENT, NAMESPACE_NAME, f"{name}.1") is None:
            await world.clock.sleep(0.5)


def _run_of(rollout: Rollout) -> str:
    found = rollout.status.canary.current_step_analysis_run_status
    return found.name if found is not None else ""
