"""What measurements say of a version a share of whose requests fails.

A measurement looks at a number of requests, each of which fails with the same chance. Where the conditions of the metric
tell what its value is, a share of good or of failed requests, the value of those requests is put through them. Where
they do not, the measurement itself fails with that chance.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from hashlib import blake2b
from itertools import accumulate

from msgspec import Struct

from holdfast.engine.analysis.conditions import judged
from holdfast.engine.analysis.phases import Phase
from holdfast.engine.flow.rehearsal.played_run import Judge
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.model.analysis import Metric


class Meaning(Enum):
    """What the value of a metric is taken for."""

    GOOD = "the share of good requests, 0 to 1"
    GOOD_PERCENT = "the share of good requests in percent"
    FAILED = "the share of failed requests, 0 to 1"
    FAILED_PERCENT = "the share of failed requests in percent"
    ANYTHING = "good, whatever it is: it has no condition"
    CHANCE = "unknown: each measurement fails with the chance of one request"


class Reading(Struct, frozen=True):
    meaning: Meaning
    is_list: bool = False


class Faults(Struct, frozen=True):
    """`share` of the requests fail, 0 to 1; `requests` are behind each measurement."""

    share: float
    requests: int = 100
    seed: int = 1


def reading(metric: Metric) -> Reading:
    """Found by asking the conditions about none, one and a hundred: `>= 0.95` can only be a share of good requests,
    `< 5` only percents of failed ones."""
    if metric.provider.job is not None:
        return Reading(Meaning.CHANCE)
    if not (metric.success_condition or metric.failure_condition):
        return Reading(Meaning.ANYTHING)
    for is_list in (True, False):
        try:
            none, one, hundred = (_phase(metric, value, is_list) == Phase.SUCCESSFUL for value in (0.0, 1.0, 100.0))
        except ExpressionError:
            continue
        return Reading(_meaning(none, one, hundred), is_list)
    return Reading(Meaning.CHANCE)


def _meaning(none: bool, one: bool, hundred: bool) -> Meaning:
    match none, one, hundred:
        case True, False, _:
            return Meaning.FAILED
        case True, True, False:
            return Meaning.FAILED_PERCENT
        case False, True, _:
            return Meaning.GOOD
        case False, False, True:
            return Meaning.GOOD_PERCENT
        case _:
            return Meaning.CHANCE


def _phase(metric: Metric, value: float, is_list: bool) -> Phase:
    return judged([value] if is_list else value, metric)


class Measurements:
    """Judges of one simulation: the same seed and release always see the same faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._up_to = _cumulated(faults.requests, faults.share)
        self._readings: dict[str, Reading] = {}
        self._phases: dict[tuple[str, int], Phase] = {}

    def of(self, release: int) -> Judge:
        def judge(run: str, metric: Metric, number: int) -> Phase:
            drawn = _drawn(f"{self._faults.seed}/{release}/{run}/{metric.name}/{number}")
            return self._said(metric, drawn)

        return judge

    def meanings(self) -> dict[str, Meaning]:
        """Of every metric that was measured, by its name."""
        return {key.partition("\n")[0]: found.meaning for key, found in self._readings.items()}

    def _said(self, metric: Metric, drawn: float) -> Phase:
        key = "\n".join((metric.name, metric.success_condition, metric.failure_condition))
        if key not in self._readings:
            self._readings[key] = reading(metric)
        found = self._readings[key]
        if found.meaning is Meaning.ANYTHING:
            return Phase.SUCCESSFUL
        if found.meaning is Meaning.CHANCE:
            return Phase.FAILED if drawn < self._faults.share else Phase.SUCCESSFUL
        failed = min(bisect_left(self._up_to, drawn), self._faults.requests)
        if (key, failed) not in self._phases:
            self._phases[key, failed] = self._judged(metric, found, failed)
        return self._phases[key, failed]

    def _judged(self, metric: Metric, found: Reading, failed: int) -> Phase:
        total = self._faults.requests
        value = {
            Meaning.FAILED: failed / total,
            Meaning.FAILED_PERCENT: 100 * failed / total,
            Meaning.GOOD: (total - failed) / total,
            Meaning.GOOD_PERCENT: 100 * (total - failed) / total,
        }[found.meaning]
        try:
            return _phase(metric, value, found.is_list)
        except ExpressionError:
            return Phase.ERROR


def _drawn(text: str) -> float:
    """Between 0 and 1, evenly, and the same for the same text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / 2**64


def _cumulated(requests: int, share: float) -> Sequence[float]:
    """The chance that at most this many of the requests fail, from none on."""
    if share <= 0 or share >= 1:
        return [1.0 if share <= 0 or failed == requests else 0.0 for failed in range(requests + 1)]
    whole = math.lgamma(requests + 1)
    return list(
        accumulate(
            math.exp(
                whole
                - math.lgamma(failed + 1)
                - math.lgamma(requests - failed + 1)
                + failed * math.log(share)
                + (requests - failed) * math.log1p(-share)
            )
            for failed in range(requests + 1)
        )
    )
