"""The ReplicaSets of a Rollout: how they are read, recognised, named and made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.engine.rollout import affinity, ownership
from holdfast.engine.rollout.pod_templates import EPHEMERAL, comparable, of_set
from holdfast.model.kube import KubeObject, annotations_of, labels_of, metadata_of, name_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout

MANAGED_BY: Final = "argo-rollouts.argoproj.io/managed-by-rollouts"
REVISION: Final = "rollout.argoproj.io/revision"
REVISION_HISTORY: Final = "rollout.argoproj.io/revision-history"
DESIRED: Final = "rollout.argoproj.io/desired-replicas"
DEADLINE: Final = "scale-down-deadline"
# Written by tools for themselves, or said of a set by its controller: a ReplicaSet does not carry them on.
NOT_COPIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED,
        "rollout.argoproj.io/workload-generation",
        "notified.notifications.argoproj.io",
        DEADLINE,
        EPHEMERAL,
    }
)
_OURS: Final = "holdfast.dev/"
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"


class ReplicaSet(Struct, frozen=True):
    """What deciding needs of one; `desired` is what its spec asks for, the other counts are of its status.

    Those of a status from before the last scaling (`is_observed` is false) prove nothing.
    """

    name: str
    hash: str = ""
    desired: int = 0
    current: int = 0
    ready: int = 0
    available: int = 0
    revision: int = 0
    created: str = ""
    deadline: str = ""
    is_observed: bool = True
    obj: KubeObject = {}

    @property
    def is_saturated(self) -> bool:
        """Exactly as many as asked for, all of them serving."""
        return self.is_observed and self.current == self.desired == self.available

    @property
    def min_ready_seconds(self) -> int:
        return int((self.obj.get("spec") or {}).get("minReadySeconds") or 0)

    @property
    def uid(self) -> str:
        return str(metadata_of(self.obj).get("uid") or "")


def read(obj: KubeObject) -> ReplicaSet:
    status = obj.get("status") or {}
    replicas = (obj.get("spec") or {}).get("replicas")
    annotations = annotations_of(obj)
    return ReplicaSet(
        name=name_of(obj),
        hash=labels_of(obj).get(HASH_LABEL, ""),
        desired=1 if replicas is None else int(replicas),
        current=int(status.get("replicas") or 0),
        ready=int(status.get("readyReplicas") or 0),
        available=int(status.get("availableReplicas") or 0),
        revision=revision_of(annotations),
        created=str(metadata_of(obj).get("creationTimestamp") or ""),
        deadline=annotations.get(DEADLINE, ""),
        is_observed=_is_observed(obj),
        obj=obj,
    )


def _is_observed(obj: KubeObject) -> bool:
    generation = metadata_of(obj).get("generation")
    seen = (obj.get("status") or {}).get("observedGeneration")
    return generation is None or (seen is not None and seen >= generation)


def revision_of(annotations: dict[str, str]) -> int:
    said = annotations.get(REVISION, "")
    return int(said) if said.isdecimal() else 0


def by_hash(sets: Iterable[ReplicaSet], wanted: str) -> ReplicaSet | None:
    return next((found for found in sets if wanted and found.hash == wanted), None)


def find_new(sets: Sequence[ReplicaSet], template: KubeObject, wanted_hash: str = "") -> ReplicaSet | None:
    """The one named by the template's hash, else the oldest whose pods are those of the template: Argo Rollouts may
    have named it."""
    named = by_hash(sets, wanted_hash)
    if named is not None:
        return named
    wanted = comparable(template)
    matching = [found for found in sets if comparable(of_set(found.obj)) == wanted]
    return min(matching, key=lambda found: (found.created, found.name), default=None)


def template_hash(template: KubeObject, collisions: int | None = None) -> str:
    """FNV-1a of the template's canonical JSON in Kubernetes' safe alphabet.

    Argo Rollouts hashes the JSON of its Go types, whose field order and empty fields we do not know: its ReplicaSets
    are therefore recognised by their template and keep their names, new ones are named by this hash.
    """
    text = json.dumps(comparable(template), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if collisions is not None:
        text += collisions.to_bytes(8, "little")
    value = 0x811C9DC5
    for byte in text:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(value))


def new_revision(sets: Iterable[ReplicaSet]) -> int:
    return max((found.revision for found in sets), default=0) + 1


def copied_annotations(rollout: Rollout) -> dict[str, str]:
    """What a set carries on of the Rollout's annotations, `kubernetes.io/change-cause` among them. One that the Rollout loses stays
    with the set, as Deployments have it."""
    return {
        key: value
        for key, value in rollout.metadata.annotations.items()
        if key not in NOT_COPIED and not key.startswith(_OURS)
    }


def make(rollout: Rollout, template: KubeObject, selector: dict[str, Any], wanted: str, revision: int) -> KubeObject:
    """A ReplicaSet without pods yet; the hash is in its name, labels, selector and template."""
    metadata = template.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), HASH_LABEL: wanted}
    spec = affinity.with_injected(template.get("spec") or {}, rollout)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{rollout.metadata.name}-{wanted}",
            "namespace": rollout.metadata.namespace,
            "labels": labels,
            "annotations": {**copied_annotations(rollout), REVISION: str(revision)},
            "ownerReferences": [ownership.controlled_by("Rollout", rollout.metadata)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": rollout.spec.min_ready_seconds,
            "selector": canonical.with_path(selector, wanted, "matchLabels", HASH_LABEL),
            "template": {**template, "metadata": {**metadata, "labels": labels}, "spec": spec},
        },
    }
