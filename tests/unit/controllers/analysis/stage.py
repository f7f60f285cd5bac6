"""The real analysis controller, and where asked the rollout controller, on the sandbox in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from random import Random
from typing import Any

from holdfast.adapters.kube.client import KubeClient
from holdfast.controllers.analysis.controller import AnalysisController
from holdfast.controllers.world import FIELD_MANAGER
from holdfast.model.analysis import Metric
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION
from holdfast.ports.metrics import Finding, Judged, MetricError, Reading, UnderWay
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, NAMESPACE_NAME, Stage

JOB = resource("batch/v1", "Job")
SECRET = resource("v1", "Secret")


class Answers:
    """A system that measures: says for each metric one answer after the other, the last one again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self.asked: list[Metric] = []
        self.resumed: list[dict[str, str]] = []

    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] | None = None
    ) -> Finding:
        self.asked.append(metric)
        said = self._answers[metric.name]
        value = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(value, str):
            raise MetricError(value)
        if isinstance(value, Judged | UnderWay):
            self.resumed.append(dict(under_way or {}))
            return value
        return Reading(value, str(value))


@asynccontextmanager
async def measuring(
    world: Stage, answers: Answers | None = None, instance_id: str = ""
) -> AsyncIterator[AnalysisController]:
    """A new process."""
    controller = AnalysisController(
        cluster=KubeClient(world.transport, user_agent=FIELD_MANAGER),
        sources=answers or Answers(),
        clock=world.clock,
        random=Random(3),
        instance_id=instance_id,
    )
    task = asyncio.create_task(controller.run(), name="analysis")
    try:
        await controller.watch.synced.wait()
        yield controller
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def web(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "provider": {"web": {"url": "http://metrics.example"}}, **more}


def job(name: str, image: str, **more: Any) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    return {"name": name, "provider": {"job": {"spec": {"backoffLimit": 0, "template": {"spec": pod}}}}, **more}


def run_object(*metrics: dict[str, Any], name: str = "check", **spec: Any) -> KubeObject:
    return {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": NAMESPACE_NAME},
        "spec": {"metrics": list(metrics), **spec},
    }


async def status(world: Stage, name: str = "check") -> dict[str, Any]:
    return dict((await world.get(ANALYSIS_RUN, name)).get("status") or {})


async def until(
    world: Stage, condition: Callable[[dict[str, Any]], bool], seconds: float = 300, name: str = "check"
) -> dict[str, Any]:
    """Waits for a state of the run."""
    ends = world.clock.monotonic() + seconds
    while True:
        found = await status(world, name)
        if condition(found):
            return found
        assert world.clock.monotonic() < ends, f"not within {seconds} s: {found}"
        await world.clock.sleep(0.2)


async def ended(world: Stage, seconds: float = 300, name: str = "check") -> dict[str, Any]:
    return await until(world, lambda it: it.get("phase") not in (None, "", "Pending", "Running"), seconds, name)


async def jobs(world: Stage) -> list[KubeObject]:
    return [live.decode() for live in (await world.cluster.list(JOB, namespace=NAMESPACE_NAME)).items]
