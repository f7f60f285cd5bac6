"""Reads Rollouts for the commands of `holdfast rollout`, and sends what a person asks of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import typer

from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.engine.rollout.requests import Request
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, namespace_of, owner_references_of, uid_of
from holdfast.model.names import GROUP, VERSION
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster, PatchKind

FIELD_MANAGER: Final = "holdfast-cli"
ROLLOUT: Final = ResourceType(GROUP, VERSION, "Rollout", "rollouts", namespaced=True)
REPLICA_SET: Final = ResourceType("apps", "v1", "ReplicaSet", "replicasets", namespaced=True)
CONTROLLER_REVISION: Final = ResourceType("apps", "v1", "ControllerRevision", "controllerrevisions", namespaced=True)
POD: Final = ResourceType("", "v1", "Pod", "pods", namespaced=True)
EXPERIMENT: Final = ResourceType(GROUP, VERSION, "Experiment", "experiments", namespaced=True)

WORKLOADS: Final = {
    kind: ResourceType("apps", "v1", kind, f"{kind.lower()}s", namespaced=True) for kind in sorted(kinds.KINDS)
}

KubeconfigOption = typer.Option(None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`.")
NamespaceOption = typer.Option("default", "--namespace", "-n", help="The namespace of the Rollout.")
FilenameOption = typer.Option(None, "--filename", "-f", help="FILE, as kubectl has it.")
KubeconfigPath = Path | None


def qualified(name: str, namespace: str) -> tuple[str, str]:
    """`namespace/name` or `name` in the namespace of the option."""
    before, slash, after = name.partition("/")
    return (before, after) if slash else (namespace, name)


async def read_object(cluster: Cluster, name: str, namespace: str) -> KubeObject:
    return await read_of_kind(cluster, ROLLOUT, name, namespace, reason="RolloutNotFound")


async def read_of_kind(cluster: Cluster, kind: ResourceType, name: str, namespace: str, *, reason: str) -> KubeObject:
    """Raises Blocked that names those of the kind that there are."""
    namespace, plain = qualified(name, namespace)
    found = await cluster.get(kind, namespace, plain)
    if found is None:
        listing = await cluster.list(kind)
        there = ", ".join(sorted(f"{it.metadata.namespace}/{it.metadata.name}".lstrip("/") for it in listing.items))
        where = f" in namespace {namespace!r}" if kind.namespaced else ""
        raise Blocked(reason, f"no {kind.kind.lower()} {plain!r}{where}; there: {there or 'none'}")
    return found


async def read(cluster: Cluster, name: str, namespace: str) -> Rollout:
    return msgspec.convert(await read_object(cluster, name, namespace), Rollout)


async def sets_of(cluster: Cluster, rollout: Rollout) -> list[ReplicaSet]:
    """The newest first."""
    listing = await cluster.list(REPLICA_SET, namespace=rollout.metadata.namespace)
    found = [live.decode() for live in listing.items]
    owned = [obj for obj in found if any(it.get("uid") == rollout.metadata.uid for it in owner_references_of(obj))]
    return sorted((replica_sets.read(obj) for obj in owned), key=lambda one: -one.revision)


async def workload_of(cluster: Cluster, rollout: Rollout) -> KubeObject | None:
    """The StatefulSet or DaemonSet whose own pods the Rollout replaces."""
    reference = kinds.reference(rollout)
    if reference is None:
        return None
    return await cluster.get(WORKLOADS[reference.kind], rollout.metadata.namespace, reference.name)


async def revisions_of(cluster: Cluster, workload: KubeObject) -> list[KubeObject]:
    """The newest first."""
    listing = await cluster.list(CONTROLLER_REVISION, namespace=namespace_of(workload))
    found = [live.decode() for live in listing.items]
    owned = [obj for obj in found if any(it.get("uid") == uid_of(workload) for it in owner_references_of(obj))]
    return sorted(owned, key=lambda obj: -int(obj.get("revision") or 0))


async def ask(cluster: Cluster, name: str, namespace: str, request: Callable[[Rollout], Request]) -> str:
    """Answers what the person is told. Raises Blocked for what makes no sense now."""
    rollout = await read(cluster, name, namespace)
    wanted = request(rollout)
    await send(cluster, rollout, wanted)
    return wanted.said


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
