"""ReplicaSets that a Rollout left behind, and whose they become when there is one of their kind again.

`kubectl delete rollout --cascade=orphan` lets the pods run on with nobody to look after them. As controllers of Kubernetes do, a
Rollout takes what nobody controls and its selector chooses; but only what a Rollout has made, since a ReplicaSet of a person
may lend Rollouts its template.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions and
https://kubernetes.io/docs/concepts/architecture/garbage-collection/#orphaned-dependents
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.engine.kube import selectors
from holdfast.engine.rollout import ownership
from holdfast.engine.rollout.experiment.objects import EXPERIMENT_NAME
from holdfast.model.kube import KubeObject, owner_references_of, resource_version_of
from holdfast.model.live import LiveMetadata
from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import HASH_LABEL


def is_orphan(metadata: LiveMetadata) -> bool:
    """Made for a Rollout, and nobody's."""
    is_made_for_one = HASH_LABEL in (metadata.labels or {}) and EXPERIMENT_NAME not in (metadata.annotations or {})
    return is_made_for_one and not metadata.deletion_timestamp and not metadata.is_controlled


def is_to_be_taken(metadata: LiveMetadata, selector: Mapping[str, Any]) -> bool:
    """By the Rollout with this selector."""
    return is_orphan(metadata) and _chooses(selector, metadata.labels or {})


def _chooses(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """A selector that chooses everything is a mistake, as is one that cannot be read."""
    try:
        return bool(selector) and selectors.from_object(selector).matches(labels)
    except ValueError:
        return False


def taken(obj: KubeObject, rollout: ObjectMeta) -> dict[str, Any]:
    """The merge patch that makes the ReplicaSet, as it was read, one of the Rollout's."""
    owners = [*owner_references_of(obj), ownership.controlled_by("Rollout", rollout)]
    return {"metadata": {"resourceVersion": resource_version_of(obj), "ownerReferences": owners}}
