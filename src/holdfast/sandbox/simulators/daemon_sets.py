"""Keeps one Pod of a DaemonSet on every node that suits it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import controller_revisions, pods
from holdfast.sandbox.simulators.controller_revisions import CONTROLLER_REVISION
from holdfast.sandbox.simulators.pods import MANAGER, POD, without_zeros
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner

DAEMON_SET = GroupKind("apps", "DaemonSet")
NODE = GroupKind("", "Node")

REVISION = "controller-revision-hash"


class DaemonSetDecision(Struct, frozen=True):
    """`create` are names of nodes."""

    create: tuple[str, ...]
    delete: tuple[KubeObject, ...]
    status: dict[str, Any]
    again: timedelta | None = None


def decide_daemon_set(
    daemon_set: KubeObject, owned: Sequence[KubeObject], nodes: Sequence[KubeObject], now: datetime
) -> DaemonSetDecision:
    spec = daemon_set["spec"]
    selector = ((spec.get("template") or {}).get("spec") or {}).get("nodeSelector") or {}
    suitable = [name_of(node) for node in nodes if selector.items() <= labels_of(node).items()]
    by_node: dict[str, KubeObject] = {}
    misplaced: list[KubeObject] = []
    for pod in owned:
        place = str(pod["spec"].get("nodeName") or "")
        if place in suitable and place not in by_node:
            by_node[place] = pod
        elif not is_being_deleted(pod):
            misplaced.append(pod)
    update = pods.template_hash(spec["template"])
    finished = [pod for pod in by_node.values() if pods.is_finished(pod) and not is_being_deleted(pod)]
    active = [pod for pod in by_node.values() if pods.is_active(pod)]
    available = pods.availability(active, spec.get("minReadySeconds", 0), now)
    outdated = [pod for pod in active if labels_of(pod).get(REVISION) != update]
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete" or available.available < len(suitable):
        # One at a time: the next one goes when all others serve again. One that does not serve may go at once.
        outdated = [] if (spec.get("updateStrategy") or {}).get("type") == "OnDelete" else _useless(outdated)
    return DaemonSetDecision(
        create=tuple(place for place in suitable if place not in by_node),
        delete=(*misplaced, *finished, *outdated[:1]),
        status=_status(daemon_set, len(suitable), active, available, update),
        again=available.again,
    )


def _useless(outdated: Sequence[KubeObject]) -> list[KubeObject]:
    return [pod for pod in outdated if not pods.is_ready(pod)]


def _status(
    daemon_set: KubeObject, desired: int, active: Sequence[KubeObject], available: pods.Availability, update: str
) -> dict[str, Any]:
    return {
        "currentNumberScheduled": len(active),
        "desiredNumberScheduled": desired,
        "numberMisscheduled": 0,
        "numberReady": available.ready,
        "observedGeneration": daemon_set["metadata"].get("generation"),
        **without_zeros(
            {
                "numberAvailable": available.available,
                "numberUnavailable": desired - available.available,
                "updatedNumberScheduled": sum(labels_of(pod).get(REVISION) == update for pod in active),
            }
        ),
    }


class DaemonSets:
    name = "daemon-sets"
    kinds = frozenset({DAEMON_SET, POD, NODE, CONTROLLER_REVISION})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        if changed.group_kind == NODE:
            return [each.key for each in self._view.store.of_kind(DAEMON_SET)]
        return own_and_owner(changed, DAEMON_SET)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        daemon_set = self._view.find(key)
        if daemon_set is None or is_being_deleted(daemon_set):
            return Settled()
        await controller_revisions.ensure(self._view, daemon_set, REVISION)
        owned = self._view.owned(daemon_set, POD)
        decision = decide_daemon_set(daemon_set, owned, self._view.all(NODE), self._view.now())
        template = daemon_set["spec"]["template"]
        for place in decision.create:
            pod = pods.from_template(
                daemon_set,
                template,
                f"{name_of(daemon_set)}-{self._view.suffix()}",
                labels={REVISION: pods.template_hash(template)},
                spec={"nodeName": place},
            )
            await self._view.create(pod, MANAGER)
        for pod in decision.delete:
            await self._view.delete(pod)
        await self._view.write_status(daemon_set, decision.status, MANAGER)
        prefix, hashes = name_of(daemon_set), {labels_of(pod).get(REVISION, "") for pod in owned}
        live = {f"{prefix}-{hash_}" for hash_ in hashes | {pods.template_hash(template)}}
        await controller_revisions.forget(self._view, daemon_set, live)
        return Again(decision.again, "minReadySeconds") if decision.again else Settled()
