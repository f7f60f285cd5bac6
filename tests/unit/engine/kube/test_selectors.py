"""Selectors are read, refused and matched as the API server does it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import selectors

LABELS = {"app": "web", "tier": "front", "empty": "", "size": "7"}

MATCHES: list[tuple[str, bool]] = [
    ("", True),
    ("app=web", True),
    ("app==web,tier!=back", True),
    ("app=api", False),
    ("app!=web", False),
    ("missing!=x", True),
    ("app in (api, web)", True),
    ("app notin (web)", False),
    ("missing notin (web)", True),
    ("missing in (web)", False),
    ("app", True),
    ("!app", False),
    ("!missing", True),
    ("empty=", True),
    ("app=", False),
    ("empty in (,x)", True),
    ("size>5", True),
    ("size<7", False),
    ("app>5", False),
    (" app = web , tier ", True),
    ("example.com/app", False),
]


@pytest.mark.parametrize(("text", "matches"), MATCHES)
def test_labels_match(text: str, matches: bool) -> None:
    assert selectors.parse_labels(text).matches(LABELS) is matches


# The texts are a real server's.
REFUSED: list[tuple[str, str]] = [
    ("a in b", "unable to parse requirement: found 'b' expected: '('"),
    ("a in", "unable to parse requirement: found '' expected: '('"),
    ("a in (x,y", "unable to parse requirement: found '', expected: ',' or ')'"),
    ("a=b,", "found '', expected: identifier after ','"),
    ("a,,b", "found ',', expected: identifier after ','"),
    ("=b", "found '=', expected: !, identifier, or 'end of string'"),
    ("!", "unable to parse requirement: found '', expected: identifier"),
    ("a=!b", "unable to parse requirement: found '!', expected: identifier"),
    ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ("a=b c", "found 'c', expected: ',' or 'end of string'"),
    ("!a=b", "found '=', expected: ',' or 'end of string'"),
    (
        "a>x",
        "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_malformed_label_selectors_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        selectors.parse_labels(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["x/y/z=1", "a=-b", "a in (ok,-no)", "-a"])
def test_keys_and_values_must_be_labels(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid value"):
        selectors.parse_labels(text)


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_selector_objects_match(selector: dict[str, Any] | None, matches: bool) -> None:
    assert selectors.from_object(selector).matches(LABELS) is matches


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "a", "operator": "Like", "values": ["x"]},
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Exists", "values": ["x"]},
    ],
)
def test_malformed_expressions_are_refused(expression: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        selectors.from_object({"matchExpressions": [expression]})


def test_field_selectors_match() -> None:
    selector = selectors.parse_fields("metadata.name=a,status.phase!=Running")
    assert selector.matches({"metadata.name": "a", "status.phase": "Pending"})
    assert not selector.matches({"metadata.name": "a", "status.phase": "Running"})
    assert not selector.matches({"metadata.name": "b"})
    assert [requirement.field for requirement in selector.requirements] == ["metadata.name", "status.phase"]


def test_field_values_are_unescaped() -> None:
    selector = selectors.parse_fields(r"a=x\,y\=z\\,,b==c,")
    assert [requirement.value for requirement in selector.requirements] == [r"x,y=z" + "\\", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "invalid selector: 'abc'; can't understand 'abc'"),
        ("a,b", "invalid selector: 'a,b'; can't understand 'a'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("a=\\x", "invalid field selector: invalid escape sequence: \\x"),
        ("a=\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_malformed_field_selectors_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        selectors.parse_fields(text)
    assert str(caught.value) == message


def test_the_number_of_requirements_is_bounded() -> None:
    with pytest.raises(ValueError, match="1000 requirements"):
        selectors.parse_labels(",".join(["a"] * 1001))
