"""How an object says for whom it was made and which of several controllers carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import API_VERSION, INSTANCE_LABEL


def controlled_by(kind: str, metadata: ObjectMeta) -> dict[str, Any]:
    """The owner reference to the object of this metadata: it goes when its owner goes."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": metadata.name,
        "uid": metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def instance_label(metadata: ObjectMeta) -> dict[str, str]:
    """What is made for an object is carried out by the same controller; {} where any one without a name does."""
    return {name: value for name, value in metadata.labels.items() if name == INSTANCE_LABEL}


def is_carried_out_by(instance_id: str, labels: Mapping[str, str] | None) -> bool:
    """Those with the label of another controller are its own, as are those without one where this has a name."""
    return (labels or {}).get(INSTANCE_LABEL, "") == instance_id
