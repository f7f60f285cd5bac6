"""Names are judged with the API server's own words."""

from __future__ import annotations

import pytest

from holdfast.engine.kube import names

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("subdomain", "a.b-c.9"),
        ("label", "9a-b"),
        ("dns1035", "a9"),
        ("path-segment", "system:node-proxier"),
        ("subdomain", "a" * 253),
        ("label", "a" * 63),
    ],
)
def test_names_that_are_accepted(rule: str, name: str) -> None:
    assert names.name_errors(rule, name) == []


@pytest.mark.parametrize(
    ("rule", "name", "errors"),
    [
        ("subdomain", "Bad_Name", [SUBDOMAIN]),
        ("subdomain", "a\n", [SUBDOMAIN]),
        ("subdomain", "a" * 254, ["must be no more than 253 characters"]),
        ("label", "a.b", ["must not contain dots"]),
        ("label", "a" * 64, ["must be no more than 63 characters"]),
        ("path-segment", "..", ["may not be '..'"]),
        ("path-segment", "a/b%", ["may not contain '/'", "may not contain '%'"]),
    ],
)
def test_names_that_are_refused(rule: str, name: str, errors: list[str]) -> None:
    assert names.name_errors(rule, name) == errors


def test_a_dns_1035_label_starts_with_a_letter() -> None:
    assert names.name_errors("dns1035", "1a")[0].startswith("a DNS-1035 label must consist of")


@pytest.mark.parametrize("key", ["a", "example.com/a", "A_b.c-9", "a" * 63])
def test_keys_that_are_accepted(key: str) -> None:
    assert names.qualified_name(key) == []


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("a/b/c", "a valid label key must consist of"),
        ("/a", "prefix part must be non-empty"),
        ("a/", "name part must be non-empty"),
        ("A.B/a", "prefix part a lowercase RFC 1123 subdomain"),
        ("a" * 64, "name part must be no more than 63 bytes"),
        ("-a", "name part must consist of"),
        ("é", "name part must consist of"),
    ],
)
def test_keys_that_are_refused(key: str, start: str) -> None:
    assert names.qualified_name(key)[0].startswith(start)


def test_labels_name_the_part_that_is_refused() -> None:
    assert [text for text, _ in names.label_errors({"ok": "fine", "-a": "b", "c": "not valid!"})] == [
        "-a",
        "not valid!",
    ]


def test_annotation_keys_may_have_capitals_in_the_prefix() -> None:
    assert names.annotation_errors({"Example.com/a": "anything at all"}) == []
    assert names.annotation_errors({"a/b/c": ""})[0][0] == "a/b/c"


def test_the_size_of_annotations_is_bounded() -> None:
    assert not names.annotations_too_long({"a": "x" * (256 * 1024 - 1)})
    assert names.annotations_too_long({"a": "x" * (256 * 1024)})
