"""`holdfast rollout undo` of a Rollout that replaces the pods of a StatefulSet or DaemonSet in place."""

from __future__ import annotations

from holdfast.cli.rollout import rollouts
from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.in_place.workload import template_of
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, annotations_of, kind_of, name_of, namespace_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster, PatchKind


async def undo(cluster: Cluster, rollout: Rollout, workload: KubeObject, number: int) -> str:
    """The workload gets the pod template of an earlier revision, by default of the one before; the answer is told."""
    known = {
        replica_sets.revision_of(annotations_of(obj)): obj for obj in await rollouts.revisions_of(cluster, workload)
    }
    known.pop(0, None)
    numbers = sorted(known, reverse=True)
    wanted = number or (numbers[1] if len(numbers) > 1 else 0)
    if wanted not in known:
        there = ", ".join(map(str, numbers)) or "none"
        name = rollout.metadata.name
        raise Blocked(
            "NoSuchRevision", f"rollout '{name}' has no revision {number or 'before this one'}; there: {there}"
        )
    body = [{"op": "replace", "path": "/spec/template", "value": template_of(known[wanted])}]
    await cluster.patch(
        rollouts.WORKLOADS[kind_of(workload)],
        namespace_of(workload),
        name_of(workload),
        body,
        PatchKind.JSON,
        field_manager=rollouts.FIELD_MANAGER,
    )
    return f"rollout '{rollout.metadata.name}' undone to revision {wanted}"
