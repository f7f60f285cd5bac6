"""A HorizontalPodAutoscaler, also one that KEDA makes, scales a Rollout at rest and in the middle of a canary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION
from holdfast.sandbox.simulators.horizontal_pod_autoscalers import UTILIZATION
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, ROLLOUT, Stage, rollout_object, stage
from tests.unit.controllers.rollout.test_istio import deployed

AUTOSCALER = resource("autoscaling/v2", "HorizontalPodAutoscaler")
SCALED_OBJECT = resource("keda.sh/v1alpha1", "ScaledObject")
KEDA = Path(__file__).resolve().parents[4] / "examples" / "crds" / "keda.yaml"
STEPS: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {}}]


async def autoscaler(world: Stage) -> str:
    target = {"apiVersion": API_VERSION, "kind": "Rollout", "name": "web"}
    used = {"type": "Utilization", "averageUtilization": 50}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": used}}]
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 8, "metrics": metrics}
    metadata = {"name": "web", "namespace": NAMESPACE_NAME}
    await world.put(
        AUTOSCALER, {"apiVersion": "autoscaling/v2", "kind": AUTOSCALER.kind, "metadata": metadata, "spec": spec}
    )
    return "web"


async def scaled_object(world: Stage) -> str:
    for definition in load_all(KEDA.read_text(encoding="utf-8")):
        await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
    while (await world.cluster.discover()).find(GroupKind("keda.sh", "ScaledObject")) is None:
        await world.clock.sleep(0.1)
    spec = {
        "scaleTargetRef": {"apiVersion": API_VERSION, "kind": "Rollout", "name": "web"},
        "minReplicaCount": 2,
        "maxReplicaCount": 8,
        "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "50"}}],
    }
    metadata = {"name": "web", "namespace": NAMESPACE_NAME}
    obj: KubeObject = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata, "spec": spec}
    await world.put(SCALED_OBJECT, obj)
    await world.clock.sleep(2)
    return "keda-hpa-web"


async def load(world: Stage, name: str, used: int) -> None:
    """What is measured of the pods."""
    await world.patch(AUTOSCALER, name, {"metadata": {"annotations": {UTILIZATION: f"{used}%"}}})


@pytest.mark.parametrize("scaler", [autoscaler, scaled_object], ids=["HorizontalPodAutoscaler", "ScaledObject"])
async def test_a_basic_canary_grows_and_shrinks_with_the_load(scaler: Any) -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": STEPS}}, replicas=4))
        await world.until_phase("Healthy")
        name = await scaler(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        assert await world.pods() == {"web:1": 2, "web:2": 2}
        await load(world, name, 100)
        await world.until(lambda it: it.status.available_replicas == 8)
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 4, "web:2": 4}
        await load(world, name, 10)
        await world.until(lambda it: it.spec.replicas == 2)
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 1, "web:2": 1}
        assert (await world.rollout()).status.current_step_index == 1
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        assert await world.pods() == {"web:2": 2}


async def test_a_routed_canary_grows_with_the_load_and_its_traffic_waits_for_the_pods() -> None:
    async with stage() as world, world.controller():
        await deployed(world, replicas=4, steps=STEPS)
        name = await autoscaler(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await load(world, name, 100)
        for _ in range(120):
            pods, replicas = await world.pods(), (await world.rollout()).spec.replicas or 0
            stable, canary = await world.weights()
            assert stable + canary == 100
            assert pods["web:1"] >= 4
            assert pods["web:2"] * 2 >= min(replicas, 4) * canary / 50
            await world.clock.sleep(0.5)
        assert await world.pods() == {"web:1": 8, "web:2": 4}
        assert await world.weights() == (50, 50)
