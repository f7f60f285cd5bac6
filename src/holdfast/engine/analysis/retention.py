"""How many measurements are kept, which metrics only pretend, and when a run that has ended goes away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import re2

from holdfast.engine.analysis.arguments import ArgumentError
from holdfast.engine.analysis.phases import Phase, is_completed
from holdfast.engine.lang import durations, instants
from holdfast.model.analysis import AnalysisRun, AnalysisRunStatus, DryRun, MeasurementRetention, Metric, MetricResult

KEPT = 10
LARGEST_STATUS = 512 * 1024
"""In bytes as JSON; the server takes an object of 1.5 MiB, and the spec needs its part of that."""


def dry_metrics(rules: Sequence[DryRun], metrics: Iterable[Metric]) -> frozenset[str]:
    """The metrics that are measured and never count. Raises ArgumentError for a rule that means none."""
    names = [metric.name for metric in metrics]
    return frozenset(
        name for number, rule in enumerate(rules) for name in _meant("dryRun", number, rule.metric_name, names)
    )


def limits(rules: Sequence[MeasurementRetention], metrics: Iterable[Metric]) -> Mapping[str, int]:
    """How many measurements of each metric are kept. Raises ArgumentError for a rule that means none."""
    names = [metric.name for metric in metrics]
    return {
        name: rule.limit
        for number, rule in enumerate(rules)
        for name in _meant("measurementRetention", number, rule.metric_name, names)
    }


def _meant(field: str, number: int, pattern: str, names: Sequence[str]) -> list[str]:
    """A rule is a name or a regular expression; "*" is all."""
    try:
        wanted = re2.compile(".*" if pattern == "*" else pattern)
    except re2.error as error:
        raise ArgumentError(f"{field}[{number}]: {pattern!r} is no regular expression: {error}") from error
    found = [name for name in names if name == pattern or wanted.fullmatch(name)]
    if not found:
        raise ArgumentError(f"{field}[{number}]: Rule didn't match any metric name(s)")
    return found


def trimmed(result: MetricResult, kept: Mapping[str, int]) -> MetricResult:
    limit = kept.get(result.name) or KEPT
    if len(result.measurements) <= limit:
        return result
    return msgspec.structs.replace(result, measurements=result.measurements[-limit:])


def fitting(status: AnalysisRunStatus) -> AnalysisRunStatus:
    """Without the oldest measurements, where all of them would be too much for one object; the counts stay.

    The last one of each metric always stays: when the next is due is told by it.
    """
    size = len(msgspec.json.encode(status))
    while size > LARGEST_STATUS and any(len(result.measurements) > 1 for result in status.metric_results):
        halved = tuple(
            msgspec.structs.replace(result, measurements=result.measurements[len(result.measurements) // 2 :])
            for result in status.metric_results
        )
        status = msgspec.structs.replace(status, metric_results=halved)
        size = len(msgspec.json.encode(status))
    return status


def expires_at(run: AnalysisRun) -> datetime | None:
    """When a run that has ended goes away by itself; None for never."""
    ttl = run.spec.ttl_strategy
    completed = instants.parse(run.status.completed_at)
    if ttl is None or completed is None or not is_completed(run.status.phase):
        return None
    by_phase = ttl.seconds_after_success if run.status.phase == Phase.SUCCESSFUL else ttl.seconds_after_failure
    seconds = by_phase if by_phase is not None else ttl.seconds_after_completion
    return completed + durations.of_seconds(seconds) if seconds is not None else None
