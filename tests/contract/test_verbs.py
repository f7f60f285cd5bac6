"""Create, get, replace, patch and delete: what each answers and what it refuses."""

from __future__ import annotations

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import config_map, deployment, pod, secret, service, with_metadata
from tests.contract.servers import Server

CREATED = [config_map("x", a="b"), secret("x"), deployment("x"), service("x")]


@pytest.mark.parametrize("obj", CREATED, ids=lambda obj: obj["kind"])
async def test_create_answers_the_object_with_what_the_server_adds(server: Server, obj: KubeObject) -> None:
    answer = await server.create(obj)
    assert answer.status == 201
    server.matches(answer)
    assert await server.read(obj) == answer.body


async def test_create_of_what_is_there_is_refused(server: Server) -> None:
    for obj in (config_map("x"), deployment("x")):
        await server.created(obj)
        answer = await server.create(obj)
        assert (answer.status, answer.body["reason"]) == (409, "AlreadyExists")
        server.matches(answer)


async def test_create_takes_the_namespace_from_the_path_and_no_other(server: Server) -> None:
    made = await server.created(config_map("x"))
    assert made["metadata"]["namespace"] == server.namespace
    path = server.path(config_map(""))
    server.matches(await server.call("POST", path, with_metadata(config_map("y"), namespace="other")))


async def test_built_in_kinds_may_leave_kind_and_version_out(server: Server) -> None:
    answer = await server.call("POST", server.path(config_map("")), {"metadata": {"name": "x"}})
    assert answer.status == 201
    assert (answer.body["kind"], answer.body["apiVersion"]) == ("ConfigMap", "v1")


async def test_another_kind_or_version_than_the_path_says_is_refused(server: Server) -> None:
    server.matches(await server.call("POST", server.path(config_map("")), secret("x")))
    old = {**deployment("x"), "apiVersion": "apps/v1beta1"}
    server.matches(await server.call("POST", server.path(deployment("")), old))


async def test_generate_name_appends_five_letters(server: Server) -> None:
    first, second = [await server.created({**config_map(""), "metadata": {"generateName": "gen-"}}) for _ in range(2)]
    assert first["metadata"]["name"] != second["metadata"]["name"]
    assert first["metadata"]["generateName"] == "gen-"
    assert first["metadata"]["name"].startswith("gen-")
    assert len(first["metadata"]["name"]) == len("gen-") + 5


async def test_a_name_wins_over_generate_name_and_one_of_both_is_needed(server: Server) -> None:
    answer = await server.create(with_metadata(config_map("x"), generateName="gen-"))
    assert answer.body["metadata"]["name"] == "x"
    server.matches(await server.call("POST", server.path(config_map("")), {"metadata": {}}))


async def test_the_caller_cannot_choose_uid_time_version_or_generation(server: Server) -> None:
    chosen = {
        "uid": "11111111-1111-1111-1111-111111111111",
        "creationTimestamp": "2000-01-01T00:00:00Z",
        "generation": 7,
        "deletionTimestamp": "2000-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": 5,
        "selfLink": "/x",
    }
    answer = await server.create(with_metadata(deployment("x"), **chosen))
    assert answer.status == 201
    metadata = answer.body["metadata"]
    assert metadata["uid"] != chosen["uid"]
    assert metadata["creationTimestamp"] != chosen["creationTimestamp"]
    assert metadata["generation"] == 1
    server.same({k: v for k, v in metadata.items() if k != "managedFields"})


async def test_create_with_a_version_is_refused(server: Server) -> None:
    server.matches(await server.create(with_metadata(config_map("x"), resourceVersion="5")))


async def test_what_is_not_there_is_not_found(server: Server) -> None:
    for obj in (config_map("x"), deployment("x")):
        server.matches(await server.get(obj))
        server.matches(await server.replace(obj))
        server.matches(await server.patch(obj, {"metadata": {"labels": {"a": "b"}}}))
        server.matches(await server.delete(obj))


async def test_replace_takes_the_place_of_everything_but_what_the_server_owns(server: Server) -> None:
    before = await server.created(with_metadata(config_map("x", a="1", b="2"), labels={"l": "1"}))
    answer = await server.replace(config_map("x", c="3"))
    assert answer.status == 200
    assert answer.body["data"] == {"c": "3"}
    assert "labels" not in answer.body["metadata"]
    for kept in ("uid", "creationTimestamp"):
        assert answer.body["metadata"][kept] == before["metadata"][kept]
    assert answer.body["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
    server.matches(answer)


async def test_replace_with_an_old_version_is_a_conflict(server: Server) -> None:
    old = await server.created(config_map("x", a="1"))
    await server.patch(old, {"data": {"a": "2"}})
    answer = await server.replace(old)
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    server.matches(answer)


async def test_a_patch_with_an_old_version_is_a_conflict(server: Server) -> None:
    old = await server.created(config_map("x", a="1"))
    await server.patch(old, {"data": {"a": "2"}})
    change = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"a": "3"}}
    for kind in ("merge", "strategic"):
        server.matches(await server.patch(old, change, kind))


async def test_replace_of_another_uid_is_a_conflict(server: Server) -> None:
    await server.created(config_map("x"))
    server.matches(await server.replace(with_metadata(config_map("x"), uid="11111111-1111-1111-1111-111111111111")))


async def test_the_name_in_the_body_must_be_that_of_the_path(server: Server) -> None:
    await server.created(config_map("x"))
    path = server.path(config_map("x"))
    server.matches(await server.call("PUT", path, config_map("y")))
    server.matches(await server.apply(config_map("y"), "a", at=config_map("x")))
    server.matches(await server.patch(config_map("x"), {"metadata": {"name": "y"}}))


@pytest.mark.parametrize("kind", ["replace", "merge", "strategic", "json", "apply"])
async def test_a_write_that_changes_nothing_is_no_write(server: Server, kind: str) -> None:
    before = await server.applied(config_map("x", a="1"), "a")
    match kind:
        case "replace":
            answer = await server.replace(before, fieldManager="other")
        case "json":
            answer = await server.patch(before, [{"op": "replace", "path": "/data/a", "value": "1"}], kind)
        case "apply":
            answer = await server.apply(config_map("x", a="1"), "a")
        case _:
            answer = await server.patch(before, {"data": {"a": "1"}}, kind, fieldManager="other")
    assert answer.status == 200
    assert answer.body == before


async def test_generation_counts_changes_of_the_spec_alone(server: Server) -> None:
    obj = deployment("x")
    assert (await server.created(obj))["metadata"]["generation"] == 1
    labelled = await server.patch(obj, {"metadata": {"labels": {"l": "1"}}})
    assert labelled.body["metadata"]["generation"] == 1
    scaled = await server.patch(obj, {"spec": {"replicas": 3}})
    assert scaled.body["metadata"]["generation"] == 2
    reported = await server.patch(obj, {"status": {"replicas": 3}}, sub="status")
    assert reported.body["metadata"]["generation"] == 2
    assert "generation" not in (await server.created(config_map("x")))["metadata"]


async def test_delete_answers_success_or_the_object(server: Server) -> None:
    for obj in (config_map("x"), deployment("x"), service("x"), secret("x")):
        await server.created(obj)
        answer = await server.delete(obj)
        assert answer.status == 200
        server.matches(answer)
        assert await server.is_gone(obj)


async def test_a_pod_that_runs_nowhere_is_gone_at_once(server: Server) -> None:
    await server.created(pod("x", automountServiceAccountToken=False))
    answer = await server.delete(pod("x"))
    assert answer.status == 200
    server.matches(answer)
    await server.until_gone(pod("x"))


async def test_delete_with_preconditions_that_do_not_hold_is_a_conflict(server: Server) -> None:
    obj = await server.created(config_map("x"))
    server.matches(await server.delete(obj, {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}))
    answer = await server.delete(obj, {"preconditions": {"resourceVersion": "1"}})
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    held = await server.delete(obj, {"preconditions": {"uid": obj["metadata"]["uid"]}})
    assert held.status == 200


async def test_delete_of_a_collection_takes_what_the_selector_names(server: Server) -> None:
    for name, kind in (("x", "old"), ("y", "old"), ("z", "new")):
        await server.created(with_metadata(secret(name), labels={"kind": kind}))
    answer = await server.call("DELETE", server.path(secret("")), None, {"labelSelector": "kind=old"})
    assert answer.status == 200
    assert [each["metadata"]["name"] for each in answer.body["items"]] == ["x", "y"]
    assert [each["metadata"]["name"] for each in await server.items(secret(""))] == ["z"]


async def test_null_is_no_value(server: Server) -> None:
    obj = deployment("x", replicas=None, strategy=None)
    obj["metadata"] |= {"labels": None, "annotations": None}
    obj["spec"]["template"]["spec"]["volumes"] = None
    answer = await server.create(obj)
    assert answer.status == 201
    server.matches(answer)


async def test_null_in_a_map_of_strings_is_the_empty_string(server: Server) -> None:
    answer = await server.create(config_map("x", a=None, b="1"))
    assert answer.status == 201
    server.same(answer.body["data"])


@pytest.mark.parametrize("kind", ["create", "replace", "merge", "strategic", "json", "apply"])
async def test_a_dry_run_answers_as_if_and_stores_nothing(server: Server, kind: str) -> None:
    dry = {"dryRun": "All"}
    if kind == "create":
        server.matches(await server.create(config_map("x", a="1"), **dry))
        assert await server.is_gone(config_map("x"))
        return
    before = await server.applied(config_map("x", a="1"), "a")
    match kind:
        case "replace":
            answer = await server.replace(config_map("x", a="2"), **dry)
        case "json":
            answer = await server.patch(before, [{"op": "replace", "path": "/data/a", "value": "2"}], kind, **dry)
        case "apply":
            answer = await server.apply(config_map("x", a="2"), "b", force=True, **dry)
        case _:
            answer = await server.patch(before, {"data": {"a": "2"}}, kind, **dry)
    assert answer.status == 200
    assert answer.body["data"] == {"a": "2"}
    server.matches(answer)
    assert await server.read(before) == before


async def test_a_dry_run_judges_and_deletes_nothing(server: Server) -> None:
    await server.created(config_map("x"))
    assert (await server.create(config_map("x"), dryRun="All")).status == 409
    assert (await server.create(config_map("Bad_Name"), dryRun="All")).status == 422
    answer = await server.delete(config_map("x"), None, dryRun="All")
    assert answer.status == 200
    assert not await server.is_gone(config_map("x"))
    server.matches(await server.create(config_map("y"), dryRun="Some"))
    created = await server.apply(config_map("z", a="1"), "a", dryRun="All")
    assert created.status == 201
    assert await server.is_gone(config_map("z"))
