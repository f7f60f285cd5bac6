"""Takes measurements into the status of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from holdfast.engine.analysis import assess, retention
from holdfast.engine.analysis.phases import Phase, is_completed
from holdfast.engine.lang import instants
from holdfast.model.analysis import AnalysisRun, AnalysisRunStatus, Measurement, Metric, MetricResult, RunSummary


def taken(result: MetricResult, measurement: Measurement) -> MetricResult:
    """The result with a measurement: a new one, or the new state of the one under way."""
    last = result.measurements[-1] if result.measurements else None
    before = result.measurements[:-1] if last is not None and not is_completed(last.phase) else result.measurements
    known = msgspec.structs.replace(result, measurements=(*before, measurement))
    match measurement.phase:
        case Phase.SUCCESSFUL:
            return msgspec.structs.replace(
                known,
                successful=known.successful + 1,
                count=known.count + 1,
                consecutive_error=0,
                consecutive_success=known.consecutive_success + 1,
            )
        case Phase.FAILED:
            return msgspec.structs.replace(
                known, failed=known.failed + 1, count=known.count + 1, consecutive_error=0, consecutive_success=0
            )
        case Phase.INCONCLUSIVE:
            return msgspec.structs.replace(
                known,
                inconclusive=known.inconclusive + 1,
                count=known.count + 1,
                consecutive_error=0,
                consecutive_success=0,
            )
        case Phase.ERROR:
            return msgspec.structs.replace(
                known, error=known.error + 1, consecutive_error=known.consecutive_error + 1, consecutive_success=0
            )
        case _:
            return known


def status(
    run: AnalysisRun,
    metrics: Iterable[Metric],
    measured: Mapping[str, Measurement],
    dry: frozenset[str],
    kept: Mapping[str, int],
    now: datetime,
) -> AnalysisRunStatus:
    """What stands in the run after the measurements of this moment."""
    wanted = tuple(metrics)
    known = {result.name: result for result in run.status.metric_results}
    found: list[MetricResult] = []
    for metric in wanted:
        result = known.get(metric.name) or MetricResult(
            name=metric.name, phase=Phase.PENDING, dry_run=metric.name in dry
        )
        if metric.name in measured:
            result = taken(result, measured[metric.name])
        found.append(result)
    found = _assessed(wanted, found, terminate=run.spec.terminate)
    verdict = assess.run(found)
    told = tuple(
        retention.trimmed(result, kept) for result in found if result.measurements or is_completed(result.phase)
    )
    return msgspec.structs.replace(
        run.status,
        phase=verdict.phase,
        message=verdict.message,
        metric_results=told,
        started_at=run.status.started_at or instants.stamp(now),
        completed_at=instants.stamp(now) if is_completed(verdict.phase) else None,
        run_summary=_summary(result for result in found if not result.dry_run),
        dry_run_summary=_summary(result for result in found if result.dry_run) if dry else None,
    )


def _assessed(metrics: tuple[Metric, ...], results: list[MetricResult], *, terminate: bool) -> list[MetricResult]:
    """Twice: a metric that has just gone wrong ends the others."""
    for _ in range(2):
        ending = assess.must_end(results, terminate=terminate)
        verdicts = [
            assess.metric(metric, result, terminating=ending) for metric, result in zip(metrics, results, strict=True)
        ]
        results = [
            msgspec.structs.replace(result, phase=verdict.phase, message=verdict.message)
            for result, verdict in zip(results, verdicts, strict=True)
        ]
    return results


def _summary(results: Iterable[MetricResult]) -> RunSummary:
    phases = [result.phase for result in results]
    return RunSummary(
        count=len(phases),
        successful=phases.count(Phase.SUCCESSFUL),
        failed=phases.count(Phase.FAILED),
        inconclusive=phases.count(Phase.INCONCLUSIVE),
        error=phases.count(Phase.ERROR),
    )


def refused(run: AnalysisRun, message: str, now: datetime) -> AnalysisRunStatus:
    """A run whose spec makes no sense ends at once."""
    return msgspec.structs.replace(
        run.status,
        phase=Phase.ERROR,
        message=message,
        started_at=run.status.started_at or instants.stamp(now),
        completed_at=instants.stamp(now),
    )


def is_same_work(before: AnalysisRun, now: AnalysisRun) -> bool:
    """Whether what was measured for the one may stand in the other, whoever wrote to it in between."""
    return (
        before.metadata.uid == now.metadata.uid
        and not now.metadata.deletion_timestamp
        and not is_completed(now.status.phase)
        and msgspec.structs.replace(before.spec, terminate=False) == msgspec.structs.replace(now.spec, terminate=False)
    )


def still_wanted(
    before: AnalysisRun, now: AnalysisRun, measured: Mapping[str, Measurement]
) -> Mapping[str, Measurement]:
    """Without those of metrics that somebody else has measured meanwhile."""
    old = {result.name: result.measurements for result in before.status.metric_results}
    new = {result.name: result.measurements for result in now.status.metric_results}
    return {name: one for name, one in measured.items() if old.get(name) == new.get(name)}
