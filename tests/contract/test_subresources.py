"""The status and scale subresources of built-in kinds."""

from __future__ import annotations

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import config_map, deployment, pod, replica_set, service, stateful_set
from tests.contract.servers import Server

BALANCED = service("x", type="LoadBalancer", allocateLoadBalancerNodePorts=False)


@pytest.mark.parametrize("obj", [deployment("x"), stateful_set("x"), replica_set("x")], ids=lambda obj: obj["kind"])
async def test_scale_shows_replicas_and_selector(server: Server, obj: KubeObject) -> None:
    await server.created(obj)
    server.matches(await server.get(obj, "scale"))


async def test_scale_by_patch_and_by_replace(server: Server) -> None:
    obj = deployment("x", replicas=2)
    await server.created(obj)
    server.matches(await server.patch(obj, {"spec": {"replicas": 3}}, sub="scale"))
    scale = await server.read(obj, "scale")
    scale["spec"]["replicas"] = 4
    answer = await server.call("PUT", server.path(obj, "scale"), scale)
    assert answer.status == 200
    server.matches(answer)
    found = await server.read(obj)
    assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (4, 3)
    stale = await server.call("PUT", server.path(obj, "scale"), scale)
    assert stale.status == 409
    server.matches(stale)


async def test_scale_to_none_and_below(server: Server) -> None:
    obj = deployment("x", replicas=2)
    await server.created(obj)
    server.matches(await server.patch(obj, {"spec": {"replicas": 0}}, sub="scale"))
    server.matches(await server.patch(obj, {"spec": {"replicas": -1}}, sub="scale"))


async def test_scale_of_what_has_none_or_is_not_there(server: Server) -> None:
    await server.created(config_map("x"))
    assert (await server.get(config_map("x"), "scale")).status == 404
    server.matches(await server.get(deployment("nobody"), "scale"))
    server.matches(await server.patch(deployment("nobody"), {"spec": {"replicas": 1}}, sub="scale"))


@pytest.mark.parametrize("obj", [deployment("x"), BALANCED], ids=lambda obj: obj["kind"])
async def test_the_status_is_written_by_its_own_path_alone(server: Server, obj: KubeObject) -> None:
    balanced = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
    status = balanced if obj["kind"] == "Service" else {"replicas": 3, "observedGeneration": 1}
    made = await server.created({**obj, "status": status})
    assert made["status"] != status
    ignored = await server.patch(obj, {"status": status})
    assert ignored.body == made
    reported = await server.patch(obj, {"metadata": {"labels": {"l": "1"}}, "spec": {}, "status": status}, sub="status")
    assert reported.status == 200
    server.matches(reported)


async def test_replace_of_the_status_leaves_the_spec(server: Server) -> None:
    made = await server.created(deployment("x", replicas=2))
    changed = {**made, "spec": {**made["spec"], "replicas": 9}, "status": {"replicas": 2, "readyReplicas": 1}}
    answer = await server.replace(changed, "status")
    assert (answer.body["spec"]["replicas"], answer.body["status"]["readyReplicas"]) == (2, 1)
    server.matches(answer)
    server.matches(await server.replace(changed, "status"))


async def test_a_status_that_makes_no_sense_is_invalid(server: Server) -> None:
    await server.created(deployment("x"))
    answer = await server.patch(deployment("x"), {"status": {"replicas": -1}}, sub="status")
    assert answer.status == 422
    server.matches(answer)


async def test_conditions_merge_by_type(server: Server) -> None:
    obj = pod("x", automountServiceAccountToken=False)
    await server.created(obj)
    time = "2026-01-01T00:00:00Z"
    first = {"type": "Ready", "status": "False", "lastProbeTime": None, "lastTransitionTime": time}
    second = {"type": "Initialized", "status": "True", "lastProbeTime": None, "lastTransitionTime": time}
    await server.patch(obj, {"status": {"phase": "Running", "conditions": [first]}}, "strategic", "status")
    answer = await server.patch(obj, {"status": {"conditions": [second]}}, "strategic", "status")
    assert {each["type"] for each in answer.body["status"]["conditions"]} == {"Ready", "Initialized"}
    server.same(answer.body["status"])
