"""Kubernetes Events about an Application: what was done, for `kubectl describe` and whoever collects them."""

from __future__ import annotations

import logging
from enum import StrEnum

from holdfast.controllers.application.joined_events import LONGEST_MESSAGE
from holdfast.controllers.application.world import World
from holdfast.model.application import Application
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, FIELD_MANAGER

log = logging.getLogger("holdfast.application")


class Reason(StrEnum):
    """Argo CD's words, and ours where it has none."""

    OPERATION_STARTED = "OperationStarted"
    OPERATION_COMPLETED = "OperationCompleted"
    RESOURCE_UPDATED = "ResourceUpdated"
    RESOURCE_DELETED = "ResourceDeleted"
    RESOURCE_ACTION_RAN = "ResourceActionRan"
    LEDGER_UNAVAILABLE = "LedgerUnavailable"


def emit(world: World, app: Application, reason: Reason, message: str, *, warning: bool = False) -> None:
    mark = f"{world.random.getrandbits(64):016x}"
    log.info("%s: %s: %s", app.metadata.key, reason, message)
    world.events.put(event_about(app, reason, message, at=world.stamp(), mark=mark, warning=warning))


def event_about(
    app: Application, reason: Reason, message: str, *, at: str, mark: str, warning: bool = False
) -> KubeObject:
    """`mark` makes its name one of its own."""
    metadata = app.metadata
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "namespace": metadata.namespace,
            "name": f"{metadata.name}.{mark}",
        },
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": "Application",
            "namespace": metadata.namespace,
            "name": metadata.name,
            "uid": metadata.uid,
            "resourceVersion": metadata.resource_version,
        },
        "reason": reason,
        "message": message[:LONGEST_MESSAGE],
        "type": "Warning" if warning else "Normal",
        "source": {"component": FIELD_MANAGER},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
