"""What is seen of a Rollout, and the decision about it while it is being made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.actions import Action, AnnotateRevision, ChangeReplicaSet
from holdfast.engine.rollout.in_place.workload import InPlace, fitted
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.events import Event
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import (
    ALBStatus,
    PauseCondition,
    Rollout,
    RolloutDurationStatus,
    RolloutStatus,
    WeightDestination,
)
from holdfast.model.step_plugins import Answer, Execution, Question

ABORTED: Final = "RolloutAborted"
ENDED: Final = frozenset({"Successful", "Inconclusive", "Failed", "Error"})
"""Phases of experiments and analysis runs, and states of an experiment's templates, that nothing changes any more."""


class Run(Struct, frozen=True):
    """An AnalysisRun or an Experiment that was started; `is_ending` once it was asked to end.

    `serving` says, by the name of the template, which services of a running Experiment have their pods.
    """

    name: str
    kind: str = ""
    hash: str = ""
    step: int | None = None
    phase: str = ""
    message: str = ""
    created: str = ""
    is_ending: bool = False
    serving: Mapping[str, WeightDestination] = {}

    @property
    def is_over(self) -> bool:
        return self.phase in ENDED


class Configuration(Struct, frozen=True):
    """The template in effect, and the copies that it names, by kind and name of what they are copies of."""

    template: KubeObject
    copies: Mapping[tuple[str, str], str] = {}
    fingerprint: str = ""


class Seen(Struct, frozen=True):
    """`template` and `selector` are those in effect: of the Rollout, or of the workload that it names."""

    rollout: Rollout
    template: KubeObject
    selector: dict[str, Any]
    now: datetime
    sets: tuple[ReplicaSet, ...] = ()
    services: Mapping[str, KubeObject] = {}
    runs: tuple[Run, ...] = ()
    experiments: tuple[Run, ...] = ()
    taken_names: frozenset[str] = frozenset()
    """Of AnalysisRuns and Experiments that nobody controls: what is started needs another one."""
    pods: tuple[KubeObject, ...] = ()
    workload: KubeObject | None = None
    in_place: InPlace | None = None
    """The StatefulSet or DaemonSet whose own pods are replaced; `sets` are its revisions then."""
    configuration: Configuration | None = None
    others: tuple[Rollout, ...] = ()
    """The Rollouts of its release group."""
    problem: str = ""
    """What carries its pods or its traffic is missing, or does not fit."""
    unproved: str = ""
    """An analysis that it asks for could not be started."""
    has_taken: bool | None = None
    """Every router says that it serves what it was told last; None where none can tell."""
    balancers: tuple[ALBStatus, ...] = ()
    """The load balancers of its Ingresses; empty where nobody has asked for them."""
    answers: Mapping[Execution, Answer] = {}
    """What its step plugins have answered and is not written down yet."""


class Decision(Struct, frozen=True):
    actions: tuple[Action, ...]
    status: RolloutStatus
    events: tuple[Event, ...] = ()
    again: timedelta | None = None
    questions: tuple[Question, ...] = ()
    """What step plugins are to be asked; a question that is not here any more is of no use."""


class Draft:
    """Grows while the parts of a decision are made; `rollout` has the status as it will be written."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.rollout = seen.rollout if seen.in_place is None else fitted(seen.rollout, seen.in_place)
        self.actions: list[Action] = []
        self.events: list[Event] = []
        self.abort_message = ""
        self._due: list[datetime] = []
        self._questions: list[Question] = []

    @property
    def status(self) -> RolloutStatus:
        return self.rollout.status

    @property
    def now(self) -> datetime:
        return self.seen.now

    @property
    def stamp(self) -> str:
        return instants.stamp(self.seen.now)

    @property
    def new(self) -> ReplicaSet | None:
        return replica_sets.by_hash(self.seen.sets, self.status.current_pod_hash)

    @property
    def stable(self) -> ReplicaSet | None:
        return replica_sets.by_hash(self.seen.sets, self.status.stable_rs)

    @property
    def others(self) -> list[ReplicaSet]:
        """Neither new nor stable, the newest first."""
        known = (self.status.current_pod_hash, self.status.stable_rs)
        return sorted((one for one in self.seen.sets if one.hash not in known), key=lambda one: -one.revision)

    @property
    def revision(self) -> int:
        new = self.new
        newest = max((one.revision for one in self.seen.sets), default=0)
        if new is None or not new.revision or new.revision != newest:
            return newest + 1
        return new.revision

    @property
    def is_promoted(self) -> bool:
        return bool(self.status.stable_rs) and self.status.stable_rs == self.status.current_pod_hash

    def set(self, **fields: Any) -> None:
        status = msgspec.structs.replace(self.rollout.status, **fields)
        self.rollout = msgspec.structs.replace(self.rollout, status=status)

    def set_canary(self, **fields: Any) -> None:
        self.set(canary=msgspec.structs.replace(self.status.canary, **fields))

    def set_blue_green(self, **fields: Any) -> None:
        self.set(blue_green=msgspec.structs.replace(self.status.blue_green, **fields))

    def act(self, action: Action) -> None:
        self.actions.append(action)

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        self.events.append(Event(reason, message, warning))

    def ask(self, question: Question) -> None:
        self._questions.append(question)

    def wake(self, at: datetime) -> None:
        self._due.append(at)

    def distrust(self, one: ReplicaSet) -> None:
        """What the status of it counts is from before a change that is made now."""
        unobserved = msgspec.structs.replace(one, is_observed=False)
        sets = tuple(unobserved if each.name == one.name else each for each in self.seen.sets)
        self.seen = msgspec.structs.replace(self.seen, sets=sets)

    def annotate(self, one: ReplicaSet, annotations: dict[str, str | None]) -> None:
        if self.seen.in_place is not None:
            self.act(AnnotateRevision(one.name, annotations))
        else:
            self.act(ChangeReplicaSet(one.name, annotations=annotations))

    def scale(self, one: ReplicaSet, replicas: int) -> None:
        if replicas == one.desired:
            return
        annotations: dict[str, str | None] = {replica_sets.DESIRED: str(replicas)}
        if replicas == 0 and one.deadline:
            annotations[replica_sets.DEADLINE] = None
        self.act(ChangeReplicaSet(one.name, replicas, annotations))
        direction = "up" if replicas > one.desired else "down"
        self.tell(
            "ScalingReplicaSet",
            f"Scaled {direction} ReplicaSet {one.name} (revision {one.revision}) from {one.desired} to {replicas}",
        )

    def set_deadline(self, one: ReplicaSet, at: datetime | None) -> None:
        wanted = instants.stamp(at) if at is not None else ""
        if wanted != one.deadline:
            self.act(ChangeReplicaSet(one.name, annotations={replica_sets.DEADLINE: wanted or None}))
        if at is not None:
            self.wake(at)

    def pause(self, reason: str) -> None:
        if not self.is_paused_for(reason):
            condition = PauseCondition(reason=reason, start_time=self.stamp)
            self.set(pause_conditions=(*self.status.pause_conditions, condition), controller_pause=True)

    def is_paused_for(self, reason: str) -> bool:
        return any(condition.reason == reason for condition in self.status.pause_conditions)

    def paused_since(self, reason: str) -> datetime | None:
        found = next((one.start_time for one in self.status.pause_conditions if one.reason == reason), None)
        return instants.parse(found)

    def unpause(self) -> None:
        self.set(pause_conditions=(), controller_pause=False)

    def abort(self, message: str) -> None:
        if not self.status.abort:
            self.abort_message = message
            self.set(abort=True)
            self.date_abort()

    def date_abort(self) -> None:
        """A person sets or takes back nothing but `abort` itself."""
        if self.status.abort and self.status.aborted_at is None:
            self.set(aborted_at=self.stamp)
            if not self.is_promoted:
                self.finish("Aborted")
        elif not self.status.abort and self.status.aborted_at is not None:
            self.set(aborted_at=None)
            if not self.is_promoted:
                self.finish("")

    def finish(self, word: str) -> None:
        """How and when the release ended, as dashboards read it; "" takes it back."""
        duration = self.status.duration or RolloutDurationStatus()
        finished_at = self.stamp if word else None
        self.set(duration=msgspec.structs.replace(duration, finished_at=finished_at, completion_status=word))

    def decision(self) -> Decision:
        due = min(self._due, default=None)
        again = None if due is None else max(due - self.now, timedelta(seconds=1))
        return Decision(tuple(self.actions), self.rollout.status, tuple(self.events), again, tuple(self._questions))
