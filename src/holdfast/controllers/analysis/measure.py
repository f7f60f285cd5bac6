"""Takes the measurements that are due, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, assert_never

import msgspec

from holdfast.controllers.analysis import jobs
from holdfast.controllers.analysis.inputs import Inputs
from holdfast.controllers.world import World
from holdfast.engine.analysis import conditions, masking
from holdfast.engine.analysis.phases import Phase
from holdfast.engine.analysis.schedule import Task
from holdfast.engine.lang import instants
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.model.analysis import AnalysisRun, Measurement, Metric
from holdfast.ports.metrics import Judged, MetricError, MetricSources, Reading, UnderWay

LONGEST: Final = timedelta(minutes=4)
"""For all that a provider does for one measurement; below the limit of a reconcile, which would throw it away."""


async def measured(
    world: World, sources: MetricSources, run: AnalysisRun, inputs: Inputs, due: Iterable[Task], *, terminating: bool
) -> dict[str, Measurement]:
    """By the names of the metrics, without any secret."""
    tasks = list(due)
    found = await asyncio.gather(
        *(_one(world, sources, run, task, terminating) for task in tasks), return_exceptions=True
    )
    measurements = {}
    for task, one in zip(tasks, found, strict=True):
        if isinstance(one, BaseException):
            # Only once the others have ended: none goes on after the reconcile.
            raise one
        measurements[task.metric.name] = masking.clean(one, inputs.secrets)
    return measurements


async def _one(world: World, sources: MetricSources, run: AnalysisRun, task: Task, terminating: bool) -> Measurement:
    wanted = task.metric.provider.job
    if wanted is None:
        return await _asked(world, sources, run, task, terminating)
    if task.under_way is None:
        return await jobs.start(world, run, task.metric, wanted)
    if terminating:
        return await jobs.stop(world, run, task.under_way)
    return await jobs.look(world, run, task.under_way)


async def _asked(world: World, sources: MetricSources, run: AnalysisRun, task: Task, terminating: bool) -> Measurement:
    """One that is under way is ended with the run, else asked for again with what it was begun with."""
    began = task.under_way or Measurement(started_at=instants.stamp(world.now()))
    if terminating:
        ended = Measurement(phase=Phase.SUCCESSFUL, message="the run was ended before an answer came")
    else:
        ended = await _answer(world, sources, task.metric, run.metadata.namespace, began.metadata)
    if ended.resume_at is not None:
        return msgspec.structs.replace(ended, started_at=began.started_at)
    return msgspec.structs.replace(ended, started_at=began.started_at, finished_at=instants.stamp(world.now()))


async def _answer(
    world: World, sources: MetricSources, metric: Metric, namespace: str, begun: Mapping[str, str]
) -> Measurement:
    try:
        async with asyncio.timeout(LONGEST.total_seconds()):
            found = await sources.measure(metric, namespace=namespace, now=world.now(), under_way=begun)
    except TimeoutError:
        return Measurement(phase=Phase.ERROR, message=f"no value within {LONGEST.total_seconds():g} s")
    except MetricError as error:
        return Measurement(phase=Phase.ERROR, message=str(error))
    match found:
        case Judged(phase, value, message):
            return Measurement(phase=phase, value=value, message=message)
        case UnderWay(metadata, again):
            resume = instants.stamp(world.now() + again)
            return Measurement(phase=Phase.RUNNING, metadata=dict(metadata), resume_at=resume)
        case Reading():
            return _judged(found, metric)
        case _:
            assert_never(found)


def _judged(reading: Reading, metric: Metric) -> Measurement:
    try:
        phase, message = conditions.judged(reading.result, metric), ""
    except ExpressionError as error:
        phase, message = Phase.ERROR, str(error)
    return Measurement(phase=phase, message=message, value=reading.value, metadata=dict(reading.metadata))
