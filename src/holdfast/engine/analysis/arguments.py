"""Puts the arguments of a run into its metrics: `{{args.name}}` in any text of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from holdfast.model.analysis import Argument, Metric
from holdfast.model.errors import HoldfastError

PLACE = re.compile(r"\{\{\s*(args\.[^{}\s]+|[^{}\s]+)\s*\}\}")


class ArgumentError(HoldfastError):
    """A person must give the argument a value."""


def resolved(metrics: Iterable[Metric], values: Mapping[str, str]) -> tuple[Metric, ...]:
    """Raises ArgumentError for the first place whose argument has no value. What is secret stays out of status: only
    what is returned here, and never stored, holds it."""
    return tuple(msgspec.convert(_filled(msgspec.to_builtins(metric), values), Metric) for metric in metrics)


def plain_values(arguments: Iterable[Argument]) -> dict[str, str]:
    """Those that stand in the run itself; what comes from a Secret is not among them."""
    return {argument.name: argument.value for argument in arguments if argument.value is not None}


def secret_places(arguments: Iterable[Argument]) -> dict[str, tuple[str, str]]:
    """For each argument that comes from a Secret: its name and the key in it."""
    found = {}
    for argument in arguments:
        reference = argument.value_from.secret_key_ref if argument.value_from else None
        if argument.value is None and reference is not None:
            found[argument.name] = (reference.name, reference.key)
    return found


def named(metrics: Iterable[Metric]) -> set[str]:
    """The arguments that the metrics need."""
    text = msgspec.json.encode(tuple(metrics)).decode()
    return {match[1].removeprefix("args.") for match in PLACE.finditer(text) if match[1].startswith("args.")}


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    match value:
        case str():
            return PLACE.sub(lambda match: _value(match, values), value)
        case dict():
            return {key: _filled(inner, values) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(item, values) for item in value]
        case _:
            return value


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    name = match[1].removeprefix("args.")
    if not match[1].startswith("args."):
        return match[0]
    if name not in values:
        raise ArgumentError(f"failed to resolve {{{{{match[1]}}}}}")
    return values[name]
