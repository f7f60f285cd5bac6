"""What is there of a simulation's Rollouts at this moment and was a little while ago, told from the writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from holdfast.engine.rollout import defaults
from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted, kind_of, labels_of, name_of, uid_of
from holdfast.model.rollout import Rollout
from holdfast.testing.rollout_plans import DAEMON_SET, GOOD, HASH_LABEL, MOOD
from holdfast.testing.rollout_scales import most_asked_for

REVISION_LABEL: Final = "controller-revision-hash"
Fail = Callable[[str, str], None]
"""Takes down which invariant is broken, and by what."""


class Recent:
    """A number and what it was before, each with the time at which it began to hold."""

    def __init__(self) -> None:
        self._values: deque[tuple[float, int]] = deque()

    def note(self, at: float, value: int) -> None:
        if not self._values or self._values[-1][1] != value:
            self._values.append((at, value))

    def since(self, at: float) -> list[int]:
        """What it was at some moment since then; zero alone before it was ever noted."""
        while len(self._values) > 1 and self._values[1][0] <= at:
            self._values.popleft()
        return [value for _, value in self._values] or [0]


class Pod(Struct, frozen=True):
    owner: str
    hash: str
    is_ready: bool
    is_active: bool

    @property
    def serves(self) -> bool:
        return self.is_ready and self.is_active


class SeenRollout(Struct):
    """`asked` counts what people have asked of it; `failed` says since when an analysis speaks against a hash."""

    rollout: Rollout
    uid: str
    replicas: Recent = field(default_factory=Recent)
    promised: Recent = field(default_factory=Recent)
    most: Recent = field(default_factory=Recent)
    most_scaled: Recent = field(default_factory=Recent)
    asked: int = 0
    failed: dict[str, float] = field(default_factory=dict)
    aborted: set[str] = field(default_factory=set)
    disturbed_at: float = float("-inf")
    runs: set[tuple[str, ...]] = field(default_factory=set)
    restarts: bool = False
    routes_edited_at: float = float("-inf")
    lost_sets: bool = False

    def note(self, at: float, rollout: Rollout) -> None:
        self.rollout = rollout
        wanted = defaults.replicas(rollout)
        self.replicas.note(at, wanted)
        self.promised.note(at, defaults.promised(rollout))
        self.most.note(at, wanted + defaults.max_surge(rollout))
        self.most_scaled.note(at, most_asked_for(rollout))
        self.restarts = self.restarts or bool(rollout.spec.restart_at)


class Watching:
    """By name; only what belongs to a Rollout is kept."""

    def __init__(self) -> None:
        self.rollouts: dict[str, SeenRollout] = {}
        self.sets: dict[str, KubeObject] = {}
        self.services: dict[str, str] = {}
        self.virtual_services: dict[str, KubeObject] = {}
        self.runs: dict[str, KubeObject] = {}
        self.workloads: dict[str, KubeObject] = {}
        self.revisions: dict[str, KubeObject] = {}
        self._asked_for: dict[str, Recent] = {}
        self._pods: dict[str, Pod] = {}
        self._moods: dict[str, str] = {}
        self._serving: dict[str, Recent] = {}

    def saw(self, plural: str, name: str, after: KubeObject | None, at: float) -> None:
        match plural:
            case "rollouts":
                self._saw_rollout(name, after, at)
            case "replicasets":
                self._saw_set(name, after)
            case "pods":
                self._saw_pod(name, after, at)
            case "services":
                self._keep(self.services, name, _selected(after))
            case "virtualservices":
                self._keep(self.virtual_services, name, after)
            case "destinationrules":
                for subset in ("canary", "stable"):
                    self._keep(self.services, f"{name}-{subset}", subset_hashes(after).get(subset) if after else None)
            case "analysisruns":
                self._keep(self.runs, name, after)
            case "deployments" | "statefulsets" | "daemonsets":
                self._saw_workload(name, after, at)
            case "controllerrevisions":
                self._saw_revision(name, after)
            case _:
                return

    def owned(self, owner: SeenRollout) -> list[KubeObject]:
        return [one for one in self.sets.values() if owner_of(one) == owner.uid and not is_being_deleted(one)]

    def pods_of(self, sets: list[KubeObject]) -> list[Pod]:
        uids = {uid_of(one) for one in sets}
        return [pod for pod in self._pods.values() if pod.owner in uids]

    def serving(self, one: KubeObject) -> int:
        return self._counted(uid_of(one))

    def least_serving(self, one: KubeObject, since: float) -> int:
        """The fewest of its pods that served at some moment since then."""
        return min(self._serving.get(uid_of(one), Recent()).since(since))

    def most_serving(self, one: KubeObject, since: float) -> int:
        """The most of its pods that served at some moment since then."""
        return max(self._serving.get(uid_of(one), Recent()).since(since))

    def best_serving(self, owner: SeenRollout, hash_: str, since: float) -> int:
        """The most pods of that hash that served at some moment since then."""
        found = [one for one in self.owned(owner) if labels_of(one).get(HASH_LABEL) == hash_]
        return max((self.most_serving(one, since) for one in found), default=0)

    def owner_of_pod(self, pod: KubeObject) -> SeenRollout | None:
        """Also of a pod of the workload that lends it its template."""
        found = next((one for one in self.sets.values() if uid_of(one) == owner_of(pod)), None)
        seen = self.rollout_of(found) if found is not None else None
        owner = owner_of(pod) if found is None else owner_of(found)
        lender = next((name for name, one in self.workloads.items() if uid_of(one) == owner), "")
        return seen or self.rollouts.get(lender)

    def lender(self, seen: SeenRollout) -> KubeObject | None:
        """The workload that the Rollout names; it has the same name."""
        return self.workloads.get(seen.rollout.metadata.name) if seen.rollout.spec.workload_ref is not None else None

    def sets_of(self, workload: KubeObject) -> list[KubeObject]:
        return [one for one in self.sets.values() if owner_of(one) == uid_of(workload) and not is_being_deleted(one)]

    def all_pods_in_place(self, workload: KubeObject) -> list[Pod]:
        """Those that the workload itself owns."""
        return [pod for pod in self._pods.values() if pod.owner == uid_of(workload)]

    def pods_in_place(self, workload: KubeObject) -> list[Pod]:
        """Those that are not on their way out."""
        return [pod for pod in self.all_pods_in_place(workload) if pod.is_active]

    def pod_serves(self, name: str) -> bool:
        return name in self._pods and self._pods[name].serves

    def asked_for(self, workload: KubeObject, since: float) -> list[int]:
        """How many pods it shall have, at each moment since then."""
        return self._asked_for[uid_of(workload)].since(since)

    def newest_revision(self, workload: KubeObject) -> str:
        owned = [one for one in self.revisions.values() if owner_of(one) == uid_of(workload)]
        newest = max(owned, key=lambda one: int(one.get("revision") or 0), default=None)
        return name_of(newest).rpartition("-")[2] if newest is not None else ""

    def template(self, seen: SeenRollout) -> KubeObject:
        lender = self.lender(seen)
        return dict(seen.rollout.spec.template if lender is None else lender["spec"]["template"])

    def mood_of_template(self, seen: SeenRollout) -> str:
        return str((self.template(seen).get("metadata") or {}).get("annotations", {}).get(MOOD, GOOD))

    def mood_of_release(self, name: str) -> str:
        seen = self.rollouts.get(name)
        return self.mood(seen.rollout.status.current_pod_hash) if seen is not None else ""

    def rollout_of(self, owned: KubeObject) -> SeenRollout | None:
        uid = owner_of(owned)
        return next((seen for seen in self.rollouts.values() if seen.uid == uid), None)

    def mood(self, hash_: str) -> str:
        """Also of a set that is gone."""
        return self._moods.get(hash_, "")

    def _saw_rollout(self, name: str, after: KubeObject | None, at: float) -> None:
        if after is None:
            self.rollouts.pop(name, None)
            return
        rollout = msgspec.convert(after, Rollout)
        seen = self.rollouts.get(name)
        if seen is None or seen.uid != rollout.metadata.uid:
            seen = self.rollouts[name] = SeenRollout(rollout, rollout.metadata.uid)
        seen.note(at, rollout)

    def _saw_set(self, name: str, after: KubeObject | None) -> None:
        self._keep(self.sets, name, after)
        if after is not None:
            annotations = (after["spec"]["template"].get("metadata") or {}).get("annotations") or {}
            self._moods[labels_of(after).get(HASH_LABEL, "")] = annotations.get(MOOD, "")

    def _saw_workload(self, name: str, after: KubeObject | None, at: float) -> None:
        self._keep(self.workloads, name, after)
        if after is not None:
            wanted = after["spec"].get("replicas", 1)
            if kind_of(after) == DAEMON_SET:
                wanted = (after.get("status") or {}).get("desiredNumberScheduled", 0)
            self._asked_for.setdefault(uid_of(after), Recent()).note(at, int(wanted))

    def _saw_revision(self, name: str, after: KubeObject | None) -> None:
        self._keep(self.revisions, name, after)
        if after is not None:
            metadata = after["data"]["spec"]["template"].get("metadata") or {}
            self._moods[name.rpartition("-")[2]] = (metadata.get("annotations") or {}).get(MOOD, "")

    def _saw_pod(self, name: str, after: KubeObject | None, at: float) -> None:
        before = self._pods.pop(name, None)
        if after is not None:
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions_of(after))
            is_over = (after.get("status") or {}).get("phase") in ("Succeeded", "Failed")
            active = not is_being_deleted(after) and not is_over
            labels = labels_of(after)
            hash_ = labels.get(HASH_LABEL) or labels.get(REVISION_LABEL, "").rpartition("-")[2]
            self._pods[name] = Pod(owner_of(after), hash_, ready, active)
        for owner in {pod.owner for pod in (before, self._pods.get(name)) if pod is not None}:
            self._serving.setdefault(owner, Recent()).note(at, self._counted(owner))

    def _counted(self, uid: str) -> int:
        return sum(pod.serves for pod in self._pods.values() if pod.owner == uid)

    def _keep(self, kept: dict[str, Any], name: str, after: Any) -> None:
        if after is None:
            kept.pop(name, None)
        else:
            kept[name] = after


def owner_of(obj: KubeObject) -> str:
    """The uid of the object that controls it, "" for none."""
    owners = obj["metadata"].get("ownerReferences") or []
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")


def desired(one: KubeObject) -> int:
    return int(one["spec"].get("replicas", 1))


def hash_of(obj: KubeObject) -> str:
    return labels_of(obj).get(HASH_LABEL, "")


def weights(virtual_service: KubeObject) -> dict[str, int]:
    """Of the route that is the Rollout's, by host; a subset is named as the service would be that it stands for."""
    return {
        "-".join(destination["destination"].values()): int(destination.get("weight") or 0)
        for route in primary(virtual_service)
        for destination in route.get("route") or []
    }


def subset_hashes(rule: KubeObject) -> dict[str, str]:
    return {one["name"]: str(one["labels"].get(HASH_LABEL) or "") for one in rule["spec"]["subsets"]}


def primary(virtual_service: KubeObject) -> Iterator[dict[str, Any]]:
    return (route for route in virtual_service["spec"]["http"] if route.get("name") == "primary")


def _selected(service: KubeObject | None) -> str | None:
    return None if service is None else str((service["spec"].get("selector") or {}).get(HASH_LABEL) or "")
