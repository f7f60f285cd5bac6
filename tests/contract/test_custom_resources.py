"""Custom resources: definitions, pruning, defaults, validation, versions, and their apply."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.objects import (
    WIDGET_SPEC,
    WIDGET_STATUS,
    definition_of,
    widget,
    widget_definition,
    with_metadata,
)
from tests.contract.servers import Server

SHARED_GROUP = "contract.example.com"


async def define(server: Server, definition: dict[str, Any] | None = None) -> dict[str, Any]:
    """Makes a definition and waits until its kinds are served."""
    if definition is None:
        # The real server takes two seconds to serve a kind: those who need nothing special share one.
        server.group = SHARED_GROUP
        definition = widget_definition(server.group)
        if await is_served(server, definition):
            return definition
    made = await server.created(definition)
    await server.until(lambda: is_served(server, definition), "the kind is served")
    return made


async def is_served(server: Server, definition: dict[str, Any]) -> bool:
    spec = definition["spec"]
    versions = [each["name"] for each in spec["versions"] if each["served"]]
    for version in versions:
        path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
        if (await server.call("GET", path)).status != 200:
            return False
    return True


async def test_a_definition_becomes_established(server: Server) -> None:
    definition = widget_definition(server.group)
    server.matches(await server.create(definition))
    await server.until(lambda: is_served(server, definition), "the kind is served")
    found = await server.read(definition)
    conditions = {each["type"]: each["status"] for each in found["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    server.same({key: value for key, value in found.items() if key != "metadata"})


async def test_unknown_fields_are_pruned_and_defaults_filled(server: Server) -> None:
    await define(server)
    obj = widget(server.group, "x", junk=1, free={"any": [1]}, ports=[{"name": "a", "port": 1}])
    answer = await server.create({**obj, "status": {"replicas": 5}, "other": 1})
    assert answer.status == 201
    spec = answer.body["spec"]
    assert "junk" not in spec
    assert (spec["color"], spec["free"], spec["ports"][0]["protocol"]) == ("red", {"any": [1]}, "TCP")
    server.matches(answer)


INVALID: dict[str, dict[str, Any]] = {
    "no size": {"size": None},
    "too small": {"size": 0},
    "no integer": {"size": "one"},
    "a rule": {"size": 100},
    "not of the enum": {"color": "green"},
    "too long": {"name": "abcdef"},
    "not of the pattern": {"name": "ABC"},
    "a list that is none": {"ports": "x"},
    "an item without its key": {"ports": [{"port": 1}]},
    "the same key twice": {"ports": [{"name": "a"}, {"name": "a"}]},
    "the same value twice in a set": {"tags": ["a", "a"]},
    "neither integer nor string": {"either": True},
    "a map of other values": {"extra": {"a": 1}},
    "null in a list": {"words": ["a", None]},
}


@pytest.mark.parametrize("spec", INVALID.values(), ids=list(INVALID))
async def test_what_breaks_the_schema_is_invalid(server: Server, spec: dict[str, Any]) -> None:
    await define(server)
    answer = await server.create(widget(server.group, "x", **spec))
    assert answer.status == 422
    server.matches(answer)


async def test_everything_that_is_wrong_is_said(server: Server) -> None:
    """In any order: Go's maps have none."""
    await define(server)
    answer = await server.create(widget(server.group, "x", size=0, color="green"))
    assert {each["field"] for each in answer.body["details"]["causes"]} == {"spec.size", "spec.color", "<nil>"}


async def test_without_a_spec_it_is_invalid(server: Server) -> None:
    await define(server)
    obj = widget(server.group, "x")
    del obj["spec"]
    server.matches(await server.create(obj))


async def test_null_in_custom_resources(server: Server) -> None:
    await define(server)
    answer = await server.create(widget(server.group, "x", note=None, color=None, replicas=None, extra=None))
    server.matches(answer)


async def test_custom_resources_must_say_their_kind(server: Server) -> None:
    await define(server)
    path = server.path(widget(server.group, ""))
    answer = await server.call("POST", path, {"metadata": {"name": "x"}, "spec": {"size": 1}})
    assert answer.status == 400


async def test_replace_of_a_custom_resource_needs_a_version(server: Server) -> None:
    await define(server)
    made = await server.created(widget(server.group, "x"))
    server.matches(await server.replace(widget(server.group, "x", size=2)))
    answer = await server.replace({**made, "spec": {"size": 2}})
    assert (answer.status, answer.body["metadata"]["generation"]) == (200, 2)


async def test_status_and_spec_are_written_apart(server: Server) -> None:
    await define(server)
    obj = widget(server.group, "x")
    made = await server.created({**obj, "status": {"phase": "sent"}})
    assert "status" not in made
    changed = await server.patch(obj, {"spec": {"size": 2}, "status": {"phase": "sent"}}, fieldManager="p")
    assert ("status" in changed.body, changed.body["metadata"]["generation"]) == (False, 2)
    reported = await server.patch(
        obj,
        {"metadata": {"labels": {"l": "1"}, "annotations": {"n": "1"}}, "spec": {"size": 9}, "status": {"phase": "ok"}},
        sub="status",
        fieldManager="s",
    )
    assert (reported.body["spec"]["size"], reported.body["status"]) == (2, {"phase": "ok"})
    assert reported.body["metadata"]["generation"] == 2
    server.matches(reported)


async def test_without_the_subresource_status_is_a_field_like_others(server: Server) -> None:
    await define(server, widget_definition(server.group, subresources={}))
    obj = widget(server.group, "x")
    made = await server.created({**obj, "status": {"phase": "sent"}})
    assert made["status"] == {"phase": "sent"}
    changed = await server.patch(obj, {"status": {"phase": "new"}})
    assert (changed.body["status"], changed.body["metadata"]["generation"]) == ({"phase": "new"}, 2)
    assert (await server.get(obj, "status")).status == 404
    server.matches(changed)


async def test_scale_of_a_custom_resource(server: Server) -> None:
    await define(server)
    obj = widget(server.group, "x", replicas=2)
    await server.created(obj)
    server.matches(await server.get(obj, "scale"))
    server.matches(await server.patch(obj, {"spec": {"replicas": 4}}, sub="scale", fieldManager="scaler"))
    server.same((await server.read(obj))["metadata"]["managedFields"])
    assert (await server.read(obj))["spec"]["replicas"] == 4


async def test_apply_merges_lists_as_the_schema_says(server: Server) -> None:
    await define(server)
    first = widget(server.group, "x", ports=[{"name": "a", "port": 1}], tags=["t"], words=["w"], free={"k": {"a": 1}})
    server.matches(await server.apply(first, "a"))
    second = widget(server.group, "x", ports=[{"name": "b", "port": 2}], tags=["u"], free={"k": {"b": 2}})
    del second["spec"]["size"]
    both = await server.apply(second, "b")
    assert [each["name"] for each in both.body["spec"]["ports"]] == ["a", "b"]
    assert both.body["spec"]["tags"] == ["t", "u"]
    server.matches(both)
    second["spec"]["words"] = ["v"]
    server.matches(await server.apply(second, "b"))
    server.matches(await server.apply(widget(server.group, "x"), "a"))


async def test_apply_of_unknown_fields_to_a_custom_resource(server: Server) -> None:
    await define(server)
    await server.applied(widget(server.group, "x"), "a")
    server.matches(await server.apply(widget(server.group, "x", junk=1), "a"))
    server.matches(await server.apply(widget(server.group, "x", size="one"), "a"))
    server.matches(await server.apply(widget(server.group, "x", size=0), "a"))


async def test_field_validation_of_custom_resources(server: Server) -> None:
    await define(server)
    obj = {**widget(server.group, "x", junk={"a": 1}), "other": 1}
    for mode in ("Strict", "Warn", "Ignore"):
        server.matches(await server.create(obj, fieldValidation=mode, dryRun="All"))
    await server.created(widget(server.group, "y"))
    change = {"spec": {"junk": 1}}
    for mode in ("Strict", "Warn"):
        server.matches(await server.patch(widget(server.group, "y"), change, fieldValidation=mode, dryRun="All"))


async def test_list_of_custom_resources_carries_kinds(server: Server) -> None:
    await define(server)
    await server.created(widget(server.group, "x"))
    server.matches(await server.get(widget(server.group, "")))


def two_versions(group: str, storage: str = "v1") -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return definition_of(
        group,
        "Widget",
        [
            {"name": "v1beta1", "served": True, "storage": storage == "v1beta1", "schema": {"openAPIV3Schema": schema}},
            {"name": "v1", "served": True, "storage": storage == "v1", "schema": {"openAPIV3Schema": schema}},
        ],
    )


async def test_each_served_version_shows_the_object(server: Server) -> None:
    await define(server, two_versions(server.group))
    made = await server.created(widget(server.group, "x"))
    beta = {**widget(server.group, "x"), "apiVersion": f"{server.group}/v1beta1"}
    shown = await server.read(beta)
    assert shown["apiVersion"] == f"{server.group}/v1beta1"
    assert shown["metadata"]["uid"] == made["metadata"]["uid"]
    changed = await server.patch(beta, {"spec": {"size": 2}}, fieldManager="b")
    server.matches(changed)
    assert (await server.read(widget(server.group, "x")))["spec"] == {"size": 2}


async def test_a_version_that_is_no_longer_served_is_not_found(server: Server) -> None:
    definition = two_versions(server.group)
    await define(server, definition)
    beta = {**widget(server.group, "x"), "apiVersion": f"{server.group}/v1beta1"}
    await server.created(beta)
    definition["spec"]["versions"][0]["served"] = False
    await server.patch(definition, {"spec": {"versions": definition["spec"]["versions"]}})

    async def is_unserved() -> bool:
        return (await server.get(beta)).status == 404

    await server.until(is_unserved, "the version is not served")
    assert (await server.get(widget(server.group, "x"))).status == 200


async def test_a_change_of_the_schema_is_seen(server: Server) -> None:
    definition = widget_definition(server.group)
    await define(server, definition)
    versions = definition["spec"]["versions"]
    schema = {**WIDGET_SPEC, "properties": {**WIDGET_SPEC["properties"], "new": {"type": "string", "default": "n"}}}
    versions[0]["schema"]["openAPIV3Schema"]["properties"] = {"spec": schema, "status": WIDGET_STATUS}
    await server.patch(definition, {"spec": {"versions": versions}})

    async def is_filled() -> bool:
        answer = await server.create(widget(server.group, "x"), dryRun="All")
        return answer.status == 201 and answer.body["spec"].get("new") == "n"

    await server.until(is_filled, "the new default is filled in")


DEFINITIONS: dict[str, Any] = {
    "a name that does not fit": lambda d: d["metadata"].update(name="wrong." + d["spec"]["group"]),
    "no schema": lambda d: d["spec"]["versions"][0].pop("schema"),
    "no storage version": lambda d: d["spec"]["versions"][0].update(storage=False),
    "an unknown scope": lambda d: d["spec"].update(scope="Everywhere"),
    "no versions": lambda d: d["spec"].update(versions=[]),
}


@pytest.mark.parametrize("change", DEFINITIONS.values(), ids=list(DEFINITIONS))
async def test_definitions_that_make_no_sense_are_invalid(server: Server, change: Any) -> None:
    definition = two_versions(server.group)
    del definition["spec"]["versions"][0]
    change(definition)
    answer = await server.create(definition)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    server.same(sorted({each["field"] for each in answer.body["details"]["causes"]}))


async def test_finalizers_without_a_path_are_warned_of(server: Server) -> None:
    await define(server)
    named = widget(server.group, "x")
    obj = with_metadata(named, finalizers=["b.example.com", "example.com/c", "a.example.com"])
    created = await server.create(obj)
    changed = await server.patch(obj, {"metadata": {"finalizers": ["d.example.com", "b.example.com"]}})
    applied = await server.apply(with_metadata(named, finalizers=["e.example.com"]), "a")
    released = await server.patch(obj, {"metadata": {"finalizers": None}})
    server.same([answer.headers.get("warning", "") for answer in (created, changed, applied, released)])


async def test_a_version_goes_when_nothing_is_stored_in_it(server: Server) -> None:
    definition = two_versions(server.group, storage="v1beta1")
    await define(server, definition)
    for version in definition["spec"]["versions"]:
        version["storage"] = version["name"] == "v1"
    moved = await server.patch(definition, {"spec": {"versions": definition["spec"]["versions"]}})
    server.same(moved.body["status"]["storedVersions"])
    without = {"spec": {"versions": definition["spec"]["versions"][1:]}}
    refused = await server.patch(definition, without)
    assert refused.status == 422
    server.same(refused.body["details"]["causes"])
    forgotten = await server.patch(definition, {"status": {"storedVersions": ["v1"]}}, sub="status")
    assert forgotten.status == 200
    assert (await server.patch(definition, without)).status == 200


async def test_the_objects_go_with_their_definition(server: Server) -> None:
    made = await define(server, widget_definition(server.group))
    await server.created(widget(server.group, "x"))
    answer = await server.delete(made)
    assert answer.status == 200
    assert "customresourcecleanup.apiextensions.k8s.io" in answer.body["metadata"]["finalizers"]
    await server.until_gone(made)

    async def is_unserved() -> bool:
        return (await server.get(widget(server.group, "x"))).status == 404

    await server.until(is_unserved, "the kind is not served")


async def test_cluster_scoped_kinds(server: Server) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    await define(server, definition_of(server.group, "Widget", [version], scope="Cluster"))
    obj = with_metadata(widget(server.group, "x"), namespace="")
    path = f"/apis/{server.group}/v1/widgets"
    answer = await server.call("POST", path, {**obj, "metadata": {"name": "x"}})
    assert (answer.status, "namespace" in answer.body["metadata"]) == (201, False)
    assert (await server.get(widget(server.group, "x"))).status == 404
