"""An Experiment played through without a cluster: its own decisions, on pods that behave as told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from holdfast.engine.kube import canonical, merge_patch
from holdfast.engine.rollout import replica_sets, run_objects
from holdfast.engine.rollout.actions import ChangeReplicaSet, StartExperiment
from holdfast.engine.rollout.draft import Run
from holdfast.engine.rollout.draft import Seen as SeenRollout
from holdfast.engine.rollout.experiment.decide import decide
from holdfast.engine.rollout.experiment.draft import Action, Chosen, EndRun, Make, RemoveService, Seen
from holdfast.engine.rollout.rehearsed_pods import Pods
from holdfast.model.experiment import Experiment
from holdfast.model.kube import KubeObject, kind_of, name_of
from holdfast.model.rollout import WeightDestination

MOST_MOVES = 100


class PlayedExperiment:
    """`chosen` are the templates of its analyses. What it wants of analyses is left in `made` and `ended`."""

    def __init__(
        self, seen: SeenRollout, start: StartExperiment, stable: str, chosen: Mapping[str, Chosen], ready: timedelta
    ) -> None:
        obj = run_objects.experiment(seen, start, stable=stable)
        obj = canonical.with_path(obj, f"simulated-{start.name}", "metadata", "uid")
        self.experiment = msgspec.convert(obj, Experiment)
        self.start = start
        self.ready_after = ready
        self.chosen = chosen
        self.sets: dict[str, KubeObject] = {}
        self.pods: dict[str, Pods] = {}
        self.services: dict[str, KubeObject] = {}
        self.made: list[KubeObject] = []
        self.ended: list[str] = []
        self._due: datetime | None = None

    @property
    def run(self) -> Run:
        """As the Rollout sees it."""
        status = self.experiment.status
        serving = {
            one.name: WeightDestination(service_name=one.service_name, pod_template_hash=one.pod_template_hash)
            for one in status.template_statuses
            if one.service_name and one.status == "Running"
        }
        hash_, at = self.start.hash, self.start.index
        return Run(self.start.name, "", hash_, at, status.phase, status.message, serving=serving)

    def stop(self) -> None:
        spec = msgspec.structs.replace(self.experiment.spec, terminate=True)
        self.experiment = msgspec.structs.replace(self.experiment, spec=spec)

    def move(self, now: datetime, runs: Mapping[str, Run]) -> bool:
        """One decision. Answers whether anything changed."""
        sets = {name: replica_sets.read(self._with_status(name, now)) for name in self.sets}
        seen = Seen(
            self.experiment, now=now, sets=sets, services=self.services, runs=dict(runs), chosen=dict(self.chosen)
        )
        decision = decide(seen)
        for action in decision.actions:
            self._perform(action, now)
        changed = bool(decision.actions) or decision.status != self.experiment.status
        self.experiment = msgspec.structs.replace(self.experiment, status=decision.status)
        self._due = None if decision.again is None else now + decision.again
        return changed

    def coming(self, now: datetime) -> datetime | None:
        """Nothing any more once it is over: what is cleared away then holds up no release."""
        if self.run.is_over:
            return None
        found = [at for pods in self.pods.values() for at in pods if at > now]
        return min([*found, *([self._due] if self._due is not None else [])], default=None)

    def _with_status(self, name: str, now: datetime) -> KubeObject:
        ready = self.pods[name].serving(now)
        status = {"replicas": len(self.pods[name]), "readyReplicas": ready, "availableReplicas": ready}
        return {**self.sets[name], "status": status}

    def _perform(self, action: Action, now: datetime) -> None:
        match action:
            case Make(obj) if kind_of(obj) == "ReplicaSet":
                self.sets[name_of(obj)] = obj
                self.pods[name_of(obj)] = Pods()
                self.pods[name_of(obj)].scale(int(obj["spec"]["replicas"]), now + self.ready_after)
            case Make(obj) if kind_of(obj) == "Service":
                self.services[name_of(obj)] = obj
            case Make(obj):
                self.made.append(obj)
            case EndRun(name):
                self.ended.append(name)
            case RemoveService(name):
                self.services.pop(name, None)
            case ChangeReplicaSet(name, replicas, annotations):
                patch = {"metadata": {"annotations": annotations}}
                self.sets[name] = merge_patch.apply(self.sets[name], patch)
                if replicas is not None:
                    self.sets[name] = canonical.with_path(self.sets[name], replicas, "spec", "replicas")
                    self.pods[name].scale(replicas, now + self.ready_after)
