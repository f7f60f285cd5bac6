"""Asks programs of users that measure; docs/analysis.md describes to their authors what they read and write."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from holdfast.engine.analysis.phases import Phase
from holdfast.engine.lang import durations
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import Finding, Judged, MetricError, Reading, UnderWay
from holdfast.runtime.programs import LARGEST_OUTPUT, SECONDS, Programs, Unusable

STATUS: Final = "pluginStatus"
"""Under this key of a measurement's metadata stands what the program wants to know when it is asked again."""
LARGEST_STATUS: Final = 4 * 1024
LONGEST_VALUE: Final = 1024
MOST_AT_ONCE: Final = 8
PAUSE: Final = timedelta(seconds=10)
SHORTEST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(days=1)


class _Said(StrEnum):
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"


class _Answer(Struct, forbid_unknown_fields=True, rename="camel"):
    """Without `phase` it is the conditions of the metric that judge `value`."""

    value: Any = UNSET
    phase: _Said | UnsetType = UNSET
    message: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    requeue_after: str = ""
    status: dict[str, Any] | None = None


class MetricPlugins:
    def __init__(self, folder: Path, *, seconds: float = SECONDS, largest_output: int = LARGEST_OUTPUT) -> None:
        self._programs = Programs(folder, seconds=seconds, largest_output=largest_output)
        self._free = asyncio.Semaphore(MOST_AT_ONCE)

    async def measure(self, metric: Metric, *, namespace: str, under_way: Mapping[str, str]) -> Finding:
        """Raises MetricError."""
        ((name, config),) = metric.provider.plugin.items()
        document = {
            "metric": metric.name,
            "namespace": namespace,
            "plugin": name,
            "config": config,
            "status": _status(under_way),
        }
        try:
            async with self._free:
                output = await self._programs.run(name, "measure", msgspec.json.encode(document))
        except Unusable as error:
            raise MetricError(f"metric plugin {name} {error}") from error
        return _finding(name, output, under_way)


def _status(under_way: Mapping[str, str]) -> Any:
    kept = under_way.get(STATUS)
    try:
        return None if kept is None else msgspec.json.decode(kept)
    except msgspec.DecodeError:
        return None


def _finding(name: str, output: bytes, before: Mapping[str, str]) -> Finding:
    try:
        said = msgspec.json.decode(output, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = "is nothing" if not output.strip() else f"is no answer: {error}"
        raise MetricError(f"what metric plugin {name} wrote {what}") from error
    if said.phase is UNSET:
        if said.value is UNSET:
            raise MetricError(f"what metric plugin {name} wrote has neither a value nor a phase")
        return Reading(said.value, _shown(said.value), said.metadata)
    if said.phase is _Said.RUNNING:
        return UnderWay({**before, **_kept(name, said)}, _pause(name, said.requeue_after))
    if said.phase is _Said.ERROR:
        raise MetricError(said.message or f"metric plugin {name} says Error, and not why")
    return Judged(Phase(said.phase), "" if said.value is UNSET else _shown(said.value), said.message)


def _kept(name: str, said: _Answer) -> dict[str, str]:
    """Without a status the last one stays."""
    if said.status is None:
        return {}
    text = msgspec.json.encode(said.status).decode()
    if len(text) > LARGEST_STATUS:
        raise MetricError(f"the status that metric plugin {name} wrote is larger than {LARGEST_STATUS} characters")
    return {STATUS: text}


def _pause(name: str, text: str) -> timedelta:
    found = durations.parse(text) if text else PAUSE
    if found is None:
        raise MetricError(
            f"what metric plugin {name} wrote has a requeueAfter that is no duration such as 30s: {text!r}"
        )
    return min(max(found, SHORTEST_PAUSE), LONGEST_PAUSE)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text[:LONGEST_VALUE]
