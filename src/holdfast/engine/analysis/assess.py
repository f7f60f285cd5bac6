"""Whether a metric, and the whole run, goes on or has ended, and how.

Source: Argo Rollouts, docs/features/analysis.md, the limits of a metric
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from holdfast.engine.analysis.phases import Phase, is_completed, is_worse
from holdfast.model.analysis import Metric, MetricResult
from holdfast.model.fields import IntOrString

_NUMBER = re.compile(r"-?[0-9]{1,18}")
CONSECUTIVE_ERRORS = 4
"""So many errors in a row are forgiven where the metric says nothing."""


class Verdict(Struct, frozen=True):
    phase: Phase
    message: str = ""


RUNNING = Verdict(Phase.RUNNING)


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def number(value: IntOrString | None, default: int = 0) -> int:
    """A limit; what is no number means the default."""
    if isinstance(value, str):
        return int(value) if is_number(value) else default
    return default if value is None else value


def effective_count(metric: Metric) -> int | None:
    """How often the metric is measured: once where it says neither count nor interval, None for as long as it runs."""
    count = number(metric.count)
    if count:
        return count
    return None if metric.interval else 1


def metric(wanted: Metric, result: MetricResult, *, terminating: bool) -> Verdict:
    if is_completed(result.phase):
        return Verdict(Phase(result.phase), result.message)
    if not result.measurements:
        # Nothing was measured, and nothing is to be: nothing speaks against it.
        return Verdict(Phase.SUCCESSFUL if terminating else Phase.PENDING)
    if not is_completed(result.measurements[-1].phase):
        return RUNNING
    ended = _over_a_limit(wanted, result)
    if ended is not None:
        return ended
    in_a_row = number(wanted.consecutive_success_limit)
    if in_a_row > 0 and result.consecutive_success >= in_a_row:
        return Verdict(Phase.SUCCESSFUL)
    count = effective_count(wanted)
    if count is not None and result.count >= count:
        return Verdict(Phase.INCONCLUSIVE if in_a_row > 0 else Phase.SUCCESSFUL)
    return Verdict(Phase.SUCCESSFUL) if terminating else RUNNING


def _over_a_limit(wanted: Metric, result: MetricResult) -> Verdict | None:
    """A negative limit is none."""
    limits = (
        (Phase.FAILED, "failed", result.failed, "failureLimit", number(wanted.failure_limit)),
        (
            Phase.INCONCLUSIVE,
            "inconclusive",
            result.inconclusive,
            "inconclusiveLimit",
            number(wanted.inconclusive_limit),
        ),
        (
            Phase.ERROR,
            "consecutiveErrors",
            result.consecutive_error,
            "consecutiveErrorLimit",
            number(wanted.consecutive_error_limit, CONSECUTIVE_ERRORS),
        ),
    )
    for phase, word, found, name, limit in limits:
        if found > limit >= 0:
            said = result.measurements[-1].message
            why = f': "Error Message: {said}"' if said else ""
            message = f'Metric "{wanted.name}" assessed {phase} due to {word} ({found}) > {name} ({limit}){why}'
            return Verdict(phase, message)
    return None


def run(results: Iterable[MetricResult]) -> Verdict:
    """The run ends when each metric has, as its worst one that is no dry run."""
    found = Verdict(Phase.SUCCESSFUL)
    for result in results:
        if not is_completed(result.phase):
            return RUNNING
        if not result.dry_run and is_worse(result.phase, found.phase):
            found = Verdict(Phase(result.phase), result.message)
    return found


def must_end(results: Iterable[MetricResult], *, terminate: bool) -> bool:
    """Whether the metrics that go on are stopped: somebody asks for it, or one that counts has gone wrong."""
    wrong = (Phase.FAILED, Phase.ERROR, Phase.INCONCLUSIVE)
    return terminate or any(result.phase in wrong and not result.dry_run for result in results)
