"""The spec of an AnalysisRun out of the specs of the templates that it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from holdfast.model.analysis import DryRun, MeasurementRetention
from holdfast.model.kube import KubeObject


def build(
    templates: Sequence[KubeObject],
    given: Iterable[dict[str, Any]],
    *,
    dry_run: Iterable[DryRun],
    retention: Iterable[MeasurementRetention],
    field: Callable[[str], str] | None = None,
) -> dict[str, Any]:
    """`given` are the arguments that take the place of the templates' own; `field` reads what these take from a Rollout
    (`valueFrom.fieldRef`), None where there is none.

    Raises ValueError for an argument without a value and for two metrics of one name.
    """
    specs = [template.get("spec") or {} for template in templates]
    dry = [msgspec.to_builtins(one) for one in dry_run]
    kept = [msgspec.to_builtins(one) for one in retention]
    optional = {
        "args": _args(specs, {str(argument["name"]): argument for argument in given}, field),
        "dryRun": _merged(specs, "dryRun", dry),
        "measurementRetention": _merged(specs, "measurementRetention", kept),
    }
    return {"metrics": _metrics(specs), **{name: value for name, value in optional.items() if value}}


def _metrics(specs: Iterable[dict[str, Any]]) -> list[Any]:
    found = [metric for spec in specs for metric in spec.get("metrics") or []]
    names = [str(metric.get("name")) for metric in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two metrics have the name '{twice[0]}'")
    return found


def _args(
    specs: Iterable[dict[str, Any]], given: Mapping[str, dict[str, Any]], field: Callable[[str], str] | None
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for spec in specs:
        for argument in spec.get("args") or []:
            name = str(argument.get("name"))
            if name not in found or not (found[name].get("value") or found[name].get("valueFrom")):
                found[name] = argument
    found |= given
    for name, argument in found.items():
        if argument.get("value") is None and not argument.get("valueFrom"):
            raise ValueError(f"args.{name} was not resolved")
    return [_with_value(argument, field) for argument in found.values()]


def _with_value(argument: dict[str, Any], field: Callable[[str], str] | None) -> dict[str, Any]:
    reference = (argument.get("valueFrom") or {}).get("fieldRef")
    if reference is None or argument.get("value") is not None:
        return argument
    if field is None:
        raise ValueError(f"args.{argument['name']} is a field of a Rollout, and there is none")
    return {"name": argument["name"], "value": field(str(reference.get("fieldPath") or ""))}


def _merged(specs: Iterable[dict[str, Any]], field: str, more: list[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for entry in [entry for spec in specs for entry in spec.get(field) or []] + more:
        found[str(entry.get("metricName"))] = entry
    return list(found.values())
