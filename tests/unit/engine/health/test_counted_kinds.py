"""Kinds that count members or measurements: game servers, Cassandra racks, analyses of Keptn."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.health.judge import judge

RACKS = {"datacenter": {"racks": [{"name": "a", "members": 2}, {"name": "b", "members": 1}]}}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "expected"),
    [
        ("game.kruise.io/v1/GameServer", {}, {"currentState": "Ready"}, "Healthy"),
        ("game.kruise.io/v1/GameServer", {}, {"currentState": "Crash"}, "Degraded"),
        ("game.kruise.io/v1/GameServer", {}, {"currentState": "Creating"}, "Progressing"),
        ("game.kruise.io/v1/GameServerSet", {"replicas": 2}, None, "Progressing"),
        ("game.kruise.io/v1/GameServerSet", {"replicas": 2}, {"readyReplicas": 1, "updatedReplicas": 2}, "Progressing"),
        ("game.kruise.io/v1/GameServerSet", {"replicas": 2}, {"readyReplicas": 2, "updatedReplicas": 1}, "Progressing"),
        ("game.kruise.io/v1/GameServerSet", {"replicas": 2}, {"readyReplicas": 2, "updatedReplicas": 2}, "Healthy"),
        (
            "game.kruise.io/v1/GameServerSet",
            {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {"readyReplicas": 1, "maintainingReplicas": 1},
            "Healthy",
        ),
        ("cassandra.rook.io/v1/Cluster", RACKS, None, "Progressing"),
        ("cassandra.rook.io/v1/Cluster", RACKS, {"racks": {"a": {"members": 2, "readyMembers": 2}}}, "Progressing"),
        (
            "cassandra.rook.io/v1/Cluster",
            RACKS,
            {"racks": {"a": {"members": 2, "readyMembers": 2}, "b": {"members": 1, "readyMembers": 1}}},
            "Healthy",
        ),
        ("metrics.keptn.sh/v1/Analysis", {}, None, "Progressing"),
        ("metrics.keptn.sh/v1/Analysis", {}, {"state": "Completed", "pass": True}, "Healthy"),
        ("metrics.keptn.sh/v1/Analysis", {}, {"state": "Completed", "warning": True}, "Healthy"),
        ("metrics.keptn.sh/v1/Analysis", {}, {"state": "Completed"}, "Degraded"),
        ("astra.netapp.io/v1/AppVault", {}, {"state": "available"}, "Healthy"),
        ("astra.netapp.io/v1/AppVault", {}, {"state": "error", "error": "no bucket"}, "Degraded"),
    ],
)
def test_status_of_a_kind(kind: str, spec: dict[str, Any], status: dict[str, Any] | None, expected: str) -> None:
    version, _, name = kind.rpartition("/")
    obj = {"apiVersion": version, "kind": name, "metadata": {"name": "x"}, "spec": spec}
    report = judge(obj if status is None else {**obj, "status": status})
    assert report is not None
    assert report.status == expected
