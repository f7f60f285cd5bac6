"""Schemas are read as a server publishes them."""

from __future__ import annotations

from holdfast.engine.kube.schema import UNKNOWN, SchemaNode, Schemas
from tests.unit.engine.kube.small_schemas import DEPLOYMENT, OBJECT_META, SCHEMAS, WIDGET


def at(node: SchemaNode, *path: str) -> SchemaNode:
    for name in path:
        found = node.item() if name == "[]" else node.property(name)
        assert found is not None, name
        node = found
    return node


def test_references_are_followed_and_their_siblings_win() -> None:
    strategy = at(DEPLOYMENT, "spec", "strategy")
    assert strategy.type == "object"
    assert strategy.default == {}
    assert strategy.patch_strategies == {"retainKeys"}


def test_the_same_place_is_the_same_node() -> None:
    assert DEPLOYMENT.property("spec") is DEPLOYMENT.property("spec")
    assert SCHEMAS.node("Deployment") is DEPLOYMENT


def test_keyed_lists_say_their_keys() -> None:
    ports = at(DEPLOYMENT, "spec", "template", "spec", "containers", "[]", "ports")
    assert ports.list_type == "map"
    assert ports.list_map_keys == ("containerPort", "protocol")
    assert ports.patch_merge_key == "containerPort"
    assert not ports.is_atomic_list
    assert at(ports, "[]", "protocol").default == "TCP"


def test_lists_without_a_type_are_atomic() -> None:
    assert Schemas({"L": {"type": "array", "items": {}}}).node("L").is_atomic_list


def test_atomic_maps_and_maps_of_strings_are_told_apart() -> None:
    assert at(DEPLOYMENT, "spec", "selector").is_atomic_map
    labels = at(DEPLOYMENT, "metadata", "labels")
    assert labels.is_object_map
    assert not labels.is_atomic_map
    assert at(labels, "anything").type == "string"


def test_int_or_string_is_recognized_in_both_spellings() -> None:
    assert at(DEPLOYMENT, "spec", "strategy", "rollingUpdate", "maxSurge").is_int_or_string
    assert at(WIDGET, "spec", "port").is_int_or_string


def test_an_undeclared_field_has_no_node() -> None:
    assert DEPLOYMENT.property("bogus") is None
    assert at(WIDGET, "spec").property("bogus") is None


def test_preserved_unknown_fields_have_the_unknown_node() -> None:
    assert at(WIDGET, "spec", "free").property("x") is UNKNOWN
    assert UNKNOWN.property("x") is UNKNOWN
    assert UNKNOWN.item() is UNKNOWN
    assert UNKNOWN.is_atomic_list
    assert not UNKNOWN.is_atomic_map


def test_an_object_without_properties_holds_anything_in_a_servers_own_schema() -> None:
    assert Schemas({"Raw": {"type": "object"}}).node("Raw").property("x") is UNKNOWN
    assert Schemas.from_crd({"type": "object", "properties": {"s": {"type": "object"}}}).property("s") is not UNKNOWN


def test_custom_resources_always_have_metadata() -> None:
    assert WIDGET.property("metadata") is OBJECT_META
    assert at(WIDGET, "apiVersion").type == "string"
    assert at(WIDGET, "spec", "object", "metadata") is OBJECT_META
    assert Schemas.from_crd({"type": "object"}).property("metadata") is UNKNOWN


def test_a_reference_to_nothing_is_unknown() -> None:
    broken = Schemas({"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}}})
    assert broken.node("A").property("b") is UNKNOWN


def test_schemas_may_refer_to_themselves() -> None:
    looped = Schemas({"A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}})
    assert at(looped.node("A"), "a", "a", "a") is looped.node("A")
