"""Field sets read and write FieldsV1 and show paths as conflicts do."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube.field_sets import FieldSet, TypedError, from_object, path_text
from holdfast.engine.kube.path_elements import fields
from tests.unit.engine.kube.small_schemas import DEPLOYMENT, WIDGET, deployment

APP = 'k:{"name":"app"}'
CONTAINERS = fields("spec", "template", "spec", "containers")


def test_an_applied_object_owns_its_leaves_and_its_items() -> None:
    obj = deployment(replicas=2)
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container |= {"args": ["a"], "ports": [{"containerPort": 80}], "resources": {}, "env": []}
    assert from_object(obj, DEPLOYMENT).to_fields_v1() == {
        "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {
                    "f:containers": {
                        APP: {
                            ".": {},
                            "f:args": {},
                            "f:image": {},
                            "f:name": {},
                            "f:ports": {
                                'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}},
                            },
                            "f:resources": {},
                        }
                    }
                },
            },
        }
    }


def test_nobody_owns_what_identifies_an_object() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Widget",
        "metadata": {"name": "a", "namespace": "b", "uid": "c", "resourceVersion": "1", "finalizers": ["f"]},
    }
    assert from_object(obj, WIDGET).to_fields_v1() == {"f:metadata": {"f:finalizers": {'v:"f"': {}}}}


def test_without_a_schema_maps_are_granular_and_lists_are_atomic() -> None:
    obj = {"spec": {"free": {"a": {"b": [1, {"c": 2}]}, "d": {}}}}
    assert from_object(obj, WIDGET).to_fields_v1() == {
        "f:spec": {"f:free": {"f:a": {".": {}, "f:b": {}}, "f:d": {}}},
    }


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"junk": 1}, ".spec.junk: field not declared in schema"),
        ({"size": "x"}, ".spec.size: expected numeric (int or float), got string"),
        ({"color": 5}, ".spec.color: expected string, got &value.valueUnstructured{Value:5}"),
        ({"nested": "x"}, ".spec.nested: expected map, got string"),
        ({"tags": ["a", "a"]}, '.spec.tags: duplicate entries for key [="a"]'),
        (
            {"ports": [{"name": "a"}, {"name": "a", "protocol": "TCP"}]},
            '.spec.ports: duplicate entries for key [name="a",protocol="TCP"]',
        ),
        (
            {"ports": [{"port": 1}]},
            '.spec.ports: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
        ),
        ({"ports": [{"name": "a", "x": 1}]}, '.spec.ports[name="a",protocol="TCP"].x: field not declared in schema'),
    ],
)
def test_what_does_not_fit_the_schema_is_refused(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(TypedError) as caught:
        from_object({"spec": spec}, WIDGET)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (fields("spec", "replicas"), ".spec.replicas"),
        ((*CONTAINERS, APP, "f:image"), '.spec.template.spec.containers[name="app"].image'),
        (("f:p", 'k:{"port":80,"protocol":"TCP"}'), '.p[port=80,protocol="TCP"]'),
        (("f:finalizers", 'v:"a"'), '.finalizers[="a"]'),
        (("f:list", "i:3"), ".list[3]"),
    ],
)
def test_paths_are_shown_as_conflicts_show_them(path: tuple[str, ...], text: str) -> None:
    assert path_text(path) == text


@pytest.mark.parametrize(
    "broken",
    [
        {"spec": {}},
        {"f:spec": 1},
        {"f:spec": {"k:{": {}}},
        {"f:spec": {'k:"a"': {}}},
        {"f:spec": {"i:x": {}}},
        {"f:spec": None},
        [],
    ],
)
def test_what_is_no_fields_v1_is_refused(broken: Any) -> None:
    with pytest.raises(ValueError):
        FieldSet.from_fields_v1(broken)


def test_deep_fields_are_refused() -> None:
    tree: dict[str, Any] = {}
    for _ in range(300):
        tree = {"f:a": tree}
    with pytest.raises(ValueError):
        FieldSet.from_fields_v1(tree)


def test_membership() -> None:
    held = FieldSet.from_fields_v1({"f:a": {".": {}, "f:b": {}}, "f:c": {"f:d": {}}})
    assert held.has(("f:a",))
    assert held.has(("f:a", "f:b"))
    assert not held.has(("f:c",))
    assert held.has_any_within(("f:c",))
    assert not held.has_any_within(("f:x",))
    assert [path_text(path) for path in held.paths()] == [".a", ".a.b", ".c.d"]
    assert held.leaves() == FieldSet.of(("f:a", "f:b"), ("f:c", "f:d"))


def test_a_branch_goes_with_all_below_it() -> None:
    held = FieldSet.from_fields_v1({"f:status": {"f:a": {}}, "f:spec": {"f:b": {}}})
    assert held.without_branches(FieldSet.of(("f:status",))) == FieldSet.of(("f:spec", "f:b"))
    assert held.difference(FieldSet.of(("f:status",))) == held


def test_fields_are_written_in_the_servers_order() -> None:
    held = FieldSet.of(
        ("f:b",),
        ("f:a", 'k:{"port":443}'),
        ("f:a", 'k:{"port":80}'),
        ("f:a", 'v:"x"'),
        ("f:a",),
    )
    assert list(held.to_fields_v1()) == ["f:a", "f:b"]
    assert list(held.to_fields_v1()["f:a"]) == [".", 'k:{"port":80}', 'k:{"port":443}', 'v:"x"']
