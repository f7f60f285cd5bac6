"""Which metrics are measured now, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from holdfast.engine.analysis import assess
from holdfast.engine.analysis.phases import Phase, is_completed
from holdfast.engine.lang import durations, instants
from holdfast.model.analysis import AnalysisRun, Measurement, Metric, MetricResult

AFTER_AN_ERROR = timedelta(seconds=10)
SHORTEST = timedelta(seconds=1)
"""Between two measurements, whatever the interval is: a system that is asked must be able to live with it."""
WHILE_UNDER_WAY = timedelta(seconds=10)
"""A Job and the like tell by themselves that they have ended; this is for those that do not."""


class Task(Struct, frozen=True):
    """A measurement to take, or one under way to look after."""

    metric: Metric
    under_way: Measurement | None = None


def is_under_way(measurement: Measurement) -> bool:
    return measurement.finished_at is None


def results_of(run: AnalysisRun) -> Mapping[str, MetricResult]:
    return {result.name: result for result in run.status.metric_results}


def tasks(run: AnalysisRun, metrics: Iterable[Metric], now: datetime, *, terminating: bool) -> tuple[Task, ...]:
    """A run that ends only looks after what is under way."""
    known = results_of(run)
    found: list[Task] = []
    for metric in metrics:
        result = known.get(metric.name, MetricResult(name=metric.name))
        if is_completed(result.phase):
            continue
        last = result.measurements[-1] if result.measurements else None
        if last is not None and is_under_way(last):
            resume = instants.parse(last.resume_at)
            if terminating or resume is None or resume <= now:
                found.append(Task(metric, last))
        elif not terminating:
            due = due_at(run, metric, result, now)
            if due is not None and due <= now:
                found.append(Task(metric))
    return tuple(found)


def due_at(run: AnalysisRun, metric: Metric, result: MetricResult, now: datetime) -> datetime | None:
    """When the metric is measured next; None when it is not any more, or a measurement is under way."""
    if is_completed(result.phase):
        return None
    if not result.measurements:
        began = instants.parse(run.status.started_at) or now
        return began + duration(metric.initial_delay)
    last = result.measurements[-1]
    count = assess.effective_count(metric)
    if is_under_way(last) or (count is not None and result.count >= count):
        return None
    finished = instants.parse(last.finished_at) or now
    if last.phase == Phase.ERROR:
        return finished + AFTER_AN_ERROR
    return finished + max(duration(metric.interval, AFTER_AN_ERROR), SHORTEST)


def next_look(run: AnalysisRun, metrics: Iterable[Metric], now: datetime) -> datetime | None:
    """The earliest moment at which something is due; None when nothing will be."""
    known = results_of(run)
    found: list[datetime] = []
    for metric in metrics:
        result = known.get(metric.name, MetricResult(name=metric.name))
        last = result.measurements[-1] if result.measurements else None
        if last is not None and is_under_way(last):
            found.append(instants.parse(last.resume_at) or now + WHILE_UNDER_WAY)
        elif (due := due_at(run, metric, result, now)) is not None:
            found.append(due)
    return min(found, default=None)


def duration(text: str, default: timedelta = timedelta()) -> timedelta:
    if not text:
        return default
    found = durations.parse(text)
    return default if found is None else found
