"""Why a run that is to come could never measure: told before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from holdfast.engine.analysis import arguments, validation
from holdfast.model.analysis import Argument, Metric


def problem(spec: dict[str, Any], later: str) -> str:
    """The first fault of the spec of an AnalysisRun, "" for none.

    An argument with the value `later` is known when the run begins, one from a Secret when it measures: a metric that
    needs it is judged then.
    """
    try:
        metrics = msgspec.convert(spec["metrics"], tuple[Metric, ...])
        asked = msgspec.convert(spec.get("args") or (), tuple[Argument, ...])
    except msgspec.ValidationError as error:
        return str(error)
    for argument in asked:
        if argument.value is not None and argument.value_from is not None:
            return f"args.{argument.name} has both a value and a valueFrom"
    return _of_metrics(metrics, asked, later) if metrics else validation.problem(())


def _of_metrics(metrics: Sequence[Metric], asked: Iterable[Argument], later: str) -> str:
    asked = tuple(asked)
    known = {name: value for name, value in arguments.plain_values(asked).items() if value != later}
    names = {argument.name for argument in asked}
    filled: list[Metric] = []
    for number, metric in enumerate(metrics):
        try:
            filled.extend(arguments.resolved((metric,), known))
        except arguments.ArgumentError as error:
            if arguments.named((metric,)) - names:
                return f"metrics[{number}]: {error}"
        except msgspec.ValidationError as error:
            return f"metrics[{number}]: {error}"
    return validation.problem(filled) if filled else ""
