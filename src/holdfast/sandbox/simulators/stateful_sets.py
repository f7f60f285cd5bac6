"""Runs the Pods of a StatefulSet one after the other, each with its own name and its own claims."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of, namespace_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import controller_revisions, pods
from holdfast.sandbox.simulators.controller_revisions import CONTROLLER_REVISION
from holdfast.sandbox.simulators.pods import MANAGER, POD
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner

STATEFUL_SET = GroupKind("apps", "StatefulSet")
CLAIM = GroupKind("", "PersistentVolumeClaim")

REVISION = "controller-revision-hash"
HASH = "controller.kubernetes.io/hash"


class StatefulSetDecision(Struct, frozen=True):
    """`create` are ordinals, `delete` Pods."""

    create: tuple[int, ...]
    delete: tuple[KubeObject, ...]
    status: dict[str, Any]
    again: timedelta | None = None


def decide_stateful_set(stateful_set: KubeObject, owned: Sequence[KubeObject], now: datetime) -> StatefulSetDecision:
    spec = stateful_set["spec"]
    by_ordinal = {ordinal_of(pod): pod for pod in owned}
    first = int((spec.get("ordinals") or {}).get("start") or 0)
    wanted = range(first, first + spec.get("replicas", 1))
    least = spec.get("minReadySeconds", 0)
    available = pods.availability([pod for pod in owned if pods.is_active(pod)], least, now)
    ready = {
        ordinal: pods.is_active(pod) and pods.unavailable_for(pod, least, now) == timedelta(0)
        for ordinal, pod in by_ordinal.items()
    }
    update = revision_of(stateful_set)
    parallel = spec.get("podManagementPolicy") == "Parallel"
    create, delete = (_parallel if parallel else _in_order)(wanted, by_ordinal, ready)
    if not create and not delete:
        delete = _outdated(spec, wanted, by_ordinal, ready, update)
    status = _status(stateful_set, owned, available, update)
    return StatefulSetDecision(tuple(create), tuple(delete), status, available.again)


def ordinal_of(pod: KubeObject) -> int:
    _, _, text = name_of(pod).rpartition("-")
    return int(text) if text.isdecimal() else -1


def revision_of(stateful_set: KubeObject) -> str:
    return f"{name_of(stateful_set)}-{pods.template_hash(stateful_set['spec']['template'])}"


def _in_order(
    wanted: range, by_ordinal: Mapping[int, KubeObject], ready: Mapping[int, bool]
) -> tuple[list[int], list[KubeObject]]:
    """The lowest that is missing, once all before it are ready; then the highest that is too much."""
    for ordinal in wanted:
        pod = by_ordinal.get(ordinal)
        if pod is None:
            return [ordinal], []
        if pods.is_finished(pod) and not is_being_deleted(pod):
            return [], [pod]
        if not ready[ordinal]:
            return [], []
    surplus = sorted(set(by_ordinal) - set(wanted), reverse=True)
    if surplus and not is_being_deleted(by_ordinal[surplus[0]]):
        return [], [by_ordinal[surplus[0]]]
    return [], []


def _parallel(
    wanted: range, by_ordinal: Mapping[int, KubeObject], _: Mapping[int, bool]
) -> tuple[list[int], list[KubeObject]]:
    missing = [ordinal for ordinal in wanted if ordinal not in by_ordinal]
    surplus = [
        pod
        for ordinal, pod in by_ordinal.items()
        if (ordinal not in wanted or pods.is_finished(pod)) and not is_being_deleted(pod)
    ]
    return missing, surplus


def _outdated(
    spec: dict[str, Any],
    wanted: range,
    by_ordinal: Mapping[int, KubeObject],
    ready: Mapping[int, bool],
    update: str,
) -> list[KubeObject]:
    """The highest Pod of an old template, once everything above it is ready."""
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    for ordinal in reversed(wanted):
        pod = by_ordinal.get(ordinal)
        if ordinal < wanted.start + partition or pod is None or is_being_deleted(pod):
            return []
        if labels_of(pod).get(REVISION) != update:
            return [pod]
        if not ready[ordinal]:
            return []
    return []


def _status(
    stateful_set: KubeObject, owned: Sequence[KubeObject], available: pods.Availability, update: str
) -> dict[str, Any]:
    old = stateful_set.get("status") or {}
    active = [pod for pod in owned if pods.is_active(pod)]
    updated = sum(labels_of(pod).get(REVISION) == update for pod in active)
    current = old.get("currentRevision") or update
    if updated == len(owned) == stateful_set["spec"].get("replicas", 1) and available.ready == updated:
        current = update
    on_current = sum(labels_of(pod).get(REVISION) == current for pod in active)
    return {
        "observedGeneration": stateful_set["metadata"].get("generation"),
        "replicas": len(active),
        "availableReplicas": available.available,
        "collisionCount": 0,
        "currentRevision": current,
        "updateRevision": update,
        **pods.without_zeros(
            {"readyReplicas": available.ready, "currentReplicas": on_current, "updatedReplicas": updated}
        ),
    }


def revision_for(stateful_set: KubeObject, ordinal: int) -> str:
    """Below the partition a Pod comes back as it was."""
    spec = stateful_set["spec"]
    strategy = spec.get("updateStrategy") or {}
    first = int((spec.get("ordinals") or {}).get("start") or 0)
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    current = (stateful_set.get("status") or {}).get("currentRevision")
    is_held = strategy.get("type") != "OnDelete" and ordinal < first + partition
    return str(current) if is_held and current else revision_of(stateful_set)


def new_pod(stateful_set: KubeObject, ordinal: int, revision: KubeObject | None = None) -> KubeObject:
    """Of the template that `revision`, a ControllerRevision, keeps; by default of the present one."""
    spec = stateful_set["spec"]
    template = copy.deepcopy(spec["template"]) if revision is None else controller_revisions.template_of(revision)
    name = f"{name_of(stateful_set)}-{ordinal}"
    claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or []]
    volumes = [each for each in (template.get("spec") or {}).get("volumes") or [] if each.get("name") not in claims]
    volumes += [{"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}"}} for claim in claims]
    placed = {"hostname": name, "subdomain": spec.get("serviceName") or None, "volumes": volumes or None}
    return pods.from_template(
        stateful_set,
        template,
        name,
        labels={
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
            REVISION: revision_of(stateful_set) if revision is None else name_of(revision),
        },
        spec={field: value for field, value in placed.items() if value},
    )


def new_claims(stateful_set: KubeObject, ordinal: int) -> list[KubeObject]:
    """Claims outlive their Pods and the set itself, so nothing owns them."""
    spec = stateful_set["spec"]
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                **{field: each["metadata"][field] for field in ("annotations",) if each["metadata"].get(field)},
                "name": f"{each['metadata']['name']}-{name_of(stateful_set)}-{ordinal}",
                "namespace": namespace_of(stateful_set),
                "labels": {**(each["metadata"].get("labels") or {}), **labels},
            },
            "spec": copy.deepcopy(each.get("spec") or {}),
        }
        for each in spec.get("volumeClaimTemplates") or []
    ]


class StatefulSets:
    name = "stateful-sets"
    kinds = frozenset({STATEFUL_SET, POD, CLAIM, CONTROLLER_REVISION})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, STATEFUL_SET)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        stateful_set = self._view.find(key)
        if stateful_set is None or is_being_deleted(stateful_set):
            return Settled()
        revisions = await controller_revisions.ensure(self._view, stateful_set, HASH)
        owned = self._view.owned(stateful_set, POD)
        decision = decide_stateful_set(stateful_set, owned, self._view.now())
        for ordinal in decision.create:
            for claim in new_claims(stateful_set, ordinal):
                if self._view.find(ObjectKey("", CLAIM.kind, key.namespace, name_of(claim))) is None:
                    await self._view.create(claim, MANAGER)
            revision = revisions.get(revision_for(stateful_set, ordinal))
            await self._view.create(new_pod(stateful_set, ordinal, revision), MANAGER)
        for pod in decision.delete:
            await self._view.delete(pod)
        await self._view.write_status(stateful_set, decision.status, MANAGER)
        live = {decision.status["currentRevision"], decision.status["updateRevision"]}
        await controller_revisions.forget(
            self._view, stateful_set, live | {labels_of(pod).get(REVISION, "") for pod in owned}
        )
        return Again(decision.again, "minReadySeconds") if decision.again else Settled()
