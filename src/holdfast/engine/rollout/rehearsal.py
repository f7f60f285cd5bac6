"""A release played through without a cluster: what a Rollout will do, and when, if its pods behave as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.kube import canonical, merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.rollout import actions, defaults, replica_sets, steps, validation
from holdfast.engine.rollout.actions import RunAction
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.rehearsed_pods import Pods
from holdfast.engine.rollout.rehearsed_runs import PLUGIN, AtOnce, Trials
from holdfast.model.canary import CanaryStep
from holdfast.model.kube import KubeObject
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout
from holdfast.model.step_plugins import Answer, Execution, PluginPhase

BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_MOVES: Final = 5000
MOST_MOVES_OF_A_RELEASE: Final = 15_000
"""Some 7,000 pods that are replaced one by one."""
ANSWER: Final = timedelta(seconds=1)
"""How long a controller takes to see what has become of its own writes."""


class Moment(Struct, frozen=True):
    """How things stand from `after` on. `waits` says for what, "" for pods and routers."""

    after: timedelta
    step: int | None
    canary: int
    canary_ready: int
    stable: int
    stable_ready: int
    weight: int | None
    phase: str
    waits: str


class Simulated:
    """One Rollout, its sets and their pods; time stands still until `advance` is called."""

    def __init__(self, rollout: Rollout, *, ready_after: timedelta = timedelta(seconds=1)) -> None:
        labels = (rollout.spec.template.get("metadata") or {}).get("labels") or {}
        metadata = msgspec.structs.replace(rollout.metadata, uid="simulated", generation=1)
        self.rollout = msgspec.structs.replace(rollout, metadata=metadata)
        self.now = BEGIN
        self.ready_after = ready_after
        self.sets: dict[str, KubeObject] = {}
        self.pods: dict[str, Pods] = {}
        self.services: dict[str, KubeObject] = {
            name: {"metadata": {"name": name}, "spec": {"selector": dict(labels)}}
            for _, name in validation.service_names(rollout)
        }
        self.answers: dict[Execution, Answer] = {}
        self.weight = 0
        self.fails: Callable[[str], bool] = lambda _: False
        self.trials: Trials = AtOnce(lambda kind: self.fails(kind))

    def available(self, name: str) -> int:
        pods = self.pods.get(name)
        return 0 if pods is None else pods.serving(self.now)

    def shares(self) -> tuple[int, int, int, int]:
        """The pods of the new version and those that serve, then the same of the old one."""
        status = self.rollout.status
        stable_name = next((n for n, o in self.sets.items() if _hash(o) == status.stable_rs), "")
        canary_name = next((n for n, o in self.sets.items() if _hash(o) == status.current_pod_hash), "")
        if stable_name == canary_name:
            stable_name = next((n for n in self.sets if n != canary_name), "")
        canary, stable = self.pods.get(canary_name, Pods()), self.pods.get(stable_name, Pods())
        return len(canary), self.available(canary_name), len(stable), self.available(stable_name)

    def seen(self) -> Seen:
        selector = self.rollout.spec.selector
        return Seen(
            rollout=self.rollout,
            template=self.rollout.spec.template,
            selector=msgspec.to_builtins(selector) if selector is not None else {},
            now=self.now,
            sets=tuple(replica_sets.read(self._with_status(name)) for name in self.sets),
            services=self.services,
            runs=self.trials.runs(),
            experiments=self.trials.experiments(),
            answers=self.answers,
        )

    def _with_status(self, name: str) -> KubeObject:
        ready = self.available(name)
        status = {"replicas": len(self.pods[name]), "readyReplicas": ready, "availableReplicas": ready}
        return {**self.sets[name], "status": status}

    def move(self) -> tuple[bool, timedelta | None]:
        """One decision, carried out. Answers whether anything changed, and when the next one is due."""
        seen = self.seen()
        decision = decide(seen)
        changed = decision.status != self.rollout.status
        for action in decision.actions:
            if isinstance(action, RunAction):
                changed = self.trials.perform(seen, action, decision.status.stable_rs) or changed
            else:
                changed = self._perform(action) or changed
        phase = PluginPhase.FAILED if self.fails(PLUGIN) else PluginPhase.SUCCESSFUL
        self.answers = {asked.execution: Answer(phase) for asked in decision.questions}
        self.rollout = msgspec.structs.replace(self.rollout, status=decision.status)
        changed = changed or bool(self.answers)
        return changed, decision.again

    def _perform(self, action: actions.Action) -> bool:
        match action:
            case actions.CreateReplicaSet(obj):
                name = obj["metadata"]["name"]
                created = canonical.with_path(obj, instants.stamp(self.now), "metadata", "creationTimestamp")
                self.sets[name] = created
                self.pods[name] = Pods()
            case actions.ChangeReplicaSet(name, replicas, annotations):
                patch: dict[str, Any] = {"metadata": {"annotations": annotations}}
                self.sets[name] = merge_patch.apply(self.sets[name], patch)
                if replicas is not None:
                    self.sets[name] = canonical.with_path(self.sets[name], replicas, "spec", "replicas")
                    self._scale(name, replicas)
            case actions.DeleteReplicaSet(name):
                del self.sets[name], self.pods[name]
            case actions.PointService(name, hash_):
                self.services[name] = canonical.with_path(self.services[name], hash_, "spec", "selector", HASH_LABEL)
            case actions.SetTraffic(wanted):
                changed = self.weight != wanted.weight
                self.weight = wanted.weight
                return changed
            case actions.SetReplicas(replicas):
                self.change(replicas=replicas)
            case actions.AnnotateRollout(annotations):
                metadata = self.rollout.metadata
                metadata = msgspec.structs.replace(metadata, annotations={**metadata.annotations, **annotations})
                self.rollout = msgspec.structs.replace(self.rollout, metadata=metadata)
            case _:
                return False
        return True

    def _scale(self, name: str, replicas: int) -> None:
        self.pods[name].settle(self.now)
        self.pods[name].scale(replicas, self.now + self.ready_after)

    def set_template(self, template: KubeObject) -> None:
        self.change(template=template)

    def change(self, **spec: Any) -> None:
        """A new generation of the spec."""
        metadata = msgspec.structs.replace(self.rollout.metadata, generation=self.rollout.metadata.generation + 1)
        changed = msgspec.structs.replace(self.rollout.spec, **spec)
        self.rollout = msgspec.structs.replace(self.rollout, metadata=metadata, spec=changed)

    def set_status(self, **fields: Any) -> None:
        status = msgspec.structs.replace(self.rollout.status, **fields)
        self.rollout = msgspec.structs.replace(self.rollout, status=status)

    def advance(self, due: timedelta | None) -> bool:
        """To the next moment at which something happens by itself; False when there is none."""
        coming = self._coming()
        if due is not None:
            coming.append(self.now + due)
        while True:
            trial = self.trials.coming()
            at = min([*coming, *([trial] if trial is not None else [])], default=None)
            if at is None:
                return False
            verdict = self.trials.proceed(at)
            if verdict is not None or at in coming:
                self.now = at if verdict is None else verdict
                return True

    def _coming(self) -> list[datetime]:
        """When pods that are there will serve."""
        return [at for pods in self.pods.values() for at in pods if at > self.now]

    def until_quiet(self, most: int = MOST_MOVES) -> Iterator[bool]:
        """Moves until nothing happens any more; yields after each one. Raises RuntimeError for what never ends."""
        for _ in range(most):
            changed, due = self.move()
            yield changed
            if not changed and not self.advance(due):
                return
        raise RuntimeError(f"no end after {most} moves: {self.rollout.status.message}")


def timetable(rollout: Rollout, *, ready_after: timedelta = timedelta(seconds=1), fails: str = "") -> list[Moment]:
    """Every moment of a release of a new template, from a healthy Rollout on.

    Where a person is waited for, the answer comes at once, as `waits` says. `fails` names the kind of analysis that
    fails. Raises ValueError for a Rollout that is not valid.
    """
    problem = validation.problem(rollout)
    if problem:
        raise ValueError(problem)
    return played(Simulated(rollout, ready_after=ready_after), next_template(rollout), fails=fails)


def next_template(rollout: Rollout) -> KubeObject:
    return canonical.with_path(rollout.spec.template, "next", "metadata", "annotations", "holdfast.dev/rehearsal")


def played(cluster: Simulated, template: KubeObject, *, fails: str = "") -> list[Moment]:
    """From the first deployment on; told are the moments of the release of the template."""
    deploy(cluster)
    cluster.fails = lambda kind: bool(fails) and kind == fails
    moments: list[Moment] = []
    for moment in release(cluster, template):
        _note(moments, moment)
    return moments


def deploy(cluster: Simulated) -> None:
    """The first version, which nothing proves. Raises ValueError for one that is too long to play through."""
    for _ in _bounded(cluster, MOST_MOVES_OF_A_RELEASE):
        pass


def release(cluster: Simulated, template: KubeObject) -> Iterator[Moment]:
    """How things stand after every move; a person who is waited for answers at once.

    Raises ValueError for a release that is too long to play through.
    """
    cluster.set_template(template)
    began, left = cluster.now, MOST_MOVES_OF_A_RELEASE
    while True:
        for _ in _bounded(cluster, left):
            left -= 1
            yield _moment(cluster, began)
        if not cluster.rollout.status.pause_conditions:
            return
        cluster.set_status(pause_conditions=())


def _bounded(cluster: Simulated, most: int) -> Iterator[bool]:
    try:
        yield from cluster.until_quiet(most)
    except RuntimeError:
        raise ValueError(
            f"too long to play through: {defaults.replicas(cluster.rollout)} replicas, {MOST_MOVES_OF_A_RELEASE} "
            "moves of the controller are played; with fewer replicas or a larger maxSurge it takes fewer"
        ) from None


def _note(moments: list[Moment], moment: Moment) -> None:
    last = moments[-1] if moments else None
    if last is not None and msgspec.structs.replace(last, after=moment.after) == moment:
        return
    if last is not None and last.after == moment.after and last.step == moment.step and last.waits == moment.waits:
        moments[-1] = moment
        return
    moments.append(moment)


def _moment(cluster: Simulated, began: datetime) -> Moment:
    rollout = cluster.rollout
    status = rollout.status
    canary, canary_ready, stable, stable_ready = cluster.shares()
    return Moment(
        after=cluster.now - began,
        step=status.current_step_index,
        canary=canary,
        canary_ready=canary_ready,
        stable=stable,
        stable_ready=stable_ready,
        weight=None if status.canary.weights is None else status.canary.weights.canary.weight,
        phase=status.phase,
        waits=_waits(rollout),
    )


def _hash(obj: KubeObject) -> str:
    return str(canonical.get_path(obj, "metadata", "labels", HASH_LABEL) or "")


def _waits(rollout: Rollout) -> str:
    reasons = [condition.reason for condition in rollout.status.pause_conditions]
    step = steps.current(rollout)
    if not reasons:
        return _waits_for_a_verdict(rollout, step)
    if step is not None and step.pause is not None:
        length = steps.pause_length(step.pause)
        return "a person" if length is None else f"{length.total_seconds():g} s"
    strategy = rollout.spec.strategy.blue_green
    if strategy is not None and strategy.auto_promotion_seconds:
        return f"{strategy.auto_promotion_seconds} s"
    return "a person"


def _waits_for_a_verdict(rollout: Rollout, step: CanaryStep | None) -> str:
    status = rollout.status
    if status.abort:
        return ""
    for words, run in (
        ("the pre-promotion analysis", status.blue_green.pre_promotion_analysis_run_status),
        ("the post-promotion analysis", status.blue_green.post_promotion_analysis_run_status),
    ):
        if run is not None and run.status in ("Pending", "Running"):
            return words
    for words, is_it in (
        ("the plugin", step is not None and step.plugin is not None),
        ("the analysis", step is not None and step.analysis is not None),
        ("the experiment", step is not None and step.experiment is not None),
    ):
        if is_it:
            return words
    return ""
