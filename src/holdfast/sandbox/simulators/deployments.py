"""Rolls a Deployment out through ReplicaSets, and reports how far it is."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, conditions_of, is_being_deleted, name_of, namespace_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import conditions, rolling
from holdfast.sandbox.simulators.pods import MANAGER, template_hash, without_zeros
from holdfast.sandbox.simulators.replica_sets import REPLICA_SET
from holdfast.sandbox.simulators.rolling import counted, wanted
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner, owner_reference

DEPLOYMENT = GroupKind("apps", "Deployment")

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = frozenset({"kubectl.kubernetes.io/last-applied-configuration", REVISION, DESIRED, MAXIMUM})

DONE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"


class DeploymentDecision(Struct, frozen=True):
    """`resize` and `annotate` go by the name of the ReplicaSet."""

    create: KubeObject | None
    resize: dict[str, int]
    annotate: dict[str, dict[str, str]]
    delete: tuple[KubeObject, ...]
    revision: str
    status: dict[str, Any]
    again: timedelta | None = None


def decide_deployment(deployment: KubeObject, owned: Sequence[KubeObject], now: datetime) -> DeploymentDecision:
    by_age = sorted(owned, key=lambda each: (each["metadata"].get("creationTimestamp") or "", name_of(each)))
    new = next((each for each in by_age if _same_template(deployment, each)), None)
    old = [each for each in by_age if each is not new]
    paused = bool(deployment["spec"].get("paused"))
    create = None
    if new is None and not paused and _may_create(deployment, old):
        create = new_replica_set(deployment, old)
    revision = _revision(new, old) if new is not None else (annotations_of(create or {}).get(REVISION, ""))
    status, again = _status(deployment, new, old, now, created=create)
    return DeploymentDecision(
        create=create,
        resize=_resized(deployment, new, old),
        annotate=_annotated(deployment, new, old, revision),
        delete=() if paused else _superfluous(deployment, old),
        revision=revision,
        status=status,
        again=again,
    )


def new_replica_set(deployment: KubeObject, old: Sequence[KubeObject]) -> KubeObject:
    spec = deployment["spec"]
    template = copy.deepcopy(spec["template"])
    hashed = template_hash(template)
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: hashed}
    template["metadata"] = {**(template.get("metadata") or {}), "labels": labels}
    selector = copy.deepcopy(spec.get("selector") or {})
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: hashed}
    surge, _ = rolling.fence_posts(deployment)
    replicas = spec.get("replicas", 1)
    recreate = (spec.get("strategy") or {}).get("type") == "Recreate"
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{hashed}",
            "namespace": namespace_of(deployment),
            "labels": labels,
            "annotations": {
                **{name: value for name, value in annotations_of(deployment).items() if name not in NOT_COPIED},
                **_sizes_noted(deployment),
                REVISION: str(1 + max((revision_of(each) for each in old), default=0)),
            },
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": replicas if recreate else rolling.new_size(replicas, surge, None, old),
            **without_zeros({"minReadySeconds": spec.get("minReadySeconds")}),
            "selector": selector,
            "template": template,
        },
    }


def revision_of(replica_set: KubeObject) -> int:
    text = annotations_of(replica_set).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def _same_template(deployment: KubeObject, replica_set: KubeObject) -> bool:
    template = copy.deepcopy((replica_set.get("spec") or {}).get("template") or {})
    labels = (template.get("metadata") or {}).get("labels") or {}
    labels.pop(HASH, None)
    return _normal(template) == _normal(deployment["spec"]["template"])


def _normal(template: dict[str, Any]) -> dict[str, Any]:
    metadata = {name: value for name, value in (template.get("metadata") or {}).items() if value}
    return {"metadata": metadata, "spec": template.get("spec")}


def _may_create(deployment: KubeObject, old: Sequence[KubeObject]) -> bool:
    if (deployment["spec"].get("strategy") or {}).get("type") != "Recreate":
        return True
    return not any(wanted(each) or counted(each, "replicas") for each in old)


def _resized(deployment: KubeObject, new: KubeObject | None, old: Sequence[KubeObject]) -> dict[str, int]:
    if deployment["spec"].get("paused"):
        return rolling.paused_sizes(deployment, new, old)
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return rolling.recreated_sizes(deployment, new, old)
    return rolling.rolling_sizes(deployment, new, old) if new is not None else {}


def _revision(new: KubeObject, old: Sequence[KubeObject]) -> str:
    """A template that comes back gets a number of its own again."""
    highest = max((revision_of(each) for each in old), default=0)
    return str(revision_of(new) if revision_of(new) > highest else highest + 1)


def _sizes_noted(deployment: KubeObject) -> dict[str, str]:
    replicas = deployment["spec"].get("replicas", 1)
    return {DESIRED: str(replicas), MAXIMUM: str(replicas + rolling.fence_posts(deployment)[0])}


def _annotated(
    deployment: KubeObject, new: KubeObject | None, old: Sequence[KubeObject], revision: str
) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in (*old, *([new] if new is not None else [])):
        noted = dict(_sizes_noted(deployment)) if wanted(each) else {}
        if each is new:
            noted[REVISION] = revision
        changed = {name: value for name, value in noted.items() if annotations_of(each).get(name) != value}
        if changed:
            found[name_of(each)] = changed
    return found


def _superfluous(deployment: KubeObject, old: Sequence[KubeObject]) -> tuple[KubeObject, ...]:
    kept = deployment["spec"].get("revisionHistoryLimit", 10)
    empty = [
        each
        for each in sorted(old, key=revision_of)
        if not wanted(each) and not counted(each, "replicas") and not is_being_deleted(each)
    ]
    return tuple(empty[: max(0, len(empty) - kept)])


def _status(
    deployment: KubeObject, new: KubeObject | None, old: Sequence[KubeObject], now: datetime, created: KubeObject | None
) -> tuple[dict[str, Any], timedelta | None]:
    everything = [*old, *([new] if new is not None else [])]
    available = sum(counted(each, "availableReplicas") for each in everything)
    status = without_zeros(
        {
            "observedGeneration": deployment["metadata"].get("generation"),
            "replicas": sum(counted(each, "replicas") for each in everything),
            "updatedReplicas": counted(new, "replicas") if new is not None else 0,
            "readyReplicas": sum(counted(each, "readyReplicas") for each in everything),
            "availableReplicas": available,
            "unavailableReplicas": max(0, sum(wanted(each) for each in everything) - available),
        }
    )
    found = _available_condition(deployment, available, now)
    found, again = _progress(deployment, found, status, name_of(new or created or {}), now, created=created is not None)
    status["conditions"] = found
    return status, again


def _available_condition(deployment: KubeObject, available: int, now: datetime) -> list[conditions.Condition]:
    replicas = deployment["spec"].get("replicas", 1)
    enough = available >= replicas - rolling.fence_posts(deployment)[1]
    return _with(
        conditions_of(deployment),
        "Available",
        enough,
        "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        now,
    )


def _progress(
    deployment: KubeObject,
    found: list[conditions.Condition],
    status: dict[str, Any],
    replica_set: str,
    now: datetime,
    *,
    created: bool,
) -> tuple[list[conditions.Condition], timedelta | None]:
    """The Progressing condition, and when its deadline ends."""
    old = conditions.find(found, "Progressing")
    subject = f'ReplicaSet "{replica_set}"'
    if deployment["spec"].get("paused"):
        return _with(found, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now), None
    if old.get("reason") == "DeploymentPaused":
        found = _with(found, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", now)
        return found, timedelta(seconds=0.1)
    if created:
        message = f'Created new replica set "{replica_set}"'
        return _with(found, "Progressing", True, "NewReplicaSetCreated", message, now, moved=True), None
    if _is_complete(deployment, status):
        return _with(found, "Progressing", True, DONE, f"{subject} has successfully progressed.", now), None
    if _has_moved(deployment, status) or not old:
        found = _with(found, "Progressing", True, "ReplicaSetUpdated", f"{subject} is progressing.", now, moved=True)
    elif old.get("reason") == DONE:
        # It had been complete and Pods were lost since: no roll-out is under way that could take too long.
        return found, None
    deadline = timedelta(seconds=deployment["spec"].get("progressDeadlineSeconds", 600))
    passed = instants.seconds_since(conditions.find(found, "Progressing").get("lastUpdateTime"), now)
    left = deadline - timedelta(seconds=passed)
    if left > timedelta(0) and old.get("reason") != TIMED_OUT:
        return found, left
    return _with(found, "Progressing", False, TIMED_OUT, f"{subject} has timed out progressing.", now), None


def _with(
    found: list[conditions.Condition],
    kind: str,
    status: bool | str,
    reason: str,
    message: str,
    now: datetime,
    *,
    moved: bool = False,
) -> list[conditions.Condition]:
    """`moved` renews the update time although status and reason stay."""
    old = conditions.find(found, kind)
    same = old.get("status") == str(status) and old.get("reason") == reason and old.get("message") == message
    updated = old["lastUpdateTime"] if same and not moved and "lastUpdateTime" in old else instants.stamp(now)
    return conditions.with_condition(found, kind, status, now, reason=reason, message=message, lastUpdateTime=updated)


def _is_complete(deployment: KubeObject, status: dict[str, Any]) -> bool:
    replicas = deployment["spec"].get("replicas", 1)
    return all(status.get(field, 0) == replicas for field in ("updatedReplicas", "replicas", "availableReplicas"))


def _has_moved(deployment: KubeObject, status: dict[str, Any]) -> bool:
    before = deployment.get("status") or {}

    def old_replicas(of: dict[str, Any]) -> int:
        return int(of.get("replicas", 0) - of.get("updatedReplicas", 0))

    return old_replicas(status) < old_replicas(before) or any(
        status.get(field, 0) > before.get(field, 0)
        for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )


class Deployments:
    name = "deployments"
    kinds = frozenset({DEPLOYMENT, REPLICA_SET})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, DEPLOYMENT)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        deployment = self._view.find(key)
        if deployment is None or is_being_deleted(deployment):
            return Settled()
        owned = self._view.owned(deployment, REPLICA_SET)
        decision = decide_deployment(deployment, owned, self._view.now())
        if decision.create is not None:
            await self._view.create(decision.create, MANAGER)
        for replica_set in owned:
            change: dict[str, Any] = {}
            if name_of(replica_set) in decision.resize:
                change["spec"] = {"replicas": decision.resize[name_of(replica_set)]}
            if name_of(replica_set) in decision.annotate:
                change["metadata"] = {"annotations": decision.annotate[name_of(replica_set)]}
            if change:
                await self._view.merge(replica_set, change, MANAGER)
        for replica_set in decision.delete:
            await self._view.delete(replica_set)
        if decision.revision and annotations_of(deployment).get(REVISION) != decision.revision:
            await self._view.merge(deployment, {"metadata": {"annotations": {REVISION: decision.revision}}}, MANAGER)
            deployment = self._view.find(key) or deployment
        await self._view.write_status(deployment, decision.status, MANAGER)
        return Again(decision.again, "progress deadline") if decision.again else Settled()
