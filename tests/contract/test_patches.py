"""JSON patch, merge patch and strategic merge patch: what each does, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.objects import config_map, deployment, service, template, widget, widget_definition
from tests.contract.servers import MEDIA_TYPES, Server


def containers(*named: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": list(named)}}}}


SIDECAR = {"name": "side", "image": "side:1"}


async def test_a_merge_patch_merges_maps_and_removes_by_null(server: Server) -> None:
    await server.created(config_map("x", a="1", b="2"))
    answer = await server.patch(config_map("x"), {"data": {"b": None, "c": "3"}, "metadata": {"labels": {"l": "1"}}})
    assert answer.status == 200
    assert answer.body["data"] == {"a": "1", "c": "3"}
    server.matches(answer)


async def test_a_merge_patch_replaces_a_list_whole(server: Server) -> None:
    await server.created(deployment("x"))
    answer = await server.patch(deployment("x"), containers(SIDECAR))
    assert [each["name"] for each in answer.body["spec"]["template"]["spec"]["containers"]] == ["side"]
    server.matches(answer)


async def test_a_strategic_patch_merges_lists_by_key(server: Server) -> None:
    await server.created(deployment("x"))
    change = containers({"name": "c", "env": [{"name": "E", "value": "1"}]}, SIDECAR)
    server.matches(await server.patch(deployment("x"), change, "strategic"))
    again = containers({"name": "c", "env": [{"name": "F", "value": "2"}, {"name": "E", "value": "3"}]})
    answer = await server.patch(deployment("x"), again, "strategic")
    first = next(e for e in answer.body["spec"]["template"]["spec"]["containers"] if e["name"] == "c")
    assert {each["name"]: each["value"] for each in first["env"]} == {"E": "3", "F": "2"}
    server.matches(answer)


STRATEGIC: dict[str, dict[str, Any]] = {
    "delete an item": containers({"name": "side", "$patch": "delete"}),
    "delete an item that is not there": containers({"name": "nobody", "$patch": "delete"}),
    "replace a list": {"spec": {"template": {"spec": {"containers": [{"$patch": "replace"}, SIDECAR]}}}},
    "replace a map": {"spec": {"template": {"metadata": {"labels": {"$patch": "replace", "a": "b"}}}}},
    "order a list": {
        "spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "side"}, {"name": "c"}]}}}
    },
    "delete from a list of values": {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}},
    "add to a list of values": {"metadata": {"finalizers": ["example.com/b"]}},
    "retain keys": {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
    "remove by null": {"spec": {"template": {"metadata": {"labels": {"extra": None}}}}},
    "ports by number": containers({"name": "c", "ports": [{"containerPort": 80, "name": "web"}]}),
    "an item without its key": containers({"image": "x:1"}),
    "an unknown directive": {"spec": {"$patch": "bogus"}},
}


@pytest.mark.parametrize("change", STRATEGIC.values(), ids=list(STRATEGIC))
async def test_directives_of_a_strategic_patch(server: Server, change: dict[str, Any]) -> None:
    obj = deployment("x", template=template({"name": "c", "image": "c:1", "ports": [{"containerPort": 80}]}))
    obj["spec"]["template"]["spec"]["containers"].append(SIDECAR)
    obj["spec"]["template"]["metadata"]["labels"]["extra"] = "1"
    obj["metadata"]["finalizers"] = ["example.com/a"]
    await server.created(obj)
    server.matches(await server.patch(obj, change, "strategic"))


async def test_a_strategic_patch_of_ports_of_a_service(server: Server) -> None:
    """Ports of a Service merge by `port` alone here, and by port and protocol in an apply."""
    await server.created(service("x"))
    change = {"spec": {"ports": [{"port": 443, "name": "tls"}, {"port": 80, "targetPort": 8080}]}}
    server.matches(await server.patch(service("x"), change, "strategic"))


JSON_PATCHES: dict[str, list[dict[str, Any]]] = {
    "add": [{"op": "add", "path": "/data/c", "value": "3"}],
    "add over": [{"op": "add", "path": "/data/a", "value": "3"}],
    "replace": [{"op": "replace", "path": "/data/a", "value": "3"}],
    "remove": [{"op": "remove", "path": "/data/a"}],
    "move": [{"op": "move", "from": "/data/a", "path": "/data/c"}],
    "copy": [{"op": "copy", "from": "/data/a", "path": "/data/c"}],
    "test holds": [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/a"}],
    "test fails": [{"op": "test", "path": "/data/a", "value": "2"}],
    "escaped": [
        {"op": "add", "path": "/metadata/annotations", "value": {"x/y~z": "1"}},
        {"op": "replace", "path": "/metadata/annotations/x~1y~0z", "value": "2"},
    ],
    "remove absent": [{"op": "remove", "path": "/data/absent"}],
    "replace absent": [{"op": "replace", "path": "/data/absent", "value": "1"}],
    "add below absent": [{"op": "add", "path": "/metadata/labels/l", "value": "1"}],
    "append to a list": [{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/b"}],
    "insert into a list": [{"op": "add", "path": "/metadata/finalizers/0", "value": "example.com/b"}],
    "beyond a list": [{"op": "add", "path": "/metadata/finalizers/7", "value": "example.com/b"}],
    "unknown operation": [{"op": "bogus", "path": "/data/a"}],
    "no value": [{"op": "add", "path": "/data/c"}],
    "wrong type": [{"op": "add", "path": "/data/c", "value": 3}],
}


@pytest.mark.parametrize("change", JSON_PATCHES.values(), ids=list(JSON_PATCHES))
async def test_operations_of_a_json_patch(server: Server, change: list[dict[str, Any]]) -> None:
    obj = config_map("x", a="1", b="2")
    obj["metadata"]["finalizers"] = ["example.com/a"]
    await server.created(obj)
    server.matches(await server.patch(obj, change, "json"))


MALFORMED: dict[str, tuple[str, Any]] = {
    "json patch that is no list": ("json", {"a": "b"}),
    "json patch of no objects": ("json", ["a"]),
    "merge patch that is a list": ("merge", [1]),
    "merge patch that is no JSON": ("merge", b"{nope"),
    "strategic patch that is no JSON": ("strategic", b"{nope"),
    "empty merge patch": ("merge", b""),
    "merge patch of a wrong type": ("merge", {"data": {"a": 1}}),
    "strategic patch of a wrong type": ("strategic", {"data": "x"}),
}


@pytest.mark.parametrize(("kind", "body"), MALFORMED.values(), ids=list(MALFORMED))
async def test_malformed_patches_are_refused(server: Server, kind: str, body: Any) -> None:
    await server.created(config_map("x", a="1"))
    answer = await server.patch(config_map("x"), body, kind)
    assert 400 <= answer.status < 500
    server.matches(answer)


WRONG_TYPES: dict[str, Any] = {
    "a text for an object": {"spec": {"template": "x"}},
    "a list for an object": {"spec": {"template": ["x"]}},
    "a text for a list": {"spec": {"template": {"spec": {"volumes": "x"}}}},
    "a map for a text": {"spec": {"template": {"spec": {"nodeName": {"b": 1, "a": [None, 2.5, True, "c d"]}}}}},
    "a number for a text": {"spec": {"template": {"spec": {"nodeName": 1}}}},
    "a text for a number": {"spec": {"replicas": "three"}},
    "a fraction for a number": {"spec": {"replicas": 1.5}},
    "a number for a truth": {"spec": {"paused": 1}},
}


@pytest.mark.parametrize("change", WRONG_TYPES.values(), ids=list(WRONG_TYPES))
async def test_a_strategic_patch_of_a_wrong_type_is_shown_as_go_prints_it(server: Server, change: Any) -> None:
    await server.created(deployment("x"))
    server.matches(await server.patch(deployment("x"), change, "strategic"))


async def test_a_wrong_type_in_a_patch_of_a_deployment_is_invalid(server: Server) -> None:
    await server.created(deployment("x"))
    answer = await server.patch(deployment("x"), {"spec": {"replicas": "three"}})
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")


async def test_other_media_types_are_refused(server: Server) -> None:
    await server.created(config_map("x"))
    path = server.path(config_map("x"))
    server.matches(await server.call("PATCH", path, {"data": {}}, headers={"content-type": "application/json"}))
    server.matches(
        await server.call("POST", server.path(config_map("")), b"{}", headers={"content-type": "text/plain"})
    )


async def test_custom_resources_take_no_strategic_patch(server: Server) -> None:
    await server.create(widget_definition(server.group))
    obj = widget(server.group, "x")
    await server.until(lambda: _is_created(server, obj), "the kind is served")
    answer = await server.patch(obj, {"spec": {"size": 2}}, "strategic")
    assert answer.status == 415
    server.matches(answer)
    assert (await server.patch(obj, {"spec": {"size": 2}})).body["spec"]["size"] == 2
    assert (await server.patch(obj, [{"op": "replace", "path": "/spec/size", "value": 3}], "json")).status == 200


async def _is_created(server: Server, obj: dict[str, Any]) -> bool:
    return (await server.create(obj)).status == 201


async def test_force_belongs_to_an_apply_alone(server: Server) -> None:
    await server.created(config_map("x"))
    server.matches(await server.patch(config_map("x"), {"data": {"a": "1"}}, force="true"))


async def test_the_manager_is_the_one_named_or_the_user_agent(server: Server) -> None:
    await server.created(config_map("x", z="1"))
    named = await server.patch(config_map("x"), {"data": {"a": "1"}}, fieldManager="named")
    assert [each["manager"] for each in named.body["metadata"]["managedFields"]] == ["contract", "named"]
    headers = {"content-type": MEDIA_TYPES["merge"], "user-agent": "tool/1.0 (linux)"}
    answer = await server.call("PATCH", server.path(config_map("x")), {"data": {"b": "1"}}, headers=headers)
    assert "tool" in [each["manager"] for each in answer.body["metadata"]["managedFields"]]
