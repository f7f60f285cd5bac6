"""What is seen of an Experiment, and the decision about it while it is being made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.engine.rollout.actions import ChangeReplicaSet
from holdfast.engine.rollout.draft import ENDED, Run
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.events import Event
from holdfast.model.experiment import Experiment, ExperimentStatus
from holdfast.model.kube import KubeObject

# The better first: what is worse of two stands for both.
_WORSE: Final = ("Successful", "Inconclusive", "Error", "Failed")


class Make(Struct, frozen=True):
    """A ReplicaSet, a Service or an AnalysisRun, unless it is there."""

    obj: KubeObject


class EndRun(Struct, frozen=True):
    name: str


class RemoveService(Struct, frozen=True):
    name: str


Action: TypeAlias = Make | ChangeReplicaSet | EndRun | RemoveService


class Chosen(Struct, frozen=True):
    """What the template reference of an analysis leads to, or why it leads nowhere."""

    templates: tuple[KubeObject, ...] = ()
    problem: str = ""


class Seen(Struct, frozen=True):
    """Sets, services and runs are those that the Experiment controls, by name; `taken` names sets and services that
    belong to something else; `chosen` is by the name of the analysis."""

    experiment: Experiment
    now: datetime
    sets: Mapping[str, ReplicaSet] = {}
    services: Mapping[str, KubeObject] = {}
    runs: Mapping[str, Run] = {}
    taken: frozenset[str] = frozenset()
    chosen: Mapping[str, Chosen] = {}


class Decision(Struct, frozen=True):
    actions: tuple[Action, ...]
    status: ExperimentStatus
    events: tuple[Event, ...] = ()
    again: timedelta | None = None


class Draft:
    """Grows while the parts of a decision are made."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.experiment = seen.experiment
        self.status = seen.experiment.status
        self.actions: list[Action] = []
        self.events: list[Event] = []
        self._due: list[datetime] = []

    @property
    def now(self) -> datetime:
        return self.seen.now

    @property
    def stamp(self) -> str:
        return instants.stamp(self.seen.now)

    @property
    def is_over(self) -> bool:
        return self.status.phase in ENDED

    def set(self, **fields: Any) -> None:
        self.status = msgspec.structs.replace(self.status, **fields)

    def act(self, action: Action) -> None:
        self.actions.append(action)

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        self.events.append(Event(reason, message, warning))

    def wake(self, at: datetime) -> None:
        self._due.append(at)

    def decision(self) -> Decision:
        due = min(self._due, default=None)
        again = None if due is None else max(due - self.now, timedelta(seconds=1))
        return Decision(tuple(self.actions), self.status, tuple(self.events), again)


def worst(found: list[tuple[str, str]]) -> tuple[str, str]:
    """The worst of phases with their messages; those that have not ended count as successful."""
    return max(found, key=lambda one: _WORSE.index(one[0]) if one[0] in _WORSE else 0, default=("Successful", ""))
