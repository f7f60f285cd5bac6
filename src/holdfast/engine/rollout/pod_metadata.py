"""Labels and annotations that pods carry for their role: canary or stable, preview or active.

Source: https://argo-rollouts.readthedocs.io/en/stable/features/ephemeral-metadata/
A key that the pod template itself has stays the template's: to take it back later nobody would know its value.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.engine.rollout import defaults, pod_templates
from holdfast.engine.rollout.actions import MarkPods
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.pod_templates import EPHEMERAL
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.experiment import ChildMetadata
from holdfast.model.kube import KubeObject, annotations_of, metadata_of
from holdfast.model.names import HASH_LABEL

UNFINISHED: Final = "holdfast.dev/pod-metadata-unfinished"
"""On a ReplicaSet while its running pods are being changed: what they may carry from before."""


def proceed(draft: Draft) -> None:
    for one in draft.seen.sets:
        _bring(draft, one, _of_role(draft, one.hash))


def marked(draft: Draft, replica_set: KubeObject) -> KubeObject:
    """A set that is about to be made, with the metadata of its role from the first pod on."""
    wanted = _allowed(replica_set, _of_role(draft, draft.status.current_pod_hash))
    if wanted == ChildMetadata():
        return replica_set
    metadata, spec = replica_set["metadata"], replica_set["spec"]
    pod = spec["template"].get("metadata") or {}
    pod = {
        **pod,
        "labels": {**(pod.get("labels") or {}), **wanted.labels},
        "annotations": {**(pod.get("annotations") or {}), **wanted.annotations},
    }
    annotations = {**metadata["annotations"], EPHEMERAL: _text(wanted)}
    return {
        **replica_set,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**spec, "template": {**spec["template"], "metadata": pod}},
    }


def pod_patch(pod: KubeObject, unfinished: ChildMetadata, wanted: ChildMetadata) -> dict[str, Any]:
    """The merge patch of one pod; empty when there is nothing to do."""
    metadata = metadata_of(pod)
    changed = {
        "labels": _difference(metadata.get("labels") or {}, unfinished.labels, wanted.labels),
        "annotations": _difference(metadata.get("annotations") or {}, unfinished.annotations, wanted.annotations),
    }
    changed = {part: values for part, values in changed.items() if values}
    return {"metadata": changed} if changed else {}


def read(text: str) -> ChildMetadata:
    return msgspec.json.decode(text, type=ChildMetadata)


def _of_role(draft: Draft, hash_: str) -> ChildMetadata:
    blue_green = defaults.blue_green(draft.rollout)
    if blue_green is not None:
        stable, new = blue_green.active_metadata, blue_green.preview_metadata
    else:
        canary = defaults.canary(draft.rollout)
        stable, new = canary.stable_metadata, canary.canary_metadata
    status = draft.status
    if hash_ == (status.stable_rs or status.current_pod_hash):
        return stable or ChildMetadata()
    return (new if hash_ == status.current_pod_hash else None) or ChildMetadata()


def _bring(draft: Draft, one: ReplicaSet, role: ChildMetadata) -> None:
    before, pending = pod_templates.injected(one.obj), pod_templates.injected(one.obj, UNFINISHED)
    wanted = _allowed(one.obj, role)
    if before == wanted and UNFINISHED not in annotations_of(one.obj):
        return
    unfinished = ChildMetadata(
        labels={**pending.labels, **before.labels}, annotations={**pending.annotations, **before.annotations}
    )
    current = {"metadata": metadata_of(one.obj["spec"]["template"])}
    draft.act(MarkPods(one.name, one.uid, pod_patch(current, unfinished, wanted), _text(wanted), _text(unfinished)))


def _allowed(replica_set: KubeObject, role: ChildMetadata) -> ChildMetadata:
    own = pod_templates.of_set(replica_set).get("metadata") or {}
    taken = {HASH_LABEL, *(own.get("labels") or {})}
    return ChildMetadata(
        labels={key: value for key, value in role.labels.items() if key not in taken},
        annotations={
            key: value for key, value in role.annotations.items() if key not in (own.get("annotations") or {})
        },
    )


def _difference(there: dict[str, str], before: dict[str, str], wanted: dict[str, str]) -> dict[str, str | None]:
    gone: dict[str, str | None] = {key: None for key in before if key in there and key not in wanted}
    return gone | {key: value for key, value in wanted.items() if there.get(key) != value}


def _text(metadata: ChildMetadata) -> str:
    return msgspec.json.encode(metadata, order="sorted").decode()
