"""How what was made for a Rollout or an Experiment says so."""

from __future__ import annotations

from typing import Any

from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import API_VERSION


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
