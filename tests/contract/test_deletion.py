"""Finalizers, owners and the three ways to delete what has dependents."""

from __future__ import annotations

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import (
    config_map,
    cron_job,
    deployment,
    job,
    owned_by,
    pod,
    replica_set,
    secret,
    with_metadata,
)
from tests.contract.servers import Server

FINALIZER = "example.com/f"


async def test_an_object_with_a_finalizer_waits(server: Server) -> None:
    obj = with_metadata(config_map("x", a="1"), finalizers=[FINALIZER])
    await server.created(obj)
    answer = await server.delete(obj)
    assert answer.status == 200
    assert answer.body["metadata"]["deletionTimestamp"]
    server.matches(answer)
    again = await server.delete(obj)
    assert (again.status, again.body["metadata"]["resourceVersion"]) == (
        200,
        answer.body["metadata"]["resourceVersion"],
    )
    assert not await server.is_gone(obj)


async def test_a_dying_object_takes_no_new_finalizer(server: Server) -> None:
    obj = with_metadata(config_map("x", a="1"), finalizers=[FINALIZER])
    await server.created(obj)
    await server.delete(obj)
    server.matches(await server.patch(obj, {"metadata": {"finalizers": [FINALIZER, "example.com/g"]}}))
    changed = await server.patch(obj, {"data": {"a": "2"}})
    assert changed.body["data"] == {"a": "2"}
    server.matches(await server.create(config_map("x")))


async def test_the_last_finalizer_lets_it_go(server: Server) -> None:
    obj = with_metadata(config_map("x"), finalizers=[FINALIZER, "example.com/g"])
    await server.created(obj)
    await server.delete(obj)
    first = await server.patch(obj, {"metadata": {"finalizers": ["example.com/g"]}})
    assert first.status == 200
    assert not await server.is_gone(obj)
    last = await server.patch(obj, {"metadata": {"finalizers": None}})
    assert last.status == 200
    assert await server.is_gone(obj)
    server.matches(last)


async def test_deletion_counts_as_a_generation(server: Server) -> None:
    obj = with_metadata(deployment("x"), finalizers=[FINALIZER])
    assert (await server.created(obj))["metadata"]["generation"] == 1
    answer = await server.delete(obj)
    assert answer.body["metadata"]["generation"] == 2
    server.matches(answer)


@pytest.mark.parametrize("finalizer", ["noslash", "a/b/c", "Example.com/f", ""])
async def test_names_of_finalizers(server: Server, finalizer: str) -> None:
    server.matches(await server.create(with_metadata(config_map("x"), finalizers=[finalizer])))


async def family(server: Server, *, blocks: bool = False) -> tuple[KubeObject, KubeObject]:
    parent = await server.created(deployment("parent"))
    child = await server.created(owned_by(replica_set("child"), parent, blocks=blocks))
    return parent, child


async def test_in_the_background_dependents_follow(server: Server) -> None:
    parent, child = await family(server)
    server.matches(await server.delete(parent, {"propagationPolicy": "Background"}))
    assert await server.is_gone(parent)
    await server.until_gone(child)


async def test_in_the_foreground_dependents_go_first(server: Server) -> None:
    parent, child = await family(server, blocks=True)
    held = await server.patch(child, {"metadata": {"finalizers": [FINALIZER]}})
    assert held.status == 200
    answer = await server.delete(parent, {"propagationPolicy": "Foreground"})
    assert answer.body["metadata"]["finalizers"] == ["foregroundDeletion"]
    server.matches(answer)

    async def is_dying() -> bool:
        return "deletionTimestamp" in (await server.read(child))["metadata"]

    await server.until(is_dying, "the dependent is being deleted")
    assert not await server.is_gone(parent)
    await server.patch(child, {"metadata": {"finalizers": None}})
    await server.until_gone(child)
    await server.until_gone(parent)


async def test_orphans_stay_without_their_owner(server: Server) -> None:
    parent, child = await family(server)
    answer = await server.delete(parent, {"propagationPolicy": "Orphan"})
    assert answer.body["metadata"]["finalizers"] == ["orphan"]
    server.matches(answer)
    await server.until_gone(parent)
    assert "ownerReferences" not in (await server.read(child))["metadata"]


async def test_the_default_is_in_the_background_but_for_jobs(server: Server) -> None:
    parent, child = await family(server)
    server.matches(await server.delete(parent))
    await server.until_gone(child)
    await server.created(job("x"))
    answer = await server.delete(job("x"))
    server.matches(answer)


async def test_the_policy_may_be_in_the_query(server: Server) -> None:
    parent, child = await family(server)
    answer = await server.delete(parent, None, propagationPolicy="Foreground")
    assert answer.body["metadata"]["finalizers"] == ["foregroundDeletion"]
    await server.until_gone(parent)
    await server.until_gone(child)
    server.matches(await server.delete(config_map("x"), {"propagationPolicy": "Sideways"}))


async def test_a_dependent_with_another_owner_stays(server: Server) -> None:
    first = await server.created(config_map("first"))
    second = await server.created(config_map("second"))
    child = owned_by(secret("child"), first)
    child["metadata"]["ownerReferences"] += owned_by(secret("child"), second)["metadata"]["ownerReferences"]
    await server.created(child)
    await server.delete(first)

    async def has_one_owner() -> bool:
        return len((await server.read(child))["metadata"]["ownerReferences"]) == 1

    await server.until(has_one_owner, "the owner that is gone is taken out")
    await server.delete(second)
    await server.until_gone(child)


async def test_who_names_an_owner_that_is_not_there_is_deleted(server: Server) -> None:
    owner = await server.created(config_map("owner"))
    owner["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111"
    child = owned_by(secret("child"), owner)
    await server.created(child)
    await server.until_gone(child)


async def test_owner_references_are_judged(server: Server) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u"}
    for change in ({"uid": ""}, {"name": ""}, {"kind": ""}, {"apiVersion": ""}, {"apiVersion": "a/b/c"}):
        wrong = with_metadata(secret("x"), ownerReferences=[{**reference, **change}])
        server.matches(await server.create(wrong))
    two = [{**reference, "controller": True}, {**reference, "uid": "v", "controller": True}]
    server.matches(await server.create(with_metadata(secret("x"), ownerReferences=two)))


async def test_a_pod_on_a_node_has_its_grace_period(server: Server) -> None:
    obj = pod("x", nodeName="n1", automountServiceAccountToken=False, terminationGracePeriodSeconds=7)
    await server.created(obj)
    answer = await server.delete(obj)
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 7
    server.matches(answer)
    assert not await server.is_gone(obj)
    await server.delete(obj, {"gracePeriodSeconds": 0})
    await server.until_gone(obj)


async def test_dependents_of_dependents(server: Server) -> None:
    top = await server.created(cron_job("top"))
    middle = await server.created(owned_by(job("middle"), top))
    child = await server.created(owned_by(secret("child"), middle))
    await server.delete(top, {"propagationPolicy": "Background"})
    await server.until_gone(middle)
    await server.until_gone(child)
