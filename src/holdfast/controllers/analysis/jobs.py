"""Starts, looks after and ends the Jobs that are measurements."""

from __future__ import annotations

import msgspec

from holdfast.controllers.world import World
from holdfast.engine.analysis import jobs, schedule
from holdfast.engine.analysis.phases import Phase
from holdfast.engine.lang import instants
from holdfast.model.analysis import AnalysisRun, AnalysisRunStatus, Measurement, Metric, MetricResult
from holdfast.model.errors import BadRequest, Forbidden, Invalid, NotFound
from holdfast.model.keys import GroupKind
from holdfast.model.kube import name_of
from holdfast.model.metric_provider import JobMetric

JOB = GroupKind("batch", "Job")


async def start(world: World, run: AnalysisRun, metric: Metric, wanted: JobMetric) -> Measurement:
    result = schedule.results_of(run).get(metric.name, MetricResult(name=metric.name))
    obj = jobs.job(run, metric.name, wanted, result)
    now = instants.stamp(world.now())
    try:
        await world.create(JOB, obj)
    except (Invalid, BadRequest, Forbidden, NotFound) as error:
        message = f"the Job is refused: {error.message}"
        return Measurement(phase=Phase.ERROR, message=message, started_at=now, finished_at=now)
    metadata = {jobs.NAME: name_of(obj), jobs.NAMESPACE: run.metadata.namespace}
    return Measurement(phase=Phase.RUNNING, started_at=now, metadata=metadata)


async def look(world: World, run: AnalysisRun, under_way: Measurement) -> Measurement:
    """What is not in the store may only not be seen yet: then the server is asked."""
    name, namespace = under_way.metadata.get(jobs.NAME, ""), run.metadata.namespace
    found = world.get(JOB, namespace, name) or await world.cluster.get(world.resource(JOB), namespace, name)
    ending = jobs.ending(found, name)
    if ending is None:
        return under_way
    return _ended(world, under_way, ending.phase, ending.message)


async def stop(world: World, run: AnalysisRun, under_way: Measurement) -> Measurement:
    """Nothing speaks against what could not be measured to its end."""
    await world.delete(JOB, run.metadata.namespace, under_way.metadata.get(jobs.NAME, ""))
    return _ended(world, under_way, Phase.SUCCESSFUL, "the Job was ended with the run")


async def forget(world: World, run: AnalysisRun, status: AnalysisRunStatus) -> None:
    """Jobs of measurements that are not kept go, and so does one that was started just before the run was ended."""
    kept = {
        measurement.metadata.get(jobs.NAME) for result in status.metric_results for measurement in result.measurements
    }
    for live in world.owned(run.metadata.uid, JOB):
        if live.metadata.name not in kept and not live.metadata.deletion_timestamp:
            await world.delete(JOB, live.metadata.namespace, live.metadata.name)


def _ended(world: World, under_way: Measurement, phase: Phase, message: str) -> Measurement:
    now = instants.stamp(world.now())
    return msgspec.structs.replace(under_way, phase=phase, message=message, finished_at=now)
