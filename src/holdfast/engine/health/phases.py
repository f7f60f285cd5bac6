"""Judges the many kinds that say how they are in one word, by a table of what each word means."""

from __future__ import annotations

from msgspec import Struct

from holdfast.engine.health.reading import at, is_observed, progressing, suspended, text
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject, kind_of


class PhaseRule(Struct, frozen=True):
    """`field` holds the word. Words not listed mean `otherwise`; no word means `absent`."""

    field: tuple[str, ...]
    healthy: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    progressing: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    otherwise: Health = Health.PROGRESSING
    absent: Health = Health.PROGRESSING
    message: tuple[str, ...] = ("status", "message")
    paused: tuple[str, ...] = ()
    observed: bool = False

    def judge(self, obj: KubeObject) -> HealthReport:
        if self.paused and at(obj, *self.paused) is True:
            return suspended(f"{kind_of(obj)} is paused")
        if self.observed and not is_observed(obj):
            return progressing(f"Waiting for {kind_of(obj)} to be observed")
        word = text(obj, *self.field)
        if not word:
            return HealthReport(self.absent, f"Waiting for {kind_of(obj)}")
        said = text(obj, *self.message)
        return HealthReport(self._meaning(word), said or f"{kind_of(obj)} is {word}")

    def _meaning(self, word: str) -> Health:
        meanings = (
            (self.healthy, Health.HEALTHY),
            (self.degraded, Health.DEGRADED),
            (self.progressing, Health.PROGRESSING),
            (self.suspended, Health.SUSPENDED),
            (self.missing, Health.MISSING),
        )
        return next((health for words, health in meanings if word in words), self.otherwise)
