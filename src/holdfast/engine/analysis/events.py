"""What a run tells as events: the end of each metric, and its own."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.engine.analysis.phases import Phase, is_completed
from holdfast.model.analysis import AnalysisRunStatus
from holdfast.model.events import Event


def between(before: AnalysisRunStatus, after: AnalysisRunStatus) -> Iterator[Event]:
    ended = {result.name for result in before.metric_results if is_completed(result.phase)}
    for result in after.metric_results:
        if is_completed(result.phase) and result.name not in ended:
            message = f"Metric '{result.name}' Completed. Result: {result.phase}"
            yield Event(f"Metric{result.phase}", message, warning=_is_bad(result.phase))
    if is_completed(after.phase) and not is_completed(before.phase):
        yield Event(
            f"AnalysisRun{after.phase}", f"Analysis Completed. Result: {after.phase}", warning=_is_bad(after.phase)
        )


def _is_bad(phase: str) -> bool:
    return phase in (Phase.FAILED, Phase.ERROR)
