"""A StatefulSet or DaemonSet with a Rollout that releases it, on the stage."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import API_VERSION
from holdfast.model.rollout import Rollout
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, POD, ROLLOUT, Stage

KINDS = {kind: resource("apps/v1", kind) for kind in ("StatefulSet", "DaemonSet")}
NODE = resource("v1", "Node", namespaced=False)
STEPS = [{"setWeight": 50}, {"pause": {}}, {"setWeight": 100}]


def workload_object(kind: str, image: str = "db:1", **spec: Any) -> KubeObject:
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": "db"}}, "template": template, **spec}
    if kind == "StatefulSet":
        spec = {"replicas": 4, "serviceName": "db", **spec}
    metadata = {"name": "db", "namespace": NAMESPACE_NAME}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def releasing(kind: str, steps: list[Any] | None = None, **spec: Any) -> KubeObject:
    canary = {"steps": STEPS if steps is None else steps, **spec.pop("canary", {})}
    spec = {
        "workloadRef": {"apiVersion": "apps/v1", "kind": kind, "name": "db"},
        "strategy": {"canary": canary},
        **spec,
    }
    metadata = {"name": "db", "namespace": NAMESPACE_NAME}
    return {"apiVersion": API_VERSION, "kind": "Rollout", "metadata": metadata, "spec": spec}


class Deployed:
    """The workload is of four pods; a DaemonSet's are on four nodes."""

    def __init__(self, world: Stage, kind: str) -> None:
        self.world = world
        self.kind = kind

    async def start(self, steps: list[Any] | None = None, **spec: Any) -> None:
        there = await self.world.cluster.list(NODE)
        for number in range(len(there.items), 4):
            labels = {"node.kubernetes.io/instance-type": "sandbox"}
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}", "labels": labels}}
            await self.world.cluster.create(NODE, node, field_manager="person")
        await self.world.put(KINDS[self.kind], workload_object(self.kind))
        await self.world.put(ROLLOUT, releasing(self.kind, steps, **spec))
        await self.until_phase("Healthy")

    async def commit(self, image: str) -> None:
        """As a deployment from Git: the template, and nothing of how it is released."""
        await self.world.put(KINDS[self.kind], workload_object(self.kind, image))

    async def rollout(self) -> Rollout:
        return await self.world.rollout("db")

    async def status(self, **fields: Any) -> None:
        await self.world.status(fields, "db")

    async def until_phase(self, phase: str, seconds: float = 300) -> Rollout:
        return await self.world.until(lambda it: it.status.phase == phase, seconds, "db")

    async def until_pods(self, seconds: float = 300, **expected: int) -> None:
        wanted = {f"db:{version.removeprefix('v')}": count for version, count in expected.items()}
        ends = self.world.clock.monotonic() + seconds
        while (found := await self.world.pods()) != wanted:
            assert self.world.clock.monotonic() < ends, f"there are {found}, wanted were {wanted}"
            await self.world.clock.sleep(0.5)

    async def ready(self) -> int:
        return sum((await self.world.pods()).values())

    async def images(self) -> dict[str, str]:
        """Of each pod that is there, by name."""
        listing = await self.world.cluster.list(POD, namespace=NAMESPACE_NAME)
        pods = [live.decode() for live in listing.items if not live.metadata.deletion_timestamp]
        return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in pods}

    async def uids(self) -> set[str]:
        return {live.metadata.uid for live in (await self.world.cluster.list(POD, namespace=NAMESPACE_NAME)).items}

    async def workload(self) -> KubeObject:
        return await self.world.get(KINDS[self.kind], "db")

    async def strategy(self) -> Any:
        return (await self.workload())["spec"]["updateStrategy"]

    async def promote(self) -> None:
        await self.world.status({"pauseConditions": None}, "db")

    async def annotations(self) -> dict[str, str]:
        return annotations_of(await self.workload())
