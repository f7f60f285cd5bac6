"""Where the pod template of a Rollout stands: in itself, or in the workload that lends it one."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from holdfast.cli.rollout.rollouts import FIELD_MANAGER, REPLICA_SET, ROLLOUT, WORKLOADS
from holdfast.engine.rollout import workload
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster, PatchKind

_LENDERS: Final = {
    **WORKLOADS,
    "Deployment": ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True),
    "ReplicaSet": REPLICA_SET,
    "PodTemplate": ResourceType("", "v1", "PodTemplate", "podtemplates", namespaced=True),
}


class Place(Struct, frozen=True):
    """The object with its annotations, the way to the template in it, and the template."""

    kind: ResourceType
    namespace: str
    name: str
    path: tuple[str, ...]
    template: KubeObject
    annotations: dict[str, str] = {}

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.kind.group, self.kind.kind, self.namespace, self.name)


async def find(cluster: Cluster, rollout: Rollout) -> Place:
    """Raises Blocked where the workload is not there."""
    metadata, reference = rollout.metadata, rollout.spec.workload_ref
    if reference is None:
        path = ("spec", "template")
        return Place(ROLLOUT, metadata.namespace, metadata.name, path, rollout.spec.template, metadata.annotations)
    kind = _LENDERS.get(reference.kind)
    found = await cluster.get(kind, metadata.namespace, reference.name) if kind is not None else None
    if kind is None or found is None:
        what = f"{reference.kind} {reference.name}"
        raise Blocked(
            "WorkloadNotFound", f"rollout '{metadata.name}' takes its template from {what}, which is not there"
        )
    way: tuple[str, ...] = ("template",) if kind.kind == "PodTemplate" else ("spec", "template")
    template = workload.template_of(found)
    return Place(kind, metadata.namespace, reference.name, way, template, annotations_of(found))


async def change(cluster: Cluster, place: Place, patch: dict[str, Any]) -> None:
    """By a merge patch of the template."""
    body = patch
    for step in reversed(place.path):
        body = {step: body}
    await cluster.patch(place.kind, place.namespace, place.name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)


async def replace(cluster: Cluster, place: Place, template: KubeObject) -> None:
    body = [{"op": "replace", "path": "/" + "/".join(place.path), "value": template}]
    await cluster.patch(place.kind, place.namespace, place.name, body, PatchKind.JSON, field_manager=FIELD_MANAGER)
