"""What Rollouts that replace pods in place must be like once nothing happens any more."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.model.kube import KubeObject
from holdfast.testing.rollout_plans import STUCK
from holdfast.testing.rollout_watching import SeenRollout, Watching


def counts(watching: Watching, seen: SeenRollout, lender: KubeObject) -> Iterator[str]:
    status, rollout = seen.rollout.status, seen.rollout
    if status.observed_generation != str(rollout.metadata.generation):
        yield f"generation {rollout.metadata.generation} was not seen"
    pods = watching.pods_in_place(lender)
    updated = [pod for pod in pods if pod.hash == status.current_pod_hash]
    told = (status.replicas, status.updated_replicas, status.ready_replicas)
    there = (len(pods), len(updated), sum(pod.is_ready for pod in pods))
    if told != there:
        yield f"status tells of {told} pods, there are {there} (all, updated, ready)"
    wanted = watching.asked_for(lender, float("inf"))[-1]
    if len(pods) != wanted and STUCK not in {watching.mood(pod.hash) for pod in pods}:
        yield f"{len(pods)} pods are there of {wanted}"
    if watching.newest_revision(lender) != status.current_pod_hash:
        yield f"the newest revision is {watching.newest_revision(lender)}, status says {status.current_pod_hash}"


def pods(watching: Watching, seen: SeenRollout, lender: KubeObject) -> Iterator[str]:
    """Every pod is stable where no release is under way: after its end, and after an abort."""
    status = seen.rollout.status
    if not (status.abort or status.stable_rs == status.current_pod_hash):
        return
    hashes = sorted({pod.hash for pod in watching.pods_in_place(lender)} - {status.stable_rs})
    if hashes and not _cannot_move(watching, seen, hashes):
        yield f"pods are of {hashes}, not of {status.stable_rs}"


def _cannot_move(watching: Watching, seen: SeenRollout, hashes: list[str]) -> bool:
    """What never serves is in the way of those that would have to come back one after another."""
    return STUCK in {watching.mood(hash_) for hash_ in (*hashes, seen.rollout.status.stable_rs)}
