"""Gives the pods of a ReplicaSet the labels and annotations of their role, without making them anew."""

from __future__ import annotations

from typing import Any

from holdfast.controllers.rollout.world import POD, REPLICA_SET, World
from holdfast.engine.rollout import pod_metadata
from holdfast.engine.rollout.actions import MarkPods
from holdfast.engine.rollout.pod_templates import EPHEMERAL
from holdfast.model.errors import NotFound
from holdfast.model.experiment import ChildMetadata
from holdfast.model.kube import name_of, owner_references_of


async def perform(world: World, namespace: str, action: MarkPods) -> None:
    """The template first, so that no pod is made without them while the running ones are changed; the mark that this
    is unfinished goes last, so that another controller does it again after a crash."""
    before, wanted = pod_metadata.read(action.unfinished), pod_metadata.read(action.record)
    record = None if wanted == ChildMetadata() else action.record
    body: dict[str, Any] = {
        "metadata": {"annotations": {EPHEMERAL: record, pod_metadata.UNFINISHED: action.unfinished}}
    }
    if action.template:
        body["spec"] = {"template": action.template}
    await world.patch(REPLICA_SET, namespace, action.name, body)
    listing = await world.cluster.list(world.resource(POD), namespace=namespace)
    for live in listing.items:
        pod = live.decode()
        if not any(owner.get("uid") == action.uid for owner in owner_references_of(pod)):
            continue
        change = pod_metadata.pod_patch(pod, before, wanted)
        if change:
            try:
                await world.patch(POD, namespace, name_of(pod), change)
            except NotFound:
                continue
    await world.patch(
        REPLICA_SET, namespace, action.name, {"metadata": {"annotations": {pod_metadata.UNFINISHED: None}}}
    )
