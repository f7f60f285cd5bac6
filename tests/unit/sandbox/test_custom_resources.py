"""CustomResourceDefinitions and the objects they allow."""

from __future__ import annotations

from typing import Any

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"

SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "replicas": {"type": "integer"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": SPEC,
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
    },
}


def definition(**version: Any) -> dict[str, Any]:
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    column = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
    first = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}, "scale": scale},
        "additionalPrinterColumns": [column],
        "schema": {"openAPIV3Schema": SCHEMA},
        **version,
    }
    names = {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [first]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind, "metadata": {"name": "widgets.example.com"}, "spec": spec}


def widget(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": 1, **spec}}


async def test_a_definition_is_accepted_and_served_at_once(cluster: Any) -> None:
    async with cluster() as api:
        assert (await api.post(DEFINITIONS, definition())).status == 201
        status = (await api.get(f"{DEFINITIONS}/widgets.example.com")).body["status"]
        assert {condition["type"]: condition["status"] for condition in status["conditions"]} == {
            "NamesAccepted": "True",
            "Established": "True",
        }
        assert status["acceptedNames"]["singular"] == "widget"
        resources = (await api.get("/apis/example.com/v1")).body["resources"]
        assert [resource["name"] for resource in resources] == ["widgets", "widgets/status", "widgets/scale"]
        assert "apis/example.com/v1" in (await api.get("/openapi/v3")).body["paths"]
        schemas = (await api.get("/openapi/v3/apis/example.com/v1")).body["components"]["schemas"]
        assert schemas["com.example.v1.Widget"]["properties"]["spec"]["required"] == ["size"]


async def test_objects_are_pruned_defaulted_and_judged(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        sent = {**widget("w", junk=1, free={"any": [1]}), "status": {"replicas": 5}}
        answer = await api.post(WIDGETS, sent)
        assert answer.headers["warning"] == '299 - "unknown field \\"spec.junk\\""'
        assert answer.body["spec"] == {"size": 1, "color": "red", "free": {"any": [1]}}
        assert "status" not in answer.body
        refused = await api.post(WIDGETS, widget("x", size=0, color="green"))
        assert {cause["field"] for cause in refused.body["details"]["causes"]} == {"spec.size", "spec.color"}
        strict = await api.post(f"{WIDGETS}?fieldValidation=Strict", widget("x", junk=1))
        assert strict.status == 400


async def test_a_strategic_patch_is_refused(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        await api.post(WIDGETS, widget("w"))
        answer = await api.patch(f"{WIDGETS}/w", {"spec": {"size": 2}}, "application/strategic-merge-patch+json")
        assert answer.status == 415


async def test_status_scale_and_generation(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        await api.post(WIDGETS, widget("w", replicas=2))
        status = await api.patch(f"{WIDGETS}/w/status", {"spec": {"size": 50}, "status": {"replicas": 2}})
        assert (status.body["spec"]["size"], status.body["metadata"]["generation"]) == (1, 1)
        scale = await api.patch(f"{WIDGETS}/w/scale", {"spec": {"replicas": 4}})
        assert (scale.body["spec"], scale.body["status"]) == ({"replicas": 4}, {"replicas": 2})
        assert (await api.get(f"{WIDGETS}/w")).body["metadata"]["generation"] == 2


async def test_printer_columns_make_the_table(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        await api.post(WIDGETS, widget("w"))
        table = (await api.get(WIDGETS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")).body
        assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Size"]
        assert table["rows"][0]["cells"] == ["w", 1]


async def test_objects_are_shown_in_each_served_version(cluster: Any) -> None:
    async with cluster() as api:
        crd = definition()
        older = {"name": "v1beta1", "served": True, "storage": False, "schema": {"openAPIV3Schema": SCHEMA}}
        crd["spec"]["versions"].append(older)
        await api.post(DEFINITIONS, crd)
        await api.post(WIDGETS, widget("w"))
        other = (await api.get("/apis/example.com/v1beta1/namespaces/default/widgets/w")).body
        assert other["apiVersion"] == "example.com/v1beta1"
        versions = (await api.get("/apis/example.com")).body["versions"]
        assert [version["version"] for version in versions] == ["v1", "v1beta1"]


async def test_a_deleted_definition_takes_its_objects_with_it(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        await api.post(WIDGETS, widget("w"))
        await api.delete(f"{DEFINITIONS}/widgets.example.com")
        await api.settle()
        assert (await api.get(f"{DEFINITIONS}/widgets.example.com")).status == 404
        assert (await api.get(WIDGETS)).body == "404 page not found\n"
        await api.post(DEFINITIONS, definition())
        assert (await api.get(WIDGETS)).body["items"] == []


async def test_a_definition_that_makes_no_sense_is_refused(cluster: Any) -> None:
    async with cluster() as api:
        wrong = definition(schema=None)
        wrong["metadata"]["name"] = "wrong.example.com"
        causes = (await api.post(DEFINITIONS, wrong)).body["details"]["causes"]
        assert [cause["field"] for cause in causes] == ["metadata.name", "spec.versions[0].schema.openAPIV3Schema"]


async def test_a_changed_definition_is_served_as_changed(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEFINITIONS, definition())
        before = (await api.get("/openapi/v3")).body["paths"]["apis/example.com/v1"]
        crd = (await api.get(f"{DEFINITIONS}/widgets.example.com")).body
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["new"] = {
            "type": "string"
        }
        assert (await api.put(f"{DEFINITIONS}/widgets.example.com", crd)).status == 200
        assert (await api.post(WIDGETS, widget("w", new="x"))).body["spec"]["new"] == "x"
        assert (await api.get("/openapi/v3")).body["paths"]["apis/example.com/v1"] != before
