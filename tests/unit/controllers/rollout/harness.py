"""The real rollout controller on the sandbox with its simulators, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from holdfast.adapters.kube.client import KubeClient
from holdfast.controllers.experiment.controller import ExperimentController
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.controllers.rollout.world import FIELD_MANAGER
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.crd.definitions import definitions
from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, labels_of, name_of
from holdfast.model.names import API_VERSION
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION, EVENT, NAMESPACE
from holdfast.model.rollout import Rollout
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import PatchKind
from holdfast.ports.load_balancers import LoadBalancers
from holdfast.ports.step_plugins import StepPlugins
from holdfast.ports.transport import Transport
from holdfast.runtime.clock import LoopClock
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.simulators.start import run_simulators
from holdfast.testing.builders import resource
from tests.unit.controllers.application.harness import WatchedTransport

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACE_NAME = "shop"
ROLLOUT = resource(API_VERSION, "Rollout")
REPLICA_SET = resource("apps/v1", "ReplicaSet")
DEPLOYMENT = resource("apps/v1", "Deployment")
SERVICE = resource("v1", "Service")
POD = resource("v1", "Pod")
ANALYSIS_RUN = resource(API_VERSION, "AnalysisRun")
EXPERIMENT = resource(API_VERSION, "Experiment")
ANALYSIS_TEMPLATE = resource(API_VERSION, "AnalysisTemplate")
VIRTUAL_SERVICE = resource("networking.istio.io/v1", "VirtualService")
HASH_LABEL = "rollouts-pod-template-hash"
ISTIO = Path(__file__).resolve().parents[4] / "examples" / "crds" / "istio.yaml"
WANTED = ("rollouts", "analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments")


class Stage:
    """The cluster with its simulators, and controllers that come and go."""

    def __init__(self, server: Transport, clock: Clock) -> None:
        self.clock = clock
        self.server = server
        self.cluster = KubeClient(server, user_agent="person")
        self.transport = WatchedTransport(server)

    async def put(self, kind: ResourceType, obj: KubeObject) -> KubeObject:
        return await self.cluster.apply(kind, obj, field_manager="person")

    async def get(self, kind: ResourceType, name: str) -> KubeObject:
        found = await self.cluster.get(kind, NAMESPACE_NAME, name)
        assert found is not None, f"there is no {kind.kind} {name}"
        return found

    async def patch(self, kind: ResourceType, name: str, body: Any, **more: Any) -> None:
        await self.cluster.patch(kind, NAMESPACE_NAME, name, body, PatchKind.MERGE, field_manager="person", **more)

    async def status(self, body: dict[str, Any], name: str = "web") -> None:
        await self.patch(ROLLOUT, name, {"status": body}, subresource="status")

    async def rollout(self, name: str = "web") -> Rollout:
        return msgspec.convert(await self.get(ROLLOUT, name), Rollout)

    async def set_image(self, image: str, name: str = "web") -> None:
        obj = await self.get(ROLLOUT, name)
        template = obj["spec"]["template"]
        container = {**template["spec"]["containers"][0], "image": image}
        await self.patch(ROLLOUT, name, {"spec": {"template": {"spec": {"containers": [container]}}}})

    async def pods(self) -> dict[str, int]:
        """How many pods of each image are ready."""
        counts: dict[str, int] = {}
        for live in (await self.cluster.list(POD, namespace=NAMESPACE_NAME)).items:
            pod = live.decode()
            conditions = (pod.get("status") or {}).get("conditions") or []
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
            if ready and not live.metadata.deletion_timestamp:
                image = pod["spec"]["containers"][0]["image"]
                counts[image] = counts.get(image, 0) + 1
        return counts

    async def sets(self) -> dict[str, int]:
        """How many pods each image's ReplicaSet asks for."""
        found = [live.decode() for live in (await self.cluster.list(REPLICA_SET, namespace=NAMESPACE_NAME)).items]
        return {
            obj["spec"]["template"]["spec"]["containers"][0]["image"]: obj["spec"]["replicas"]
            for obj in found
            if HASH_LABEL in labels_of(obj)
        }

    async def selects(self, service: str) -> str:
        """The image of the pods that a service selects."""
        selector = (await self.get(SERVICE, service))["spec"]["selector"]
        for live in (await self.cluster.list(REPLICA_SET, namespace=NAMESPACE_NAME)).items:
            obj = live.decode()
            if labels_of(obj).get(HASH_LABEL) == selector.get(HASH_LABEL):
                return str(obj["spec"]["template"]["spec"]["containers"][0]["image"])
        return ""

    async def weights(self, name: str = "web") -> tuple[int, int]:
        """Of the stable and of the canary service, as the VirtualService says."""
        routes = (await self.get(VIRTUAL_SERVICE, name))["spec"]["http"]
        found = {entry["destination"]["host"]: entry.get("weight", 0) for entry in routes[-1]["route"]}
        return found[f"{name}-stable"], found[f"{name}-canary"]

    async def events(self) -> list[str]:
        listing = await self.cluster.list(EVENT, namespace=NAMESPACE_NAME)
        found = [obj.decode() for obj in listing.items]
        return [event["reason"] for event in found if event["involvedObject"]["kind"] == "Rollout"]

    async def until(self, condition: Callable[[Rollout], bool], seconds: float = 300, name: str = "web") -> Rollout:
        """Waits for a state of the Rollout."""
        ends = self.clock.monotonic() + seconds
        while True:
            found = await self.rollout(name)
            if condition(found):
                return found
            assert self.clock.monotonic() < ends, f"not within {seconds} s: {found.status}"
            await self.clock.sleep(0.5)

    async def until_phase(self, phase: str, seconds: float = 300) -> Rollout:
        return await self.until(lambda it: phase_of(it) == phase, seconds)

    @asynccontextmanager
    async def controller(
        self,
        step_plugins: StepPlugins | None = None,
        load_balancers: LoadBalancers | None = None,
        instance_id: str = "",
    ) -> AsyncIterator[RolloutController]:
        """A new process."""
        controller = RolloutController(
            cluster=KubeClient(self.transport, user_agent=FIELD_MANAGER),
            clock=self.clock,
            random=Random(1),
            step_plugins=step_plugins,
            load_balancers=load_balancers,
            instance_id=instance_id,
        )
        experiments = ExperimentController(controller, clock=self.clock, random=Random(1))
        task = asyncio.create_task(controller.run(), name="controller")
        beside = asyncio.create_task(experiments.run(), name="experiments")
        try:
            await self._unless_killed(controller.watch.synced.wait(), task)
            yield controller
        finally:
            for one in (task, beside):
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one

    async def _unless_killed(self, started: Awaitable[Any], task: asyncio.Task[None]) -> None:
        quiet = asyncio.ensure_future(started)
        killed = asyncio.ensure_future(self.transport.killed.wait())
        done, pending = await asyncio.wait({quiet, killed, task}, return_when=asyncio.FIRST_COMPLETED)
        for waiter in pending - {task}:
            waiter.cancel()
        if task in done:
            task.result()

    def survive(self) -> None:
        """From here on the writes of the next process are counted anew."""
        self.transport = WatchedTransport(self.server)


def phase_of(rollout: Rollout) -> str:
    """The phase of the spec that is there now."""
    is_seen = rollout.status.observed_generation == str(rollout.metadata.generation)
    return rollout.status.phase if is_seen else ""


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    clock = LoopClock(START)
    async with Sandbox(None, clock) as sandbox, staged(sandbox.transport, clock) as world:
        yield world


@asynccontextmanager
async def staged(server: Transport, clock: Clock, left_out: Collection[str] = ()) -> AsyncIterator[Stage]:
    """On a server that has nothing yet; `left_out` names the simulators whose work something else does there."""
    world = Stage(server, clock)
    for definition in definitions():
        if name_of(definition).partition(".")[0] in WANTED:
            await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
    for definition in load_all(ISTIO.read_text(encoding="utf-8")):
        await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE_NAME}}
    await world.cluster.create(NAMESPACE, obj, field_manager="person")
    while (await world.cluster.discover()).find(GroupKind("networking.istio.io", "VirtualService")) is None:
        await clock.sleep(0.1)
    cluster = KubeClient(server, user_agent="simulators")
    simulators = asyncio.create_task(
        run_simulators(cluster, clock, secrets_file=None, random=Random(2), left_out=left_out)
    )
    try:
        yield world
    finally:
        simulators.cancel()
        with suppress(asyncio.CancelledError):
            await simulators


def rollout_object(strategy: dict[str, Any], *, replicas: int = 10, image: str = "web:1", **spec: Any) -> KubeObject:
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
            "strategy": strategy,
            **spec,
        },
    }


def service_object(name: str) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE_NAME},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }


def virtual_service_object(name: str = "web") -> KubeObject:
    destinations = [
        {"destination": {"host": f"{name}-stable"}, "weight": 100},
        {"destination": {"host": f"{name}-canary"}, "weight": 0},
    ]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": NAMESPACE_NAME},
        "spec": {"hosts": [name], "http": [{"name": "primary", "timeout": "5s", "route": destinations}]},
    }
