"""The Event that tells of an object of ours, as the cluster keeps it."""

from __future__ import annotations

from typing import Final

from holdfast.model.events import Event
from holdfast.model.kube import KubeObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import API_VERSION

LONGEST_MESSAGE: Final = 1024


def event_object(
    kind: str, metadata: ObjectMeta, event: Event, *, stamp: str, number: int, component: str
) -> KubeObject:
    """`metadata` is that of the object of this kind; `number` of 64 bits makes the name of the Event its own."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": metadata.namespace, "name": f"{metadata.name}.{number:016x}"},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": kind,
            "namespace": metadata.namespace,
            "name": metadata.name,
            "uid": metadata.uid,
            "resourceVersion": metadata.resource_version,
        },
        "reason": event.reason,
        "message": event.message[:LONGEST_MESSAGE],
        "type": event.type,
        "source": {"component": component},
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
