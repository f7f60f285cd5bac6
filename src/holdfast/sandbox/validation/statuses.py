"""What the server refuses of a reported status: counts below zero, parts above their whole, counters that go back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox import problems
from holdfast.sandbox.problems import Problem

_DEPLOYMENT: Final = GroupKind("apps", "Deployment")
_REPLICA_SET: Final = GroupKind("apps", "ReplicaSet")
_STATEFUL_SET: Final = GroupKind("apps", "StatefulSet")
_DAEMON_SET: Final = GroupKind("apps", "DaemonSet")
_JOB: Final = GroupKind("batch", "Job")

# In the order in which the server judges them.
_COUNTS: Final[Mapping[GroupKind, tuple[str, ...]]] = {
    _DEPLOYMENT: (
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
    ),
    _REPLICA_SET: (
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "observedGeneration",
        "terminatingReplicas",
    ),
    _STATEFUL_SET: (
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
        "observedGeneration",
        "collisionCount",
    ),
    _DAEMON_SET: (
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    ),
    _JOB: ("active", "succeeded", "failed", "ready", "terminating"),
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): ("currentReplicas", "desiredReplicas"),
    GroupKind("policy", "PodDisruptionBudget"): (
        "disruptionsAllowed",
        "currentHealthy",
        "desiredHealthy",
        "expectedPods",
    ),
}
# A part, its whole, and how the message names the whole.
_PARTS: Final[Mapping[GroupKind, tuple[tuple[str, str, str], ...]]] = {
    _DEPLOYMENT: (
        ("updatedReplicas", "replicas", "status.replicas"),
        ("readyReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "readyReplicas", "readyReplicas"),
    ),
    _REPLICA_SET: (
        ("fullyLabeledReplicas", "replicas", "status.replicas"),
        ("readyReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "readyReplicas", "readyReplicas"),
    ),
    _STATEFUL_SET: (
        ("readyReplicas", "replicas", "status.replicas"),
        ("currentReplicas", "replicas", "status.replicas"),
        ("updatedReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "readyReplicas", "status.readyReplicas"),
    ),
}
# A counter, where it starts (None: where somebody starts it), and what is said of one that goes back.
_ONLY_UP: Final[Mapping[GroupKind, tuple[str, int | None, str]]] = {
    _DEPLOYMENT: ("collisionCount", None, "cannot be decremented"),
    _STATEFUL_SET: ("collisionCount", None, "cannot be decremented"),
    _DAEMON_SET: ("collisionCount", None, "cannot be decremented"),
    _JOB: ("failed", 0, "cannot decrease the failed counter"),
}


def problems_of(kind: GroupKind, before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    """What is wrong with the status of `after`, which somebody reports of `before`."""
    status: Mapping[str, Any] = after.get("status") or {}
    for name in _COUNTS.get(kind, ()):
        if (status.get(name) or 0) < 0:
            yield problems.invalid(f"status.{name}", status[name], "must be greater than or equal to 0")
    for part, whole, named in _PARTS.get(kind, ()):
        value = status.get(part) or 0
        if value > (status.get(whole) or 0):
            yield problems.invalid(f"status.{part}", value, f"cannot be greater than {named}")
    counter = _ONLY_UP.get(kind)
    if counter is not None:
        name, start, detail = counter
        last = (before.get("status") or {}).get(name, start)
        if last is not None and (status.get(name) or 0) < last:
            yield problems.invalid(f"status.{name}", status.get(name) or 0, detail)
