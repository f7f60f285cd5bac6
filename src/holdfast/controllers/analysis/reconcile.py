"""Brings one AnalysisRun up to its next measurement.

Level-triggered: every run reads the whole state and never asks which event woke it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from holdfast.controllers.analysis import inputs, jobs, measure
from holdfast.controllers.analysis.inputs import Inputs
from holdfast.controllers.rollout.world import ANALYSIS_RUN
from holdfast.controllers.world import FIELD_MANAGER, SOON, World
from holdfast.engine.analysis import assess, events, masking, record, retention, schedule
from holdfast.engine.analysis.arguments import ArgumentError
from holdfast.engine.analysis.phases import is_completed
from holdfast.engine.kube import merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.status.encode import encode
from holdfast.model.analysis import AnalysisRun, AnalysisRunStatus, Measurement
from holdfast.model.errors import Blocked, Conflict, Waiting
from holdfast.model.keys import NamespacedName
from holdfast.ports.cluster import PatchKind
from holdfast.ports.metrics import MetricSources
from holdfast.runtime.outcome import Again, Outcome, Settled

TRIES: Final = 5
"""To write what was measured; others who write to a run do so once or twice in its life."""


async def reconcile(world: World, sources: MetricSources, key: NamespacedName) -> Outcome:
    obj = world.get(ANALYSIS_RUN, key.namespace, key.name)
    if obj is None or not world.is_ours(obj):
        return Settled()
    try:
        run = msgspec.convert(obj, AnalysisRun)
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"AnalysisRun {key} cannot be read: {error}") from None
    if run.metadata.deletion_timestamp:
        return Settled()
    if is_completed(run.status.phase):
        return await _after_the_end(world, run)
    try:
        found = await inputs.read(world, run)
    except ArgumentError as error:
        await _refuse(world, run, str(error))
        return Settled()
    return await _go_on(world, sources, run, found)


async def _refuse(world: World, run: AnalysisRun, message: str) -> None:
    try:
        await _write(world, run, record.refused(run, message, world.now()))
    except Conflict as error:
        raise Waiting(SOON, "Changed", "the AnalysisRun was changed meanwhile") from error


async def _go_on(world: World, sources: MetricSources, run: AnalysisRun, found: Inputs) -> Outcome:
    terminating = assess.must_end(run.status.metric_results, terminate=run.spec.terminate)
    due = schedule.tasks(run, found.metrics, world.now(), terminating=terminating)
    measured = await measure.measured(world, sources, run, found, due, terminating=terminating)
    run = await _record(world, run, found, measured)
    status, now = run.status, world.now()
    await jobs.forget(world, run, status)
    if is_completed(status.phase):
        return await _after_the_end(world, run)
    if not terminating and assess.must_end(status.metric_results, terminate=run.spec.terminate):
        return Again(timedelta(0), because="a metric has gone wrong: the others are ended")
    return _until(schedule.next_look(run, found.metrics, now), now, "a measurement is due")


async def _record(world: World, run: AnalysisRun, found: Inputs, measured: Mapping[str, Measurement]) -> AnalysisRun:
    """What was measured is not asked for again: where the run has changed meanwhile, it is taken into what stands there."""
    for _ in range(TRIES):
        status = record.status(run, found.metrics, measured, found.dry, found.kept, world.now())
        try:
            return await _write(world, run, retention.fitting(_described(status, found)))
        except Conflict:
            run, measured = await _again(world, run, measured)
    raise Waiting(SOON, "Changed", "the AnalysisRun changes faster than it can be written")


async def _again(
    world: World, run: AnalysisRun, measured: Mapping[str, Measurement]
) -> tuple[AnalysisRun, Mapping[str, Measurement]]:
    """The run as it is now, and the measurements that still belong into it. Raises Waiting where none can."""
    obj = await world.cluster.get(world.resource(ANALYSIS_RUN), run.metadata.namespace, run.metadata.name)
    now = None if obj is None else msgspec.convert(obj, AnalysisRun)
    if now is None or not record.is_same_work(run, now):
        raise Waiting(SOON, "Changed", "the AnalysisRun was changed meanwhile")
    return now, record.still_wanted(run, now, measured)


def _described(status: AnalysisRunStatus, found: Inputs) -> AnalysisRunStatus:
    """With what Prometheus is really asked."""
    queries = {
        metric.name: masking.masked(metric.provider.prometheus.query, found.secrets)
        for metric in found.metrics
        if metric.provider.prometheus is not None
    }
    results = tuple(
        msgspec.structs.replace(result, metadata={**result.metadata, "ResolvedPrometheusQuery": queries[result.name]})
        if result.name in queries
        else result
        for result in status.metric_results
    )
    return msgspec.structs.replace(status, metric_results=results)


async def _after_the_end(world: World, run: AnalysisRun) -> Outcome:
    at, now = retention.expires_at(run), world.now()
    if at is None or at > now:
        return _until(at, now, "its time to live ends")
    await world.delete(ANALYSIS_RUN, run.metadata.namespace, run.metadata.name)
    return Settled()


def _until(at: datetime | None, now: datetime, because: str) -> Outcome:
    return Settled() if at is None else Again(max(at - now, timedelta(0)), because=because)


async def _write(world: World, run: AnalysisRun, status: AnalysisRunStatus) -> AnalysisRun:
    """Writes to exactly the state that was read, and only what differs from it. Raises Conflict."""
    change = merge_patch.difference(encode(run.status), encode(status))
    if not change:
        return run
    metadata = run.metadata
    answer = await world.cluster.patch(
        world.resource(ANALYSIS_RUN),
        metadata.namespace,
        metadata.name,
        {"metadata": {"resourceVersion": metadata.resource_version}, "status": change},
        PatchKind.MERGE,
        field_manager=FIELD_MANAGER,
    )
    world.wrote(answer)
    for event in events.between(run.status, status):
        await world.emit(metadata, event, instants.stamp(world.now()))
    return msgspec.convert(answer, AnalysisRun)
