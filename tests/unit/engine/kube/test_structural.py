"""Structural schemas prune, default and judge as the API server does it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import structural
from holdfast.engine.kube.schema import Schemas
from tests.unit.engine.kube.small_schemas import DEPLOYMENT, WIDGET, deployment


def widget(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": {"size": 1, "color": "red", **spec},
    }


def test_unknown_fields_are_pruned_and_named() -> None:
    obj = widget(junk=1, free={"any": [1]}, ports=[{"name": "a", "junk": 2}], object={"kind": "Pod", "x": 1})
    obj["extra"] = 1
    obj["metadata"]["bogus"] = 1
    pruned, unknown = structural.prune(obj, WIDGET)
    assert unknown == ("metadata.bogus", "spec.junk", "spec.ports[0].junk", "extra")
    assert pruned == widget(free={"any": [1]}, ports=[{"name": "a"}], object={"kind": "Pod", "x": 1})
    assert "junk" in obj["spec"]


def test_an_object_without_unknown_fields_is_the_same_object() -> None:
    obj = widget(free={"any": [1]})
    assert structural.prune(obj, WIDGET) == (obj, ())
    assert structural.prune(obj, WIDGET)[0] is obj


def test_unknown_fields_of_built_in_kinds_are_worded_as_strict_validation_does() -> None:
    obj = deployment(nope=1, strategy={"bogus": 2})
    assert structural.unknown_fields(obj, DEPLOYMENT) == [
        'unknown field "spec.nope"',
        'unknown field "spec.strategy.bogus"',
    ]


def test_unknown_fields_of_custom_resources_are_sorted() -> None:
    assert structural.unknown_fields({**widget(junk=1), "extra": 1}, WIDGET) == [
        'unknown field "extra"',
        'unknown field "spec.junk"',
    ]


def test_defaults_fill_what_is_missing_at_every_level() -> None:
    obj = {"spec": {"size": 1, "ports": [{"name": "a"}]}}
    assert structural.apply_defaults(obj, WIDGET) == {
        "spec": {
            "size": 1,
            "color": "red",
            "ports": [{"name": "a", "protocol": "TCP"}],
            "nested": {"inner": "deep"},
        }
    }
    assert obj == {"spec": {"size": 1, "ports": [{"name": "a"}]}}


def test_an_object_with_all_its_defaults_is_the_same_object() -> None:
    obj = structural.apply_defaults(widget(), WIDGET)
    assert structural.apply_defaults(obj, WIDGET) is obj


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"color": None}, {"color": "red"}),
        ({"name": None}, {}),
        ({"maybe": None}, {"maybe": None}),
    ],
)
def test_a_null_that_may_not_stand_counts_as_missing(given: dict[str, Any], expected: dict[str, Any]) -> None:
    spec = structural.apply_defaults({"spec": {"size": 1, "nested": {"inner": "x"}, **given}}, WIDGET)["spec"]
    assert {key: spec[key] for key in spec if key in given} == expected


# The texts are a real server's for a schema of the same kind.
ERRORS: list[tuple[dict[str, Any], list[str]]] = [
    ({"size": "x"}, ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"']),
    ({"size": True}, ['spec.size: Invalid value: "boolean": spec.size in body must be of type integer: "boolean"']),
    ({"size": 0}, ["spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"]),
    ({"size": 11}, ["spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10"]),
    ({"size": 2.0}, []),
    ({"color": "green"}, ['spec.color: Unsupported value: "green": supported values: "red", "blue"']),
    ({"name": "A1"}, ["spec.name: Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'"]),
    ({"name": "x"}, ['spec.name: Invalid value: "x": spec.name in body should be at least 2 chars long']),
    ({"name": "xxxxx"}, ["spec.name: Too long: may not be more than 4 bytes"]),
    ({"ratio": 0}, ["spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0"]),
    ({"ratio": 0.7}, ["spec.ratio: Invalid value: 0.7: spec.ratio in body should be a multiple of 0.5"]),
    (
        {"count": 2**31},
        ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.count'],
    ),
    (
        {"when": "2026-01-01"},
        ['spec.when: Invalid value: "2026-01-01": spec.when in body must be of type date-time: "2026-01-01"'],
    ),
    ({"when": "2026-01-01T00:00:00Z"}, []),
    ({"maybe": None}, []),
    ({"name": None}, ['spec.name: Invalid value: "null": spec.name in body must be of type string: "null"']),
    ({"port": 80}, []),
    ({"port": "http"}, []),
    ({"port": []}, ['spec.port: Invalid value: "array": spec.port in body must be of type integer,string: "array"']),
    ({"tags": ["a", "b", "a"]}, ['spec.tags[2]: Duplicate value: "a"']),
    ({"tags": ["a", "b", "c", "d"]}, ["spec.tags: Too many: 4: must have at most 3 items"]),
    (
        {"ports": [{"name": "a"}, {"name": "a", "protocol": "TCP"}]},
        ['spec.ports[1]: Duplicate value: {"name":"a","protocol":"TCP"}'],
    ),
    ({"ports": [{"name": "a"}, {"name": "a", "protocol": "UDP"}]}, []),
    ({"ports": [{}]}, ["spec.ports[0].name: Required value"]),
    (
        {"choice": {}},
        [
            '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found none valid',
            "spec.choice.a: Required value",
        ],
    ),
    (
        {"choice": {"a": "1", "b": "2"}},
        [
            '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives',
        ],
    ),
    ({"choice": {"a": "1"}}, []),
    (
        {"either": {}},
        [
            '<nil>: Invalid value: "": "spec.either" must validate at least one schema (anyOf)',
            "spec.either.a: Required value",
        ],
    ),
    ({"forbidden": "bad"}, ['<nil>: Invalid value: "": "spec.forbidden" must not validate the schema (not)']),
    (
        {"bounded": 1},
        [
            "spec.bounded: Invalid value: 1: spec.bounded in body should be greater than or equal to 2",
            '<nil>: Invalid value: "": "spec.bounded" must validate all the schemas (allOf)',
        ],
    ),
    (
        {"numbers": {"a": "x"}},
        ['spec.numbers.a: Invalid value: "string": spec.numbers.a in body must be of type integer: "string"'],
    ),
    ({"numbers": {"a": 1, "b": 2, "c": 3}}, ["spec.numbers: Too many: 3: must have at most 2 items"]),
    ({"object": {}}, ["spec.object.apiVersion: Required value", "spec.object.kind: Required value"]),
    ({"free": {"anything": [None, {"at": "all"}]}}, []),
]


@pytest.mark.parametrize(("spec", "errors"), ERRORS)
def test_errors_are_worded_as_the_servers(spec: dict[str, Any], errors: list[str]) -> None:
    assert [str(error) for error in structural.validate(widget(**spec), WIDGET)] == errors


def test_a_missing_part_is_required() -> None:
    (error,) = structural.validate({"metadata": {}}, WIDGET)
    assert (error.field, error.type, error.message) == ("spec", "FieldValueRequired", "Required value")


def test_a_pattern_that_python_cannot_read_judges_nothing() -> None:
    node = Schemas.from_crd({"type": "object", "properties": {"a": {"type": "string", "pattern": r"\p{Greek}"}}})
    assert structural.validate({"a": "x"}, node) == ()


def test_the_number_of_errors_and_the_depth_are_bounded() -> None:
    assert len(structural.validate(widget(tags=[1] * 1000), WIDGET)) == 100
    looped = Schemas({"A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}}).node("A")
    deep: dict[str, Any] = {}
    for _ in range(250):
        deep = {"a": deep}
    assert "nested deeper" in structural.validate(deep, looped)[0].detail


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2026-01-31T00:00:00.123+02:00", "2026-02-31T00:00:00Z"),
        ("date", "2026-01-31", "20260131"),
        ("duration", "1h30m", "soon"),
        ("byte", "aGk=", "%%"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123"),
        ("ipv4", "10.0.0.1", "10.0.0"),
        ("ipv6", "::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.1"),
        ("email", "a@example.com", "a"),
        ("uri", "https://example.com", "::"),
    ],
)
def test_formats(name: str, good: str, bad: str) -> None:
    node = Schemas.from_crd({"type": "object", "properties": {"a": {"type": "string", "format": name}}})
    assert structural.validate({"a": good}, node) == ()
    (error,) = structural.validate({"a": bad}, node)
    assert error.detail == f'a in body must be of type {name}: "{bad}"'
