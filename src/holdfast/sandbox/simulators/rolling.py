"""How many replicas each ReplicaSet of a Deployment gets next.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from holdfast.model.kube import KubeObject, name_of


def wanted(replica_set: KubeObject) -> int:
    return int((replica_set.get("spec") or {}).get("replicas", 1))


def counted(replica_set: KubeObject, field: str) -> int:
    return int((replica_set.get("status") or {}).get(field) or 0)


def share(value: Any, of: int, *, up: bool) -> int:
    """A number, or a percentage like `25%` of `of`."""
    if isinstance(value, str) and value.endswith("%"):
        exact = of * int(value[:-1]) / 100
        return math.ceil(exact) if up else math.floor(exact)
    return int(value)


def fence_posts(deployment: KubeObject) -> tuple[int, int]:
    """maxSurge and maxUnavailable as numbers; they are never both 0, since nothing could move then."""
    spec = deployment["spec"]
    replicas = spec.get("replicas", 1)
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        return 0, replicas
    surge = share(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    return surge, min(unavailable, replicas) if unavailable or surge else 1


def rolling_sizes(deployment: KubeObject, new: KubeObject, old: Sequence[KubeObject]) -> dict[str, int]:
    """The new sizes by name, of those that change. `old` is in order of age, the oldest first."""
    replicas = deployment["spec"].get("replicas", 1)
    surge, unavailable = fence_posts(deployment)
    grown = new_size(replicas, surge, new, old)
    if grown != wanted(new):
        # One step at a time: the old ones shrink once this has been seen.
        return {name_of(new): grown}
    return _shrunk(replicas - unavailable, new, old)


def new_size(replicas: int, surge: int, new: KubeObject | None, old: Sequence[KubeObject]) -> int:
    size = wanted(new) if new is not None else 0
    if size >= replicas:
        return replicas
    room = replicas + surge - size - sum(wanted(each) for each in old)
    return size + max(0, min(room, replicas - size))


def _shrunk(least_available: int, new: KubeObject, old: Sequence[KubeObject]) -> dict[str, int]:
    sizes = {name_of(each): wanted(each) for each in old}
    before = dict(sizes)
    new_unavailable = wanted(new) - counted(new, "availableReplicas")
    spare = sum(sizes.values()) + wanted(new) - least_available - new_unavailable
    for each in old:
        # What serves nobody goes first.
        cut = max(0, min(spare, sizes[name_of(each)] - counted(each, "availableReplicas")))
        sizes[name_of(each)] -= cut
        spare -= cut
    available = sum(counted(each, "availableReplicas") for each in (*old, new))
    spare = min(spare, available - least_available)
    for each in old:
        cut = max(0, min(spare, sizes[name_of(each)]))
        sizes[name_of(each)] -= cut
        spare -= cut
    return {name: size for name, size in sizes.items() if size != before[name]}


def recreated_sizes(deployment: KubeObject, new: KubeObject | None, old: Sequence[KubeObject]) -> dict[str, int]:
    """All old Pods go before the first new one comes."""
    shrunk = {name_of(each): 0 for each in old if wanted(each) > 0}
    if shrunk or new is None or any(counted(each, "replicas") for each in old):
        return shrunk
    replicas = deployment["spec"].get("replicas", 1)
    return {name_of(new): replicas} if wanted(new) != replicas else {}


def paused_sizes(deployment: KubeObject, new: KubeObject | None, old: Sequence[KubeObject]) -> dict[str, int]:
    """A paused Deployment is still scaled: in the proportions that it has; what does not divide goes to the newest."""
    active = [each for each in (*old, *([new] if new is not None else [])) if wanted(each) > 0]
    if not active:
        active = [new] if new is not None else list(old[-1:])
    replicas = deployment["spec"].get("replicas", 1)
    total = sum(wanted(each) for each in active)
    if not active or (total > 0 and total in range(replicas, replicas + fence_posts(deployment)[0] + 1)):
        return {}
    sizes = {name_of(each): replicas * wanted(each) // total if total else 0 for each in active}
    sizes[name_of(active[-1])] += replicas - sum(sizes.values())
    return {name_of(each): sizes[name_of(each)] for each in active if sizes[name_of(each)] != wanted(each)}
