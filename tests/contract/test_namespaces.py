"""Namespaces: what needs one, what each has, and how one goes away with all that is in it."""

from __future__ import annotations

from holdfast.model.kube import KubeObject
from tests.contract.objects import config_map, deployment, secret, with_metadata
from tests.contract.servers import Server


def namespace(name: str) -> KubeObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def test_nothing_is_created_in_a_namespace_that_is_not_there(server: Server) -> None:
    for obj in (config_map("x"), deployment("x")):
        elsewhere = with_metadata(obj, namespace=f"{server.namespace}-absent")
        answer = await server.create(elsewhere)
        assert (answer.status, answer.body["reason"]) == (404, "NotFound")
        server.matches(answer)
        applied = await server.apply(elsewhere, "a")
        assert applied.status == 404
        server.matches(applied)


async def test_a_namespace_has_a_label_a_phase_and_a_finalizer(server: Server) -> None:
    server.matches(await server.create(namespace(f"{server.namespace}-new")))


async def test_each_has_a_service_account_and_the_root_certificate(server: Server) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    certificate = config_map("kube-root-ca.crt")

    async def are_there() -> bool:
        return not await server.is_gone(account) and not await server.is_gone(certificate)

    await server.until(are_there, "the namespace is filled")
    server.matches(await server.get(account))
    assert "ca.crt" in (await server.read(certificate))["data"]


async def test_names_of_namespaces(server: Server) -> None:
    for name in ("Upper", "a.b", "a_b", "x" * 64):
        answer = await server.create(namespace(name))
        assert answer.status == 422
        server.matches(answer)


async def test_deletion_empties_it(server: Server) -> None:
    gone = namespace(f"{server.namespace}-gone")
    await server.created(gone)
    inside = with_metadata(config_map("x"), namespace=gone["metadata"]["name"])
    held = with_metadata(secret("x"), namespace=gone["metadata"]["name"], finalizers=["example.com/f"])
    await server.created(inside)
    await server.created(held)
    answer = await server.delete(gone)
    assert answer.status == 200
    assert answer.body["status"]["phase"] == "Terminating"
    server.matches(answer)

    async def is_emptied() -> bool:
        return await server.is_gone(inside) and "deletionTimestamp" in (await server.read(held))["metadata"]

    await server.until(is_emptied, "what is in it is deleted")
    refused = await server.create(with_metadata(config_map("new"), namespace=gone["metadata"]["name"]))
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    server.matches(refused)

    async def says_what_is_left() -> bool:
        conditions = (await server.read(gone))["status"].get("conditions") or []
        return any(each["type"] == "NamespaceFinalizersRemaining" and each["status"] == "True" for each in conditions)

    await server.until(says_what_is_left, "the conditions name the finalizer")
    server.same((await server.read(gone))["status"])
    await server.patch(held, {"metadata": {"finalizers": None}})
    await server.until_gone(gone)


async def test_what_the_cluster_needs_cannot_be_deleted(server: Server) -> None:
    for name in ("default", "kube-system", "kube-public"):
        answer = await server.delete(namespace(name))
        assert answer.status == 403
        server.matches(answer)
