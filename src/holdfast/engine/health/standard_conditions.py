"""Judges the many kinds that say how they are in `status.conditions`, by a table of which condition means what."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from holdfast.engine.health.reading import at, count, degraded, healthy, is_observed, progressing, rows, suspended, text
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, is_being_deleted, kind_of, metadata_of


class ConditionRule(Struct, frozen=True):
    """All of `ready` must be True; one of `failed` that is True is bad, one of `busy` that is True is work under way.

    A `ready` that is False is bad, except with a reason in `busy_reasons`; one that is Unknown or
    absent is work under way. `any_ready` is content with one of them. `paused` is the field that suspends the object.
    With `observed`, conditions of an older generation do not count.
    """

    ready: tuple[str, ...] = ("Ready",)
    failed: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    busy_reasons: frozenset[str] = frozenset()
    paused: tuple[str, ...] = ()
    paused_conditions: tuple[str, ...] = ()
    any_ready: bool = False
    observed: bool = False
    false_is_busy: bool = False
    waiting: str = ""

    def judge(self, obj: KubeObject) -> HealthReport:
        waiting = progressing(self.waiting or f"Waiting for {kind_of(obj)}")
        if self.paused and at(obj, *self.paused) is True:
            return suspended(f"{kind_of(obj)} is suspended")
        if is_being_deleted(obj):
            return progressing(f"{kind_of(obj)} is being deleted")
        if self.observed and not is_observed(obj):
            return waiting
        conditions = {text(row, "type"): row for row in rows(obj, "status", "conditions") if self._counts(obj, row)}
        return self._marked(conditions) or self._by_ready(conditions) or waiting

    def _counts(self, obj: KubeObject, row: dict[str, Any]) -> bool:
        seen = row.get("observedGeneration")
        return (
            not self.observed
            or seen is None
            or count(row, "observedGeneration") >= count(metadata_of(obj), "generation")
        )

    def _marked(self, conditions: dict[str, dict[str, Any]]) -> HealthReport | None:
        """What one condition decides alone."""
        for kinds, report in ((self.failed, degraded), (self.paused_conditions, suspended), (self.busy, progressing)):
            for kind in kinds:
                if _is(conditions.get(kind), "true"):
                    return report(_words(conditions[kind]))
        return None

    def _by_ready(self, conditions: dict[str, dict[str, Any]]) -> HealthReport | None:
        found = [conditions[kind] for kind in self.ready if kind in conditions]
        good = [row for row in found if _is(row, "true")]
        if good and (self.any_ready or len(good) == len(self.ready)):
            return healthy(_words(good[0]))
        for row in found:
            if _is(row, "false"):
                return self._of_false(row)
        doubtful = next((row for row in found if not _is(row, "true")), None)
        return progressing(_words(doubtful)) if doubtful else None

    def _of_false(self, row: dict[str, Any]) -> HealthReport:
        if self.false_is_busy or text(row, "reason") in self.busy_reasons:
            return progressing(_words(row))
        return degraded(_words(row))


def _is(row: dict[str, Any] | None, word: str) -> bool:
    """Some controllers write a boolean where the convention wants a word."""
    return row is not None and text(row, "status").lower() == word


def _words(row: dict[str, Any]) -> str:
    return text(row, "message") or text(row, "reason")
