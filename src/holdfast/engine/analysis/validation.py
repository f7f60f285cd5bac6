"""What is wrong with the metrics of a run before anything is measured.

Source: Argo Rollouts, docs/features/specification.md and docs/features/analysis.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from holdfast.engine.analysis import assess
from holdfast.engine.lang import durations
from holdfast.model import program_names
from holdfast.model.analysis import Metric
from holdfast.model.fields import IntOrString

MOST_METRICS = 200


def problem(metrics: Sequence[Metric]) -> str:
    """The first fault, with its place; empty when there is none."""
    if not metrics:
        return "no metrics specified"
    if len(metrics) > MOST_METRICS:
        return f"metrics: {len(metrics)} are more than {MOST_METRICS}"
    names: set[str] = set()
    for number, metric in enumerate(metrics):
        if metric.name in names:
            return f"metrics[{number}]: duplicate name '{metric.name}'"
        names.add(metric.name)
        found = next(iter(_faults(metric)), "")
        if found:
            return f"metrics[{number}]: {found}"
    return ""


def providers(metric: Metric) -> list[str]:
    """The names of the providers that the metric has, as they are written."""
    return sorted(msgspec.to_builtins(metric.provider))


def _faults(metric: Metric) -> Iterable[str]:
    if not metric.name:
        yield "name: a metric needs one"
    for field, text in (("interval", metric.interval), ("initialDelay", metric.initial_delay)):
        if text and durations.parse(text) is None:
            yield f"{field}: {text!r} is no duration; write one such as 30s or 5m"
    for field, value in _limits(metric):
        if isinstance(value, str) and value and not assess.is_number(value):
            yield f"{field}: {value!r} is no number"
    if (assess.effective_count(metric) or 0) > 1 and not metric.interval:
        yield "interval must be specified when count > 1"
    named = providers(metric)
    if not named:
        yield "no provider specified"
    if len(named) > 1:
        yield f"multiple providers specified: {', '.join(named)}"
    plugins = sorted(metric.provider.plugin)
    if len(plugins) > 1:
        yield f"provider.plugin names several plugins, and one is needed: {', '.join(plugins)}"
    for name in plugins:
        if not program_names.is_name(name):
            yield f"provider.plugin: {name!r} is no name of a plugin, such as NAME or OWNER/NAME"


def _limits(metric: Metric) -> Iterable[tuple[str, IntOrString | None]]:
    yield "count", metric.count
    yield "failureLimit", metric.failure_limit
    yield "inconclusiveLimit", metric.inconclusive_limit
    yield "consecutiveErrorLimit", metric.consecutive_error_limit
    yield "consecutiveSuccessLimit", metric.consecutive_success_limit
