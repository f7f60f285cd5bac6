"""Pods of the new revision keep away from the nodes of the stable one until it is stable itself."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import canonical
from tests.unit.controllers.rollout.harness import REPLICA_SET, ROLLOUT, SERVICE, Stage, rollout_object, stage
from tests.unit.controllers.rollout.harness import service_object as service

RULES = {
    "requiredDuringSchedulingIgnoredDuringExecution": {},
    "preferredDuringSchedulingIgnoredDuringExecution": {"weight": 40},
}


async def affinities(world: Stage) -> dict[str, Any]:
    """By image."""
    found = [live.decode() for live in (await world.cluster.list(REPLICA_SET, namespace="shop")).items]
    return {
        obj["spec"]["template"]["spec"]["containers"][0]["image"]: canonical.get_path(
            obj, "spec", "template", "spec", "affinity", "podAntiAffinity"
        )
        for obj in found
    }


@pytest.mark.parametrize("rule", sorted(RULES))
async def test_a_canary_keeps_away_from_the_stable_pods(rule: str) -> None:
    async with stage() as world, world.controller():
        strategy = {"canary": {"antiAffinity": {rule: RULES[rule]}, "steps": [{"setWeight": 50}, {"pause": {}}]}}
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        stable = (await world.until_phase("Healthy")).status.stable_rs
        await world.set_image("web:2")
        await world.until_phase("Paused")
        found = (await affinities(world))["web:2"][rule]
        term = found[0] if rule.startswith("required") else found[0]["podAffinityTerm"]
        assert (len(found), term["topologyKey"]) == (1, "kubernetes.io/hostname")
        (expression,) = term["labelSelector"]["matchExpressions"]
        assert expression == {"key": "rollouts-pod-template-hash", "operator": "In", "values": [stable]}
        if rule.startswith("preferred"):
            assert found[0]["weight"] == 40


async def test_the_rule_makes_no_new_revision_of_the_same_template() -> None:
    async with stage() as world, world.controller():
        strategy = {"canary": {"antiAffinity": {next(iter(RULES)): {}}, "steps": [{"setWeight": 50}]}}
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Healthy")
        await world.clock.sleep(30)
        assert await world.sets() == {"web:1": 0, "web:2": 2}
        await world.set_image("web:1")
        await world.until(lambda it: it.status.stable_rs == it.status.current_pod_hash and it.status.phase == "Healthy")
        await world.clock.sleep(5)
        assert await world.sets() == {"web:1": 2, "web:2": 0}


async def test_a_preview_keeps_away_as_well() -> None:
    async with stage() as world, world.controller():
        await world.put(SERVICE, service("web"))
        blue_green = {
            "activeService": "web",
            "autoPromotionEnabled": False,
            "antiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}},
        }
        await world.put(ROLLOUT, rollout_object({"blueGreen": blue_green}, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        found = (await affinities(world))["web:2"]
        assert len(found["requiredDuringSchedulingIgnoredDuringExecution"]) == 1
