"""A release of a StatefulSet or DaemonSet played through without a cluster, its own controller included."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from holdfast.engine.kube import canonical, merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.rollout import actions, replica_sets, validation, workload
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.in_place.workload import HASH_LABELS, HELD, REVISION_LABEL, managed, read, sets
from holdfast.engine.rollout.rehearsal import Moment, Simulated, played
from holdfast.model.kube import KubeObject, labels_of
from holdfast.model.rollout import Rollout

RESTART: Final = timedelta(seconds=1)
SELECTOR: Final = {"matchLabels": {"app": "rehearsal"}}
TEMPLATE: Final = {"metadata": {"labels": SELECTOR["matchLabels"]}, "spec": {"containers": []}}


class SimulatedInPlace(Simulated):
    """`places` are the ordinals of a StatefulSet or the nodes of a DaemonSet; a pod that was deleted is away at once
    and comes back after a second."""

    def __init__(self, rollout: Rollout, replicas: int, *, ready_after: timedelta = RESTART) -> None:
        super().__init__(rollout, ready_after=ready_after)
        reference = kinds.reference(rollout)
        self.kind = reference.kind if reference is not None else kinds.STATEFUL_SET
        name = reference.name if reference is not None else rollout.metadata.name
        self.workload: KubeObject = {
            "apiVersion": "apps/v1",
            "kind": self.kind,
            "metadata": {"name": name, "generation": 1},
            "spec": {"replicas": replicas, "template": template_of(1), "selector": SELECTOR},
            "status": {},
        }
        self.replicas = replicas
        self.revisions: dict[str, KubeObject] = {}
        self.places: dict[int, tuple[str, datetime]] = {}
        """The revision of the pod of each place, and when it serves."""
        self.fewest = replicas
        self._controller()

    def set_template(self, template: KubeObject) -> None:
        self.workload = canonical.with_path(self.workload, template, "spec", "template")
        self._controller()

    def resize(self, replicas: int) -> None:
        self.replicas = replicas
        self.workload = canonical.with_path(self.workload, replicas, "spec", "replicas")
        self._controller()

    def serving(self, hash_: str | None = None) -> int:
        return sum(at <= self.now and hash_ in (None, one) for one, at in self.places.values())

    def shares(self) -> tuple[int, int, int, int]:
        new, status = self._update(), self.rollout.status
        if status.current_pod_hash and status.current_pod_hash != status.stable_rs:
            new = status.current_pod_hash
        there, ready = self.count(new), self.serving(new)
        return there, ready, len(self.places) - there, self.serving() - ready

    def count(self, hash_: str) -> int:
        return sum(one == hash_ for one, _ in self.places.values())

    def hash_of(self, template: KubeObject) -> str:
        return replica_sets.template_hash(template)

    def seen(self) -> Seen:
        pods = [self._pod(place, hash_, at) for place, (hash_, at) in self.places.items()]
        found = read(self.workload, list(self.revisions.values()), pods, rollout=self.rollout, now=self.now)
        if found is None:
            raise RuntimeError("the workload's controller has not seen its newest state")
        return Seen(
            rollout=self.rollout,
            template=workload.template_of(self.workload),
            selector=SELECTOR,
            now=self.now,
            sets=sets(found),
            runs=self.trials.runs(),
            experiments=self.trials.experiments(),
            answers=self.answers,
            workload=self.workload,
            in_place=found,
        )

    def move(self) -> tuple[bool, timedelta | None]:
        changed, due = super().move()
        worked = self._controller()
        self.fewest = min(self.fewest, self.serving())
        return changed or worked, due if changed or worked or not self._is_at_rest() else None

    def _coming(self) -> list[datetime]:
        return [at for _, at in self.places.values() if at > self.now]

    def _is_at_rest(self) -> bool:
        """Looking again in case something went unseen shows nothing here."""
        return not self.rollout.status.pause_conditions and self.serving() == self.replicas

    def _perform(self, action: actions.Action) -> bool:
        match action:
            case actions.SetUpdateStrategy(strategy):
                self.workload = merge_patch.apply(self.workload, managed(self.rollout, strategy))
            case actions.SetWorkloadTemplate(template, held):
                self.workload = canonical.with_path(self.workload, template, "spec", "template")
                self.workload = merge_patch.apply(self.workload, {"metadata": {"annotations": {HELD: held or None}}})
            case actions.AnnotateRevision(name, annotations):
                body = {"metadata": {"annotations": annotations}}
                self.revisions[name] = merge_patch.apply(self.revisions[name], body)
            case actions.DeletePod(name):
                self.places.pop(int(name.rpartition("-")[2]), None)
            case _:
                return super()._perform(action)
        self._register()
        return True

    def _controller(self) -> bool:
        """One round of the workload's own controller. Answers whether it did anything."""
        self._register()
        before = dict(self.places), self.workload["status"]
        self.places = {place: pod for place, pod in self.places.items() if place < self.replicas}
        if self.kind == kinds.STATEFUL_SET:
            self._roll()
        update, current = self._update(), self._current()
        for place in range(self.replicas):
            if place not in self.places:
                hash_ = current if self.kind == kinds.STATEFUL_SET and place < self._partition() else update
                self.places[place] = hash_, self.now + self.ready_after
        self._tell()
        return before != (dict(self.places), self.workload["status"])

    def _roll(self) -> None:
        """The highest old pod, when everything serves above it."""
        for place in range(self.replicas - 1, self._partition() - 1, -1):
            hash_, at = self.places.get(place, ("", self.now))
            if hash_ and hash_ != self._update():
                del self.places[place]
                self.fewest = min(self.fewest, self.serving())
                return
            if not hash_ or at > self.now:
                return

    def _partition(self) -> int:
        return int(canonical.get_path(self.workload, "spec", "updateStrategy", "rollingUpdate", "partition") or 0)

    def _update(self) -> str:
        return self.hash_of(self.workload["spec"]["template"])

    def _current(self) -> str:
        name = str(self.workload["status"].get("currentRevision") or "")
        return self._hash(self.revisions[name]) if name in self.revisions else self._update()

    def _register(self) -> None:
        hash_, label = self._update(), HASH_LABELS[self.kind]
        name = f"{self.workload['metadata']['name']}-{hash_}"
        highest = max((int(one["revision"]) for one in self.revisions.values()), default=0)
        before = self.revisions.get(name)
        if before is None:
            metadata = {"name": name, "labels": {label: hash_}, "creationTimestamp": instants.stamp(self.now)}
            data = {"spec": {"template": self.workload["spec"]["template"]}}
            self.revisions[name] = {"metadata": metadata, "data": data, "revision": highest + 1}
        elif before["revision"] != highest:
            self.revisions[name] = {**before, "revision": highest + 1}
        self._tell()

    def _tell(self) -> None:
        update = self._update()
        prefix = self.workload["metadata"]["name"]
        current = self._current()
        if self.count(update) == self.serving(update) == self.replicas:
            current = update
        status: dict[str, Any] = {
            "observedGeneration": 1,
            "desiredNumberScheduled": self.replicas,
            "currentRevision": f"{prefix}-{current}",
            "updateRevision": f"{prefix}-{update}",
        }
        self.workload = {**self.workload, "status": status}

    def _hash(self, revision: KubeObject) -> str:
        return labels_of(revision)[HASH_LABELS[self.kind]]

    def _pod(self, place: int, hash_: str, at: datetime) -> KubeObject:
        name = self.workload["metadata"]["name"]
        said = f"{name}-{hash_}" if self.kind == kinds.STATEFUL_SET else hash_
        ready = {"type": "Ready", "status": str(at <= self.now), "lastTransitionTime": instants.stamp(at)}
        return {
            "metadata": {"name": f"{name}-{place}", "uid": f"{place}", "labels": {REVISION_LABEL: said}},
            "spec": {"nodeName": f"node-{place:04}"},
            "status": {"conditions": [ready]},
        }


def template_of(version: int) -> KubeObject:
    """What is in the pods plays no part."""
    return canonical.with_path(TEMPLATE, str(version), "metadata", "annotations", "holdfast.dev/rehearsal")


def timetable(rollout: Rollout, replicas: int, *, ready_after: timedelta = RESTART, fails: str = "") -> list[Moment]:
    """As that of other Rollouts; the count of pods is the workload's."""
    problem = validation.problem(rollout)
    if problem:
        raise ValueError(problem)
    return played(SimulatedInPlace(rollout, replicas, ready_after=ready_after), template_of(2), fails=fails)
