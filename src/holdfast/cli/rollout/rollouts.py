"""Reads Rollouts for the commands of `holdfast rollout`, and sends what a person asks of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import typer

from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.engine.rollout.requests import Request
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, owner_references_of, uid_of
from holdfast.model.names import GROUP, VERSION
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster, PatchKind

FIELD_MANAGER: Final = "holdfast-cli"
ROLLOUT: Final = ResourceType(GROUP, VERSION, "Rollout", "rollouts", namespaced=True)
REPLICA_SET: Final = ResourceType("apps", "v1", "ReplicaSet", "replicasets", namespaced=True)
POD: Final = ResourceType("", "v1", "Pod", "pods", namespaced=True)
ANALYSIS_RUN: Final = ResourceType(GROUP, VERSION, "AnalysisRun", "analysisruns", namespaced=True)
EXPERIMENT: Final = ResourceType(GROUP, VERSION, "Experiment", "experiments", namespaced=True)

KubeconfigOption = typer.Option(None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`.")
NamespaceOption = typer.Option("default", "--namespace", "-n", help="The namespace of the Rollout.")
KubeconfigPath = Path | None


def qualified(name: str, namespace: str) -> tuple[str, str]:
    """`namespace/name` or `name` in the namespace of the option."""
    before, slash, after = name.partition("/")
    return (before, after) if slash else (namespace, name)


async def read_object(cluster: Cluster, name: str, namespace: str) -> KubeObject:
    """Raises Blocked that names the Rollouts there are."""
    namespace, plain = qualified(name, namespace)
    found = await cluster.get(ROLLOUT, namespace, plain)
    if found is None:
        listing = await cluster.list(ROLLOUT)
        there = ", ".join(sorted(f"{it.metadata.namespace}/{it.metadata.name}" for it in listing.items)) or "none"
        raise Blocked("RolloutNotFound", f"no rollout {plain!r} in namespace {namespace!r}; there: {there}")
    return found


async def read(cluster: Cluster, name: str, namespace: str) -> Rollout:
    return msgspec.convert(await read_object(cluster, name, namespace), Rollout)


async def sets_of(cluster: Cluster, rollout: Rollout) -> list[ReplicaSet]:
    """The newest first."""
    listing = await cluster.list(REPLICA_SET, namespace=rollout.metadata.namespace)
    found = [live.decode() for live in listing.items]
    owned = [obj for obj in found if any(it.get("uid") == rollout.metadata.uid for it in owner_references_of(obj))]
    return sorted((replica_sets.read(obj) for obj in owned), key=lambda one: -one.revision)


async def pods_of(cluster: Cluster, rollout: Rollout, sets: list[ReplicaSet]) -> dict[str, list[KubeObject]]:
    """By the name of their ReplicaSet."""
    names = {uid_of(one.obj): one.name for one in sets}
    found: dict[str, list[KubeObject]] = {one.name: [] for one in sets}
    listing = await cluster.list(POD, namespace=rollout.metadata.namespace)
    for live in listing.items:
        for owner in live.metadata.owner_references:
            if owner.uid in names:
                found[names[owner.uid]].append(live.decode())
    return found


async def send(cluster: Cluster, rollout: Rollout, request: Request) -> None:
    """The status first: a spec that is not paused any more must not run into a pause that was to be ended."""
    metadata = rollout.metadata
    for body, subresource in (({"status": request.status}, "status"), ({"spec": request.spec}, "")):
        if next(iter(body.values())) is not None:
            await cluster.patch(
                ROLLOUT,
                metadata.namespace,
                metadata.name,
                body,
                PatchKind.MERGE,
                field_manager=FIELD_MANAGER,
                subresource=subresource,
            )
