"""Whether what a sync adds fits into the resource quotas of a namespace.

A Deployment above the quota is accepted by the server, and its Pods never come: only a sum beforehand tells.
Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from holdfast.engine.kube import canonical, quantities
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_of, kind_of, name_of

# How many Pods a workload keeps, by the path of the number; Jobs and CronJobs give theirs back.
_REPLICAS = {
    GroupKind("apps", "Deployment"): ("spec", "replicas"),
    GroupKind("apps", "ReplicaSet"): ("spec", "replicas"),
    GroupKind("apps", "StatefulSet"): ("spec", "replicas"),
    GroupKind("", "ReplicationController"): ("spec", "replicas"),
}
_COUNTED = {
    "ConfigMap": "configmaps",
    "Secret": "secrets",
    "Service": "services",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ReplicationController": "replicationcontrollers",
}
_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}

Usage = dict[str, Decimal]


class Change(Struct, frozen=True):
    """One object before and after the sync; None where there is none. `plural` is the name of its resource."""

    before: KubeObject | None
    after: KubeObject | None
    plural: str = ""


def exceeded(quotas: Iterable[KubeObject], changes: Iterable[Change]) -> dict[str, str]:
    """The limits that the whole sync would break, each with a sentence. Quotas with scopes are left to the server."""
    total = _total(changes)
    broken: dict[str, str] = {}
    for found in quotas:
        if not canonical.get_path(found, "spec", "scopes") and not canonical.get_path(found, "spec", "scopeSelector"):
            broken |= _broken(found, total)
    return broken


def grows(change: Change, resources: Iterable[str]) -> bool:
    """The change takes more of one of them."""
    total = _total((change,))
    return any(total.get(_SHORT.get(resource, resource), Decimal(0)) > 0 for resource in resources)


def _broken(found: KubeObject, total: Usage) -> dict[str, str]:
    hard = canonical.get_path(found, "status", "hard") or canonical.get_path(found, "spec", "hard") or {}
    used = canonical.get_path(found, "status", "used") or {}
    broken: dict[str, str] = {}
    for resource, limit in sorted(hard.items()):
        asked = total.get(_SHORT.get(resource, resource), Decimal(0))
        if asked > 0 and _number(used.get(resource, 0)) + asked > _number(limit):
            broken[resource] = (
                f"exceeded quota: {name_of(found)}, requested: {resource}={_shown(asked)}, "
                f"used: {resource}={used.get(resource, 0)}, limited: {resource}={limit}"
            )
    return broken


def _total(changes: Iterable[Change]) -> Usage:
    total: Usage = {}
    for change in changes:
        after, before = _usage(change.after, change.before, change.plural), _usage(change.before, None, change.plural)
        for resource in {*after, *before}:
            grown = after.get(resource, Decimal(0)) - before.get(resource, Decimal(0))
            total[resource] = total.get(resource, Decimal(0)) + grown
    return total


def _usage(obj: KubeObject | None, live: KubeObject | None, plural: str) -> Usage:
    """What one object takes, its Pods included. Replicas that it does not say stay as they are."""
    if obj is None:
        return {}
    group, kind = group_of(obj), kind_of(obj)
    usage: Usage = {f"count/{plural}.{group}" if group else f"count/{plural}": Decimal(1)}
    if not group and kind in _COUNTED:
        usage[_COUNTED[kind]] = Decimal(1)
    replicas = _REPLICAS.get(GroupKind(group, kind))
    if replicas is not None:
        said = canonical.get_path(obj, *replicas)
        number = said if said is not None else canonical.get_path(live, *replicas)
        pods = Decimal(number) if isinstance(number, int) else Decimal(1)
        template = canonical.get_path(obj, "spec", "template", "spec") or {}
        usage |= {"pods": pods} | {name: value * pods for name, value in _pod(template).items()}
    elif (group, kind) == ("", "Pod"):
        usage |= {"pods": Decimal(1)} | _pod(obj.get("spec") or {})
    return usage


def _pod(spec: Mapping[str, Any]) -> Usage:
    """Init containers run one after the other: the largest counts where it is larger than the rest together."""
    running = [_container(one) for one in spec.get("containers") or ()]
    first = [_container(one) for one in spec.get("initContainers") or ()]
    names = {name for one in (*running, *first) for name in one}
    return {
        name: max(
            sum((one.get(name, Decimal(0)) for one in running), Decimal(0)),
            max((one.get(name, Decimal(0)) for one in first), default=Decimal(0)),
        )
        for name in names
    }


def _container(container: Mapping[str, Any]) -> Usage:
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    usage = {f"limits.{name}": _number(value) for name, value in limits.items()}
    # What is limited and not requested is requested at its limit.
    return usage | {f"requests.{name}": _number(value) for name, value in {**limits, **requests}.items()}


def _number(quantity: Any) -> Decimal:
    try:
        return quantities.value_of(quantity)
    except quantities.QuantityError:
        return Decimal(0)


def _shown(value: Decimal) -> str:
    return quantities.canonical(format(value, "f"))
