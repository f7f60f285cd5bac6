"""Deleting: finalizers, grace, preconditions, owners and namespaces."""

from __future__ import annotations

from typing import Any

import pytest

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


def config_map(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def owned_by(owner: dict[str, Any], *, block: bool = True) -> list[dict[str, Any]]:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "blockOwnerDeletion": block}
    return [{**reference, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}]


async def names(api: Any, path: str = CONFIG_MAPS) -> set[str]:
    items = (await api.get(path)).body["items"]
    return {item["metadata"]["name"] for item in items} - {"kube-root-ca.crt"}


async def test_a_deletion_answers_with_a_status(cluster: Any) -> None:
    async with cluster() as api:
        uid = (await api.post(CONFIG_MAPS, config_map("one"))).body["metadata"]["uid"]
        answer = await api.delete(f"{CONFIG_MAPS}/one")
        assert answer.body == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": "one", "kind": "configmaps", "uid": uid},
        }
        assert (await api.delete(f"{CONFIG_MAPS}/one")).status == 404


async def test_a_finalizer_holds_an_object_until_it_is_removed(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(CONFIG_MAPS, config_map("one", finalizers=["example.com/f"]))
        held = await api.delete(f"{CONFIG_MAPS}/one")
        assert held.body["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:00Z"
        more = {"metadata": {"finalizers": ["example.com/f", "example.com/g"]}}
        assert (await api.patch(f"{CONFIG_MAPS}/one", more)).status == 422
        again = await api.post(CONFIG_MAPS, config_map("one"))
        assert again.body["message"] == 'object is being deleted: configmaps "one" already exists'
        assert (await api.patch(f"{CONFIG_MAPS}/one", {"metadata": {"finalizers": None}})).status == 200
        assert (await api.get(f"{CONFIG_MAPS}/one")).status == 404


@pytest.mark.parametrize("condition", [{"uid": "nope"}, {"resourceVersion": "1"}])
async def test_preconditions_hold_or_refuse(cluster: Any, condition: dict[str, str]) -> None:
    async with cluster() as api:
        await api.post(CONFIG_MAPS, config_map("one"))
        assert (await api.delete(f"{CONFIG_MAPS}/one", {"preconditions": condition})).status == 409
        assert await names(api) == {"one"}


async def test_a_collection_is_deleted_by_selector(cluster: Any) -> None:
    async with cluster() as api:
        for name, value in (("a", "x"), ("b", "x"), ("c", "y")):
            await api.post(CONFIG_MAPS, config_map(name, labels={"l": value}))
        answer = await api.delete(f"{CONFIG_MAPS}?labelSelector=l=x")
        assert [item["metadata"]["name"] for item in answer.body["items"]] == ["a", "b"]
        assert await names(api) == {"c"}


async def test_a_pod_on_a_node_waits_for_its_grace_and_another_goes_at_once(cluster: Any) -> None:
    async with cluster() as api:
        containers = [{"name": "c", "image": "x"}]
        await api.post(PODS, {"metadata": {"name": "bound"}, "spec": {"nodeName": "n", "containers": containers}})
        await api.post(PODS, {"metadata": {"name": "free"}, "spec": {"containers": containers}})
        marked = (await api.delete(f"{PODS}/bound")).body["metadata"]
        assert (marked["deletionTimestamp"], marked["deletionGracePeriodSeconds"]) == ("2026-01-01T00:00:30Z", 30)
        await api.delete(f"{PODS}/free")
        assert await names(api, PODS) == {"bound"}
        await api.delete(f"{PODS}/bound?gracePeriodSeconds=0")
        assert await names(api, PODS) == set()


async def test_dependents_follow_their_owner(cluster: Any) -> None:
    async with cluster() as api:
        owner = (await api.post(CONFIG_MAPS, config_map("owner"))).body
        child = (await api.post(CONFIG_MAPS, config_map("child", ownerReferences=owned_by(owner)))).body
        await api.post(CONFIG_MAPS, config_map("grandchild", ownerReferences=owned_by(child)))
        await api.delete(f"{CONFIG_MAPS}/owner")
        await api.settle()
        assert await names(api) == set()


async def test_a_dependent_stays_while_one_owner_is_left(cluster: Any) -> None:
    async with cluster() as api:
        first = (await api.post(CONFIG_MAPS, config_map("first"))).body
        second = (await api.post(CONFIG_MAPS, config_map("second"))).body
        owners = owned_by(first) + owned_by(second)
        await api.post(CONFIG_MAPS, config_map("child", ownerReferences=owners))
        await api.delete(f"{CONFIG_MAPS}/first")
        await api.settle()
        child = (await api.get(f"{CONFIG_MAPS}/child")).body
        assert [owner["name"] for owner in child["metadata"]["ownerReferences"]] == ["second"]


async def test_an_object_whose_owner_never_was_is_collected(cluster: Any) -> None:
    async with cluster() as api:
        ghost = {"metadata": {"name": "ghost", "uid": "00000000-0000-0000-0000-000000000000"}}
        await api.post(CONFIG_MAPS, config_map("child", ownerReferences=owned_by(ghost)))
        await api.settle()
        assert await names(api) == set()


async def test_orphans_are_left(cluster: Any) -> None:
    async with cluster() as api:
        owner = (await api.post(CONFIG_MAPS, config_map("owner"))).body
        await api.post(CONFIG_MAPS, config_map("child", ownerReferences=owned_by(owner)))
        held = await api.delete(f"{CONFIG_MAPS}/owner", {"propagationPolicy": "Orphan"})
        assert held.body["metadata"]["finalizers"] == ["orphan"]
        await api.settle()
        assert await names(api) == {"child"}
        assert "ownerReferences" not in (await api.get(f"{CONFIG_MAPS}/child")).body["metadata"]


async def test_a_foreground_deletion_waits_for_blocking_dependents(cluster: Any) -> None:
    async with cluster() as api:
        owner = (await api.post(CONFIG_MAPS, config_map("owner"))).body
        child = config_map("child", ownerReferences=owned_by(owner), finalizers=["example.com/f"])
        await api.post(CONFIG_MAPS, child)
        await api.delete(f"{CONFIG_MAPS}/owner?propagationPolicy=Foreground")
        await api.settle()
        assert await names(api) == {"owner", "child"}
        assert (await api.get(f"{CONFIG_MAPS}/owner")).body["metadata"]["finalizers"] == ["foregroundDeletion"]
        await api.patch(f"{CONFIG_MAPS}/child", {"metadata": {"finalizers": None}})
        await api.settle()
        assert await names(api) == set()


async def test_a_namespace_is_emptied_and_goes(cluster: Any) -> None:
    async with cluster() as api:
        await api.post("/api/v1/namespaces", {"metadata": {"name": "doomed"}})
        await api.settle()
        inside = "/api/v1/namespaces/doomed/configmaps"
        assert (await api.get(f"{inside}/kube-root-ca.crt")).status == 200
        await api.post(inside, config_map("held", finalizers=["example.com/f"]))
        answer = await api.delete("/api/v1/namespaces/doomed")
        assert answer.body["status"]["phase"] == "Terminating"
        refused = await api.post(inside, config_map("late"))
        assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
        await api.settle()
        waiting = (await api.get("/api/v1/namespaces/doomed")).body
        told = {condition["type"]: condition["message"] for condition in waiting["status"]["conditions"]}
        assert "example.com/f in 1 resource instances" in told["NamespaceFinalizersRemaining"]
        await api.patch(f"{inside}/held", {"metadata": {"finalizers": None}})
        await api.settle()
        assert (await api.get("/api/v1/namespaces/doomed")).status == 404
        assert (await api.get(inside)).body["items"] == []


async def test_the_first_namespaces_stay(cluster: Any) -> None:
    async with cluster() as api:
        assert await names(api, "/api/v1/namespaces") == {"default", "kube-node-lease", "kube-public", "kube-system"}
        assert (await api.delete("/api/v1/namespaces/kube-system")).status == 403
