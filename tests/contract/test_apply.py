"""Server-side apply: creation, conflicts, force, moving ownership, lists that merge, removal."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.diff.applied import is_applied
from tests.contract.objects import config_map, deployment, pod, service, template, with_metadata
from tests.contract.servers import MEDIA_TYPES, Server


def owners(obj: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["manager"], each["operation"]) for each in obj["metadata"]["managedFields"]]


async def test_apply_creates_what_is_not_there(server: Server) -> None:
    answer = await server.apply(deployment("x", replicas=2), "a")
    assert answer.status == 201
    assert owners(answer.body) == [("a", "Apply")]
    server.matches(answer)


async def test_apply_of_a_uid_or_version_to_what_is_not_there(server: Server) -> None:
    uid = with_metadata(config_map("x"), uid="11111111-1111-1111-1111-111111111111")
    server.matches(await server.apply(uid, "a"))
    assert (await server.apply(with_metadata(config_map("x"), resourceVersion="1"), "a")).status == 201


async def test_apply_with_an_old_version_is_a_conflict(server: Server) -> None:
    old = await server.applied(config_map("x", a="1"), "a")
    await server.applied(config_map("x", a="2"), "a")
    sent = with_metadata(config_map("x", a="3"), resourceVersion=old["metadata"]["resourceVersion"])
    server.matches(await server.apply(sent, "a"))


async def test_apply_owns_what_it_sends_and_no_more(server: Server) -> None:
    obj = with_metadata(deployment("x", replicas=1), labels={"l": "1"}, annotations={"n": "1"})
    container = {
        "name": "c",
        "image": "c:1",
        "args": ["a", "b"],
        "env": [{"name": "E", "value": "1"}],
        "ports": [{"containerPort": 80}, {"containerPort": 81, "protocol": "UDP"}],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
        "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
    }
    rest = {"tolerations": [{"key": "k", "operator": "Exists"}], "nodeSelector": {"x": "y"}}
    obj["spec"]["template"] = template(container, volumes=[{"name": "v", "emptyDir": {}}], **rest)
    server.matches(await server.apply(obj, "a"))


async def test_a_conflict_names_the_managers_and_fields(server: Server) -> None:
    await server.applied(deployment("x", replicas=2), "a")
    other = deployment("x", replicas=5)
    answer = await server.apply(other, "b")
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    server.matches(answer)
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:2"
    server.matches(await server.apply(other, "b"))


async def test_conflicts_with_managers_that_updated(server: Server) -> None:
    await server.applied(deployment("x", replicas=2), "a")
    await server.patch(deployment("x"), {"metadata": {"labels": {"l": "1"}}}, fieldManager="updater")
    await server.patch(deployment("x"), {"spec": {"replicas": 4}}, sub="scale", fieldManager="scaler")
    labelled = with_metadata(deployment("x", replicas=2), labels={"l": "2"})
    server.matches(await server.apply(labelled, "a"))


async def test_force_takes_the_fields_over(server: Server) -> None:
    await server.applied(config_map("x", a="1", b="1"), "a")
    answer = await server.apply(config_map("x", a="2"), "b", force=True)
    assert answer.body["data"] == {"a": "2", "b": "1"}
    server.matches(answer)
    server.matches(await server.apply(config_map("x", a="1", b="1"), "a"))


async def test_the_same_value_is_shared(server: Server) -> None:
    await server.applied(config_map("x", a="1"), "a")
    answer = await server.apply(config_map("x", a="1"), "b")
    assert answer.status == 200
    assert sorted(owners(answer.body)) == [("a", "Apply"), ("b", "Apply")]
    server.matches(answer)


async def test_what_nobody_owns_any_more_is_removed(server: Server) -> None:
    await server.applied(config_map("x", a="1", b="1"), "a")
    answer = await server.apply(config_map("x", a="1"), "a")
    assert answer.body["data"] == {"a": "1"}
    server.matches(answer)


async def test_who_holds_nothing_any_more_is_forgotten(server: Server) -> None:
    await server.applied(config_map("x"), "a")
    nothing = {key: value for key, value in config_map("x").items() if key != "data"}
    answer = await server.apply(nothing, "a")
    assert "managedFields" not in answer.body["metadata"]
    server.matches(answer)


async def test_what_another_manager_owns_too_stays(server: Server) -> None:
    await server.applied(config_map("x", a="1", b="1"), "a")
    await server.applied(config_map("x", b="1"), "b")
    answer = await server.apply(config_map("x", a="1"), "a")
    assert answer.body["data"] == {"a": "1", "b": "1"}
    server.matches(answer)


async def test_a_default_takes_the_place_of_what_is_given_up(server: Server) -> None:
    await server.applied(deployment("x", replicas=3, minReadySeconds=5), "a")
    answer = await server.apply(deployment("x"), "a")
    assert answer.body["spec"]["replicas"] == 1
    server.matches(answer)


async def test_replicas_given_up_stay_where_a_scaler_owns_them(server: Server) -> None:
    await server.applied(deployment("x", replicas=3), "a")
    await server.patch(deployment("x"), {"spec": {"replicas": 5}}, sub="scale", fieldManager="hpa")
    answer = await server.apply(deployment("x"), "a")
    assert answer.body["spec"]["replicas"] == 5
    server.matches(answer)


async def test_apply_over_a_created_object_shares_or_conflicts(server: Server) -> None:
    await server.created(config_map("x", a="1", b="1"))
    conflict = await server.apply(config_map("x", a="2"), "a")
    assert conflict.status == 409
    server.matches(conflict)
    forced = await server.apply(config_map("x", a="2"), "a", force=True)
    server.matches(forced)
    server.matches(await server.apply(config_map("x"), "a"))


async def test_apply_over_an_object_without_owners(server: Server) -> None:
    await server.created(config_map("x", a="1"))
    cleared = await server.patch(config_map("x"), {"metadata": {"managedFields": [{}]}})
    assert "managedFields" not in cleared.body["metadata"]
    server.matches(await server.apply(config_map("x", a="1", b="2"), "a"))


async def test_items_of_a_list_merge_by_their_key(server: Server) -> None:
    await server.applied(deployment("x"), "a")
    side = deployment("x")
    side["spec"] = {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}
    both = await server.apply(side, "b")
    assert [each["name"] for each in both.body["spec"]["template"]["spec"]["containers"]] == ["c", "side"]
    server.matches(both)
    side["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "E", "value": "1"}]
    server.matches(await server.apply(side, "b"))
    del side["spec"]
    gone = await server.apply(side, "b")
    assert [each["name"] for each in gone.body["spec"]["template"]["spec"]["containers"]] == ["c"]
    server.matches(gone)


async def test_the_order_of_a_merged_list_follows_the_applier(server: Server) -> None:
    def env(*names: str) -> dict[str, Any]:
        container = {"name": "c", "image": "c:1", "env": [{"name": name, "value": "1"} for name in names]}
        return deployment("x", template=template(container))

    async def order(*names: str, manager: str = "a") -> list[str]:
        answer = await server.apply(env(*names), manager)
        assert answer.status in (200, 201), answer.body
        return [each["name"] for each in answer.body["spec"]["template"]["spec"]["containers"][0]["env"]]

    server.same([await order("B", "A", "C"), await order("C", "B", "A"), await order("D", "A", manager="b")])
    server.same([await order("A", "C"), await order("C", "E", "A"), await order("F", manager="b")])


async def test_ports_of_a_service_merge_by_port_and_protocol(server: Server) -> None:
    await server.applied(service("x", ports=[{"name": "http", "port": 80}, {"name": "dns", "port": 53}]), "a")
    more = [{"name": "http", "port": 80}, {"name": "dns-udp", "port": 53, "protocol": "UDP"}]
    server.matches(await server.apply(service("x", ports=more), "b"))
    server.matches(await server.apply(service("x", ports=[{"name": "http", "port": 80, "targetPort": 8080}]), "a"))


async def test_sets_merge_by_value(server: Server) -> None:
    await server.applied(with_metadata(config_map("x"), finalizers=["example.com/a", "example.com/b"]), "a")
    server.matches(await server.apply(with_metadata(config_map("x"), finalizers=["example.com/c"]), "b"))
    server.matches(await server.apply(with_metadata(config_map("x"), finalizers=["example.com/b"]), "a"))


async def test_atomic_lists_and_maps_belong_to_one_manager(server: Server) -> None:
    await server.applied(deployment("x", template=template({"name": "c", "image": "c:1", "args": ["a"]})), "a")
    server.matches(await server.apply(deployment("x", template=template({"name": "c", "args": ["b"]})), "b"))
    await server.applied(service("y"), "a")
    server.matches(await server.apply(service("y", selector={"z": "1"}), "b"))


async def test_duplicate_keys_in_what_is_applied_are_an_error(server: Server) -> None:
    container = {"name": "c", "image": "c:1", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}
    obj = deployment("x", template=template(container))
    server.matches(await server.apply(obj, "a"))


async def test_duplicate_keys_that_were_created_stay(server: Server) -> None:
    container = {"name": "c", "image": "c:1", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}
    created = await server.create(deployment("x", template=template(container)))
    server.matches(created)
    server.matches(await server.apply(deployment("x"), "a"))


async def test_ownership_of_duplicate_keys_follows_their_changes(server: Server) -> None:
    def with_env(*values: str) -> dict[str, Any]:
        variables = [{"name": "A", "value": value} for value in values]
        return deployment("x", template=template({"name": "c", "image": "c:1", "env": variables}))

    await server.created(with_env("1"), fieldManager="a")
    for number, values in enumerate((("1", "2"), ("1", "2"), ("1", "3"), ("3",), ("4", "5", "6"), ())):
        answer = await server.replace(with_env(*values), fieldManager=f"m{number}")
        assert answer.status == 200, answer.body
        held = {
            each["manager"]: [text for text in deep_keys(each["fieldsV1"]) if "env" in text]
            for each in answer.body["metadata"]["managedFields"]
        }
        server.same([held, answer.headers.get("warning", "")])


async def test_an_apply_to_one_of_two_variables_of_a_name(server: Server) -> None:
    variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "b"}, {"name": "A", "value": "2"}]
    await server.created(deployment("x", template=template({"name": "c", "image": "c:1", "env": variables})))
    config = deployment("x", template=template({"name": "c", "env": [{"name": "A", "value": "3"}]}))
    server.matches(await server.apply(config, "a"))
    server.matches(await server.apply(config, "a", force=True))


def deep_keys(fields: dict[str, Any], path: str = "") -> list[str]:
    """The paths of a tree of fields."""
    found: list[str] = []
    for key, below in fields.items():
        found += [f"{path} {key}".strip(), *deep_keys(below, f"{path} {key}")]
    return found


def network_policy(**port: Any) -> dict[str, Any]:
    rule = {"from": [{"podSelector": {}}], "ports": [port]}
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [rule], "egress": [{"ports": [port]}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"}, "spec": spec}


FROM_FIELDS = [
    {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    {"name": "B", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "c"}}},
]


@pytest.mark.parametrize(
    "obj",
    [
        network_policy(port="http"),
        deployment("x", template=template({"name": "c", "image": "c:1", "env": FROM_FIELDS})),
        service("x"),
    ],
    ids=lambda obj: str(obj["kind"]),
)
async def test_the_live_object_tells_that_the_same_apply_would_change_nothing(
    server: Server, obj: dict[str, Any]
) -> None:
    live = await server.applied(obj, "a")
    assert is_applied(obj, live, "a")


async def test_a_default_that_was_something_else_before_is_seen(server: Server) -> None:
    live = await server.applied(network_policy(port="http", protocol="UDP"), "a")
    assert not is_applied(network_policy(port="http"), live, "a")


async def test_what_the_schema_does_not_know_is_an_error(server: Server) -> None:
    await server.applied(deployment("x"), "a")
    server.matches(await server.apply(deployment("x", nope=1), "a"))
    server.matches(await server.apply(deployment("x", replicas="three"), "a"))
    server.matches(await server.apply(deployment("x", nope=1), "a", fieldValidation="Strict"))


async def test_apply_needs_a_manager_a_kind_and_no_managed_fields(server: Server) -> None:
    headers = {"content-type": MEDIA_TYPES["apply"]}
    path = server.path(config_map("x"))
    server.matches(await server.call("PATCH", path, config_map("x"), headers=headers))
    server.matches(await server.apply({"metadata": {"name": "x"}}, "a", at=config_map("x")))
    entry = {"manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}
    server.matches(await server.apply(with_metadata(config_map("x"), managedFields=[entry]), "a"))
    server.matches(await server.apply(with_metadata(config_map("x"), managedFields=[]), "a"))


async def test_apply_takes_yaml(server: Server) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: 'yes'\n"
    answer = await server.call(
        "PATCH", server.path(config_map("x")), body, {"fieldManager": "a"}, {"content-type": MEDIA_TYPES["apply"]}
    )
    assert (answer.status, answer.body["data"]) == (201, {"a": "yes"})
    broken = await server.call(
        "PATCH", server.path(config_map("x")), b"a: [", {"fieldManager": "a"}, {"content-type": MEDIA_TYPES["apply"]}
    )
    assert broken.status == 400


async def test_apply_judges_the_merged_object(server: Server) -> None:
    server.matches(await server.apply({**deployment("x"), "spec": {"replicas": 1}}, "a"))
    await server.applied(deployment("x"), "a")
    server.matches(await server.apply(deployment("x", selector={"matchLabels": {"a": "c"}}), "a"))


async def test_null_in_an_apply(server: Server) -> None:
    obj = {**config_map("x", z=None), "metadata": {"name": "x", "annotations": None}}
    server.matches(await server.apply(obj, "a"))
    server.matches(await server.apply(deployment("y", replicas=None), "a"))


async def test_an_empty_map_that_is_said_and_not_stored_is_a_change_of_its_time_alone(server: Server) -> None:
    said = with_metadata(config_map("x"), annotations={}, labels={"l": "1"})
    await server.create(with_metadata(config_map("x"), labels={"l": "1"}), fieldManager="b")
    first = await server.apply(said, "a")
    assert ["time" in entry for entry in first.body["metadata"]["managedFields"]] == [True, True]
    server.matches(first)
    assert (await server.apply(said, "a")).body == first.body
    await server.create(config_map("y"), fieldManager="b")
    server.matches(await server.apply({**config_map("y"), "binaryData": {}}, "a"))
    server.matches(await server.apply(config_map("y"), "a"))


async def test_status_of_an_apply_to_the_object_is_dropped(server: Server) -> None:
    await server.applied(deployment("x"), "a")
    answer = await server.apply({**deployment("x"), "status": {"replicas": 3}}, "a")
    assert "replicas" not in answer.body.get("status", {})
    server.matches(answer)


async def test_apply_to_the_status(server: Server) -> None:
    await server.applied(deployment("x"), "a")
    status = {**deployment("x"), "spec": {"replicas": 9}, "status": {"replicas": 3, "readyReplicas": 2}}
    answer = await server.apply(status, "s", sub="status")
    assert (answer.body["spec"]["replicas"], answer.body["status"]["replicas"]) == (1, 3)
    server.matches(answer)
    absent = await server.apply({**deployment("nobody"), "status": {"replicas": 3}}, "s", sub="status")
    assert absent.status == 404


async def test_each_kind_of_write_is_an_entry_of_its_own(server: Server) -> None:
    await server.applied(deployment("x", replicas=1), "a")
    change = {"metadata": {"labels": {"p": "1"}}, "spec": {"template": {"spec": {"priorityClassName": "none"}}}}
    server.matches(await server.patch(deployment("x"), change, fieldManager="b"))
    server.matches(await server.patch(deployment("x"), {"spec": {"replicas": 3}}, sub="scale", fieldManager="c"))
    times = {"lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    conditions = [{"type": "Available", "status": "True", "reason": "X", "message": "y", **times}]
    reported = {"status": {"replicas": 1, "conditions": conditions}}
    server.matches(await server.patch(deployment("x"), reported, sub="status", fieldManager="d"))
    server.same((await server.read(deployment("x")))["metadata"]["managedFields"])


@pytest.mark.parametrize("kind", ["Pod", "Service"])
async def test_defaults_are_not_owned(server: Server, kind: str) -> None:
    obj = pod("x", automountServiceAccountToken=False) if kind == "Pod" else service("x")
    server.same((await server.applied(obj, "a"))["metadata"]["managedFields"])


async def test_a_value_is_owned_in_the_form_that_is_stored(server: Server) -> None:
    def limited(cpu: str) -> dict[str, Any]:
        return deployment("x", template=template({"name": "c", "image": "c:1", "resources": {"limits": {"cpu": cpu}}}))

    first = await server.applied(limited("1000m"), "a")
    again = await server.applied(limited("1000m"), "a")
    assert first == again
    server.matches(await server.apply(limited("1"), "b"))
    server.matches(await server.apply(limited("2000m"), "b"))
