"""What the server makes of a status that somebody reports: judged, completed, and what else may change with it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import (
    cron_job,
    daemon_set,
    deployment,
    job,
    pod,
    replica_set,
    service,
    stateful_set,
    with_metadata,
)
from tests.contract.servers import Server

AUTOSCALER: KubeObject = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "x"},
    "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}},
}
BUDGET: KubeObject = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "x"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}},
}
CLAIM: KubeObject = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "x"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
INGRESS: KubeObject = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "x"},
    "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
}

NONSENSE: dict[str, tuple[KubeObject, dict[str, Any]]] = {
    "more ready than there are": (deployment("x"), {"replicas": 1, "readyReplicas": 2}),
    "more available than ready": (deployment("x"), {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2}),
    "below zero in a Deployment": (deployment("x"), {"observedGeneration": -1, "unavailableReplicas": -1}),
    "ReplicaSet": (replica_set("x"), {"replicas": 1, "fullyLabeledReplicas": 2, "readyReplicas": 3}),
    "below zero in a ReplicaSet": (replica_set("x"), {"replicas": -1, "observedGeneration": -1}),
    "available ones of a ReplicaSet": (replica_set("x"), {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2}),
    "StatefulSet": (stateful_set("x"), {"replicas": 1, "currentReplicas": 2, "updatedReplicas": 2}),
    "below zero in a StatefulSet": (stateful_set("x"), {"replicas": -1, "readyReplicas": -1}),
    "available ones of a StatefulSet": (stateful_set("x"), {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2}),
    "DaemonSet": (daemon_set("x"), {"currentNumberScheduled": -1, "numberReady": -1, "numberAvailable": -2}),
    "HorizontalPodAutoscaler": (AUTOSCALER, {"currentReplicas": -1, "desiredReplicas": -2}),
    "PodDisruptionBudget": (BUDGET, {"currentHealthy": -1, "disruptionsAllowed": -1}),
    "Job": (job("x"), {"active": -1, "failed": -1}),
}


@pytest.mark.parametrize(("obj", "status"), NONSENSE.values(), ids=list(NONSENSE))
async def test_counts_of_a_status_that_make_no_sense_are_invalid(
    server: Server, obj: KubeObject, status: dict[str, Any]
) -> None:
    await server.created(obj)
    answer = await server.patch(obj, {"status": status}, sub="status")
    assert answer.status == 422
    server.matches(answer)


async def test_a_collision_count_does_not_go_back(server: Server) -> None:
    await server.created(deployment("x"))
    counted = await server.patch(deployment("x"), {"status": {"collisionCount": 2}}, sub="status")
    assert counted.status == 200
    server.matches(await server.patch(deployment("x"), {"status": {"collisionCount": 1}}, sub="status"))


WITH_STATUS: list[KubeObject] = [
    deployment("x"),
    replica_set("x"),
    stateful_set("x"),
    daemon_set("x"),
    job("x"),
    cron_job("x"),
    pod("x", automountServiceAccountToken=False),
    service("x"),
    BUDGET,
    AUTOSCALER,
    INGRESS,
]


@pytest.mark.parametrize("obj", WITH_STATUS, ids=lambda obj: obj["kind"])
async def test_a_write_of_the_status_changes_some_of_the_metadata(server: Server, obj: KubeObject) -> None:
    before = with_metadata(obj, labels={"old": "1"}, annotations={"old": "1"}, finalizers=["example.com/old"])
    made = await server.created(before)
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "11111111-1111-1111-1111-111111111111"}
    metadata = {
        "labels": {"new": "1"},
        "annotations": {**made["metadata"]["annotations"], "new": "1"},
        "finalizers": ["example.com/new"],
        "ownerReferences": [owner],
    }
    answer = await server.replace({**made, "metadata": {**made["metadata"], **metadata}}, "status")
    assert answer.status == 200, answer.body
    found = answer.body["metadata"]
    server.same({name: found.get(name) for name in metadata})
    mine = [each for each in found["managedFields"] if each.get("subresource") == "status"]
    server.same([each["fieldsV1"].get("f:metadata") for each in mine])


UNTIMED: list[tuple[KubeObject, dict[str, Any]]] = [
    (pod("x", automountServiceAccountToken=False), {"conditions": [{"type": "Ready", "status": "True"}]}),
    (deployment("x"), {"conditions": [{"type": "Available", "status": "True"}]}),
    (stateful_set("x"), {"conditions": [{"type": "Own", "status": "True"}]}),
    (job("x"), {"conditions": [{"type": "Own", "status": "True"}]}),
    (CLAIM, {"conditions": [{"type": "Resizing", "status": "True"}]}),
    (AUTOSCALER, {"conditions": [{"type": "AbleToScale", "status": "True"}]}),
]


@pytest.mark.parametrize(("obj", "status"), UNTIMED, ids=[obj["kind"] for obj, _ in UNTIMED])
async def test_times_that_a_condition_leaves_out_are_null(
    server: Server, obj: KubeObject, status: dict[str, Any]
) -> None:
    await server.created(obj)
    answer = await server.patch(obj, {"status": status}, sub="status")
    assert answer.status == 200, answer.body
    server.same(answer.body["status"]["conditions"])
    mine = [each for each in answer.body["metadata"]["managedFields"] if each.get("subresource") == "status"]
    server.same([each["fieldsV1"] for each in mine])


async def test_addresses_of_a_balancer_say_how_they_are_reached(server: Server) -> None:
    await server.created(service("x", type="LoadBalancer", allocateLoadBalancerNodePorts=False))
    ingress = [{"ip": "192.0.2.7", "ipMode": "Proxy"}, {"ip": "192.0.2.8"}, {"hostname": "a.example.com"}]
    answer = await server.patch(service("x"), {"status": {"loadBalancer": {"ingress": ingress}}}, sub="status")
    server.same(answer.body["status"])


async def test_a_service_has_a_node_port_where_its_type_needs_one(server: Server) -> None:
    ports = [{"name": "a", "port": 1, "nodePort": 32123}, {"name": "b", "port": 2}]
    given = await server.created(service("x", type="LoadBalancer", allocateLoadBalancerNodePorts=False, ports=ports))
    server.same(given["spec"]["ports"])
    for spec in ({"allocateLoadBalancerNodePorts": True}, {"allocateLoadBalancerNodePorts": False}):
        answer = await server.patch(service("x"), {"spec": spec})
        server.same(answer.body["spec"]["ports"])
    answer = await server.patch(service("x"), {"spec": {"type": "ClusterIP"}})
    server.same({key: value for key, value in answer.body["spec"].items() if not key.startswith("clusterIP")})
