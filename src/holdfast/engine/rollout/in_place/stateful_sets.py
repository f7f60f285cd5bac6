"""Which pods of a StatefulSet come next: the partition decides who may be new, from the highest ordinal down.

Below the partition its controller makes pods anew of the revision that was complete last, so that the partition alone
holds the stable version, whatever template there is. Pods that are new and below it do not go by themselves: they are
deleted, and come back as they were.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.engine.rollout.in_place.workload import InPlace, Pod, share

PARKED: Final = 1_000_000
"""More than any StatefulSet has pods: a new template starts nothing."""


class Plan(Struct, frozen=True):
    partition: int
    delete: tuple[Pod, ...] = ()


def goal(replicas: int, weight: int, *, is_passed: bool) -> int:
    """How many pods may be new. One stays as it was until the steps are passed: once every pod is new, the StatefulSet
    forgets what it was before, and nothing could go back."""
    if is_passed:
        return replicas
    return min(share(replicas, weight), max(replicas - 1, 0))


def plan(it: InPlace, count: int, most_unavailable: int) -> Plan:
    """The next move towards `count` new pods with at most so many pods away at a time. One that is ready and not yet available
    (minReadySeconds) serves already, and is away only for those who count."""
    if it.partition is None:
        return Plan(PARKED if it.is_settled else it.before)
    target = _target(it, count)
    if it.partition < target:
        # What is above goes back only once the StatefulSet's controller knows that it shall.
        return Plan(target)
    by_ordinal = {pod.ordinal: pod for pod in it.pods}
    start = min(it.partition, it.replicas)
    coming = [pod for pod in it.pods if start <= pod.ordinal < it.replicas and pod.hash != it.update]
    room = most_unavailable - it.unavailable() - sum(_serves(pod) for pod in coming)
    gone: list[Pod] = []
    for pod in sorted(it.pods, key=lambda pod: -pod.ordinal):
        if pod.ordinal >= min(target, it.replicas) or pod.hash == it.current or pod.going:
            continue
        if not pod.ready or room > 0:
            gone.append(pod)
            room -= pod.available
    partition = start
    while partition > target:
        below = by_ordinal.get(partition - 1)
        if below is not None and below.hash != it.update and below.ready and not below.going:
            if room <= 0:
                break
            room -= below.available
        partition -= 1
    return Plan(partition if partition < start else it.partition, tuple(gone))


def _target(it: InPlace, count: int) -> int:
    if count >= it.replicas and it.wanted == it.update:
        return PARKED if it.is_settled else 0
    return it.replicas - count if count else PARKED


def _serves(pod: Pod) -> bool:
    return pod.available and not pod.going
