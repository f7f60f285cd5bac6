"""Workloads are judged by what their controller has seen and how many pods are there."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.health.judge import judge
from holdfast.model.health import Health


def _object(
    api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], generation: int = 1
) -> dict[str, Any]:
    metadata = {"name": "a", "generation": generation}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}


def _status(obj: dict[str, Any]) -> Health:
    report = judge(obj)
    assert report is not None
    return report.status


FULL = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({"replicas": 2}, FULL, Health.HEALTHY),
        ({"replicas": 2}, {}, Health.PROGRESSING),
        ({"replicas": 2}, {**FULL, "observedGeneration": 0}, Health.PROGRESSING),
        ({"replicas": 3}, FULL, Health.PROGRESSING),
        ({"replicas": 2}, {**FULL, "replicas": 3}, Health.PROGRESSING),
        ({"replicas": 2}, {**FULL, "availableReplicas": 1}, Health.PROGRESSING),
        ({"replicas": 0}, {"observedGeneration": 1}, Health.HEALTHY),
        ({"replicas": 2, "paused": True}, FULL, Health.SUSPENDED),
        (
            {"replicas": 2},
            {**FULL, "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]},
            Health.DEGRADED,
        ),
    ],
)
def test_deployment(spec: dict[str, Any], status: dict[str, Any], health: Health) -> None:
    assert _status(_object("apps/v1", "Deployment", spec, status)) is health


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({"replicas": 2}, {**FULL, "currentRevision": "a", "updateRevision": "a"}, Health.HEALTHY),
        ({"replicas": 2}, {**FULL, "currentRevision": "a", "updateRevision": "b"}, Health.PROGRESSING),
        ({"replicas": 2}, {}, Health.PROGRESSING),
        ({"replicas": 3}, FULL, Health.PROGRESSING),
        ({"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, FULL, Health.HEALTHY),
        (
            {"replicas": 2, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}},
            {**FULL, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            Health.HEALTHY,
        ),
        (
            {"replicas": 2, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}},
            {**FULL, "updatedReplicas": 1},
            Health.PROGRESSING,
        ),
    ],
)
def test_stateful_set(spec: dict[str, Any], status: dict[str, Any], health: Health) -> None:
    assert _status(_object("apps/v1", "StatefulSet", spec, status)) is health


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({"replicas": 2}, FULL, Health.HEALTHY),
        ({"replicas": 3}, FULL, Health.PROGRESSING),
        ({"replicas": 2}, {}, Health.PROGRESSING),
        ({"replicas": 2}, {**FULL, "conditions": [{"type": "ReplicaFailure", "status": "True"}]}, Health.DEGRADED),
    ],
)
def test_replica_set(spec: dict[str, Any], status: dict[str, Any], health: Health) -> None:
    assert _status(_object("apps/v1", "ReplicaSet", spec, status)) is health


@pytest.mark.parametrize(
    ("updated", "available", "strategy", "health"),
    [
        (2, 2, "RollingUpdate", Health.HEALTHY),
        (1, 2, "RollingUpdate", Health.PROGRESSING),
        (2, 1, "RollingUpdate", Health.PROGRESSING),
        (0, 0, "OnDelete", Health.HEALTHY),
    ],
)
def test_daemon_set(updated: int, available: int, strategy: str, health: Health) -> None:
    status = {
        "observedGeneration": 1,
        "desiredNumberScheduled": 2,
        "updatedNumberScheduled": updated,
        "numberAvailable": available,
    }
    assert _status(_object("apps/v1", "DaemonSet", {"updateStrategy": {"type": strategy}}, status)) is health
