"""A StatefulSet or DaemonSet with its revisions and pods, as deciding needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.in_place.kinds import DAEMON_SET, STATEFUL_SET
from holdfast.engine.rollout.replica_sets import MANAGED_BY, ReplicaSet
from holdfast.model.canary import CanaryStrategy
from holdfast.model.kube import (
    KubeObject,
    annotations_of,
    conditions_of,
    is_being_deleted,
    kind_of,
    labels_of,
    metadata_of,
    name_of,
    uid_of,
)
from holdfast.model.rollout import Rollout

REVISION_LABEL: Final = "controller-revision-hash"
"""On a pod of a StatefulSet the name of its ControllerRevision, on one of a DaemonSet its hash."""
HASH_LABELS: Final = {STATEFUL_SET: "controller.kubernetes.io/hash", DAEMON_SET: REVISION_LABEL}
HELD: Final = "holdfast.dev/held-revision"
"""On a DaemonSet that has its stable template for a while: the ControllerRevision of the one it had, and gets again."""


class Revision(Struct, frozen=True):
    """A ControllerRevision; `number` is Kubernetes' own."""

    name: str
    hash: str
    number: int
    template: KubeObject = {}
    metadata: dict[str, Any] = {}


class Pod(Struct, frozen=True):
    """`place` is the node of a DaemonSet's pod; `ordinal` counts from the first of a StatefulSet."""

    name: str
    hash: str
    uid: str = ""
    place: str = ""
    ordinal: int = 0
    available: bool = False
    ready: bool = False
    going: bool = False


class InPlace(Struct, frozen=True):
    """`wanted` is the hash of the revision that the release is about, `update` that of the template that is there now,
    `current` that of the pods which a StatefulSet makes anew below its partition.

    `partition` is None until the update strategy is ours (for a DaemonSet: 0 then).
    """

    kind: str
    name: str
    replicas: int
    wanted: str = ""
    update: str = ""
    current: str = ""
    partition: int | None = None
    before: int = 0
    """The partition as it was found."""
    is_held: bool = False
    told: int | None = None
    """How many pods are available as the workload's own controller says; None where it does not say."""
    pods: tuple[Pod, ...] = ()
    revisions: tuple[Revision, ...] = ()

    def of(self, hash_: str) -> Revision | None:
        return next((one for one in self.revisions if one.hash == hash_), None)

    @property
    def is_settled(self) -> bool:
        """Every pod is of the template that is there, and one that is made anew will be too."""
        there = [pod for pod in self.pods if not pod.going]
        is_kept = self.kind == DAEMON_SET or self.current == self.update
        return is_kept and len(there) == self.replicas and all(pod.hash == self.update for pod in there)

    def unavailable(self) -> int:
        """By the pods and by what their controller says, as either may be what was true a moment ago."""
        available = sum(pod.available and not pod.going for pod in self.pods)
        available = available if self.told is None else min(available, self.told)
        return self.replicas - min(available, self.replicas)


def is_observed(workload: KubeObject) -> bool:
    seen = (workload.get("status") or {}).get("observedGeneration")
    return seen is not None and int(seen) >= int(metadata_of(workload).get("generation") or 0)


def read(
    workload: KubeObject,
    revisions: Sequence[KubeObject],
    pods: Sequence[KubeObject],
    *,
    rollout: Rollout,
    now: datetime,
) -> InPlace | None:
    """None while the workload's own controller has not yet written down the revision of its template."""
    kind, spec = kind_of(workload), workload.get("spec") or {}
    status = workload.get("status") or {}
    found = tuple(_revision(obj, HASH_LABELS[kind]) for obj in revisions)
    hashes = {one.name: one.hash for one in found}
    newest = max(found, key=lambda one: one.number, default=None)
    update = hashes.get(str(status.get("updateRevision"))) if kind == STATEFUL_SET else newest and newest.hash
    if not update or not is_observed(workload):
        return None
    held = annotations_of(workload).get(HELD, "")
    is_lent = bool(held) and update == rollout.status.stable_rs and held in hashes
    strategy = spec.get("updateStrategy") or {}
    before = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    type_ = strategy.get("type") or "RollingUpdate"
    is_ours = annotations_of(workload).get(MANAGED_BY) == rollout.metadata.name
    is_ours = is_ours and type_ == ("RollingUpdate" if kind == STATEFUL_SET else "OnDelete")
    replicas = spec.get("replicas", 1) if kind == STATEFUL_SET else status.get("desiredNumberScheduled")
    first = int((spec.get("ordinals") or {}).get("start") or 0)
    least = timedelta(seconds=int(spec.get("minReadySeconds") or 0))
    return InPlace(
        kind=kind,
        name=name_of(workload),
        replicas=int(replicas or 0),
        wanted=hashes[held] if is_lent else update,
        update=update,
        current=hashes.get(str(status.get("currentRevision")), update),
        partition=before if is_ours else None,
        before=before,
        is_held=bool(held),
        told=status.get("availableReplicas" if kind == STATEFUL_SET else "numberAvailable"),
        pods=tuple(_pod(obj, hashes, first, least, now) for obj in pods),
        revisions=found,
    )


def managed(rollout: Rollout, strategy: dict[str, Any]) -> dict[str, Any]:
    """The change by which a Rollout makes the update strategy of its workload its own."""
    return {
        "metadata": {"annotations": {MANAGED_BY: rollout.metadata.name}},
        "spec": {"updateStrategy": strategy},
    }


def share(replicas: int, weight: int) -> int:
    """So many pods are new at this weight: rounded down, but one where there is any."""
    return max(replicas * weight // 100, 1) if weight and replicas else 0


def template_of(revision: KubeObject) -> KubeObject:
    """Of a ControllerRevision, without the mark that makes a patch of it."""
    template = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    return {key: value for key, value in template.items() if key != "$patch"}


def _revision(obj: KubeObject, label: str) -> Revision:
    name = name_of(obj)
    return Revision(
        name=name,
        hash=labels_of(obj).get(label) or name.rpartition("-")[2],
        number=int(obj.get("revision") or 0),
        template=template_of(obj),
        metadata=metadata_of(obj),
    )


def _pod(obj: KubeObject, hashes: dict[str, str], first: int, least: timedelta, now: datetime) -> Pod:
    said = labels_of(obj).get(REVISION_LABEL, "")
    ordinal = name_of(obj).rpartition("-")[2]
    ready = next(
        (one for one in conditions_of(obj) if one.get("type") == "Ready" and one.get("status") == "True"), None
    )
    since = instants.parse(ready.get("lastTransitionTime")) if ready is not None else None
    return Pod(
        name=name_of(obj),
        hash=hashes.get(said, said),
        uid=uid_of(obj),
        place=str((obj.get("spec") or {}).get("nodeName") or ""),
        ordinal=int(ordinal) - first if ordinal.isdecimal() else 0,
        available=ready is not None and (not least or since is None or now >= since + least),
        ready=ready is not None,
        going=is_being_deleted(obj),
    )


def sets(it: InPlace) -> tuple[ReplicaSet, ...]:
    """Each revision with its pods, as what a ReplicaSet is for other Rollouts."""
    return tuple(_set(it, revision) for revision in it.revisions)


def _set(it: InPlace, revision: Revision) -> ReplicaSet:
    there = [pod for pod in it.pods if pod.hash == revision.hash and not pod.going]
    annotations = revision.metadata.get("annotations") or {}
    # A StatefulSet whose pods are all new still makes old ones until it has said that it will not.
    is_kept = it.kind == DAEMON_SET or it.current == it.update or revision.hash != it.wanted
    return ReplicaSet(
        name=revision.name,
        hash=revision.hash,
        desired=len(there),
        current=len(there),
        ready=sum(pod.ready for pod in there),
        available=sum(pod.available for pod in there),
        revision=replica_sets.revision_of(annotations),
        created=str(revision.metadata.get("creationTimestamp") or ""),
        is_observed=is_kept,
        obj={"metadata": revision.metadata, "spec": {"template": revision.template}},
    )


def fitted(rollout: Rollout, it: InPlace) -> Rollout:
    """The Rollout with what its workload says for it. One pod at a time unless it allows more."""
    said = rollout.spec.strategy.canary or CanaryStrategy()
    unavailable = 1 if said.max_unavailable is None else said.max_unavailable
    canary = msgspec.structs.replace(said, max_surge=0, max_unavailable=unavailable)
    strategy = msgspec.structs.replace(rollout.spec.strategy, canary=canary)
    spec = msgspec.structs.replace(rollout.spec, replicas=it.replicas, strategy=strategy)
    return msgspec.structs.replace(rollout, spec=spec)
