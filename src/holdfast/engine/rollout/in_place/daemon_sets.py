"""Which pods of a DaemonSet come next: those that the Rollout deletes, as its update strategy is OnDelete.

A DaemonSet makes every pod of the template that it has. To bring pods back, it gets the stable template for as long as
that takes, and then the one from Git again: whoever deploys it finds it changed for moments only, and a commit that
goes back is seen as what it is.
"""

from __future__ import annotations

from msgspec import Struct

from holdfast.engine.rollout.in_place.workload import InPlace, Pod, share


class Plan(Struct, frozen=True):
    """`template` is the hash of the revision whose template the DaemonSet gets, "" leaves it."""

    template: str = ""
    delete: tuple[Pod, ...] = ()


def goal(replicas: int, weight: int, *, is_passed: bool) -> int:
    return replicas if is_passed else share(replicas, weight)


def plan(it: InPlace, stable: str, count: int, most_unavailable: int) -> Plan:
    """The next move towards `count` new pods with at most so many pods away at a time."""
    there = [pod for pod in it.pods if not pod.going]
    new = [pod for pod in there if pod.hash == it.wanted]
    surplus = [pod for pod in there if pod.hash not in (it.wanted, stable)]
    surplus += sorted(new, key=_worth, reverse=True)[: max(len(new) - count, 0)]
    missing = it.replicas - len(there)
    room = most_unavailable - it.unavailable()
    if surplus and stable != it.wanted:
        if it.update != stable:
            return Plan(template=stable)
        return Plan(delete=_batch(surplus, room))
    if it.is_held:
        # Those that are on their way would else come back new.
        return Plan() if missing > 0 and it.update != it.wanted else Plan(template=it.wanted)
    old = sorted((pod for pod in there if pod.hash != it.wanted), key=_worth)
    return Plan(delete=_batch(old[: max(count - len(new) - max(missing, 0), 0)], room))


def _worth(pod: Pod) -> tuple[bool, bool, str, str]:
    """Those that do not serve go first, then by their nodes."""
    return pod.available, pod.ready, pod.place, pod.name


def _batch(pods: list[Pod], room: int) -> tuple[Pod, ...]:
    """One that is ready and not yet available (minReadySeconds) serves already: it needs room, too."""
    gone = []
    for pod in sorted(pods, key=lambda pod: (pod.available, pod.ready)):
        if not pod.ready or room > 0:
            gone.append(pod)
            room -= pod.available
    return tuple(gone)
