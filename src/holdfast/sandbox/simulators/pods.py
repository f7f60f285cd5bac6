"""What the workload controllers ask of a Pod, and how they make one from a template."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from holdfast.engine.lang import instants
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted, name_of, namespace_of
from holdfast.sandbox.simulators import conditions
from holdfast.sandbox.simulators.view import LETTERS, owner_reference

POD = GroupKind("", "Pod")

MANAGER = "kube-controller-manager"


def phase(pod: KubeObject) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_finished(pod: KubeObject) -> bool:
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: KubeObject) -> bool:
    return not is_finished(pod) and not is_being_deleted(pod)


def is_ready(pod: KubeObject) -> bool:
    return conditions.is_true(conditions_of(pod), "Ready")


def unavailable_for(pod: KubeObject, min_ready_seconds: int, now: datetime) -> timedelta | None:
    """Zero when the Pod is available, the time that is left when it is ready for too short a time, None when it is
    not ready."""
    if not is_ready(pod):
        return None
    ready_for = instants.seconds_since(conditions.find(conditions_of(pod), "Ready").get("lastTransitionTime"), now)
    return timedelta(seconds=max(0.0, min_ready_seconds - ready_for))


class Availability(msgspec.Struct, frozen=True):
    """`again` is when the next ready Pod becomes available, None when none waits for that."""

    ready: int
    available: int
    again: timedelta | None


def availability(pods: Iterable[KubeObject], min_ready_seconds: int, now: datetime) -> Availability:
    left = [unavailable_for(pod, min_ready_seconds, now) for pod in pods]
    waits = [each for each in left if each]
    return Availability(
        ready=sum(each is not None for each in left),
        available=sum(each == timedelta(0) for each in left),
        again=min(waits, default=None),
    )


def template_hash(template: dict[str, Any]) -> str:
    """Short, and the same for the same template."""
    number = int.from_bytes(hashlib.sha256(msgspec.json.encode(template, order="sorted")).digest()[:8])
    letters = []
    for _ in range(10):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def from_template(
    owner: KubeObject,
    template: dict[str, Any],
    name: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
) -> KubeObject:
    metadata = template.get("metadata") or {}
    made: dict[str, Any] = {
        "name": name,
        "namespace": namespace_of(owner),
        "labels": {**(metadata.get("labels") or {}), **(labels or {})},
        "annotations": {**(metadata.get("annotations") or {}), **(annotations or {})},
        "ownerReferences": [owner_reference(owner)],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {field: value for field, value in made.items() if value},
        "spec": {**copy.deepcopy(template.get("spec") or {}), **(spec or {})},
    }


def in_order_of_dispensability(pods: Iterable[KubeObject]) -> list[KubeObject]:
    """Those that serve least go first: unscheduled, then not ready, then the youngest."""

    def created(pod: KubeObject) -> float:
        moment = instants.parse(pod["metadata"].get("creationTimestamp"))
        return moment.timestamp() if moment else 0.0

    def worth(pod: KubeObject) -> tuple[bool, bool, bool, float, str]:
        scheduled = bool((pod.get("spec") or {}).get("nodeName"))
        return scheduled, phase(pod) == "Running", is_ready(pod), -created(pod), name_of(pod)

    return sorted(pods, key=worth)


def without_zeros(status: dict[str, Any]) -> dict[str, Any]:
    """Counts of zero are not written, as the API's own types leave them out."""
    return {field: value for field, value in status.items() if value not in (0, None, [], "")}
