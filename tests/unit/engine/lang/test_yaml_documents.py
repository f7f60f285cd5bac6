"""YAML as sigs.k8s.io/yaml reads it, within a budget."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import helm_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang import yaml_documents
from holdfast.engine.lang.yaml_documents import YamlInvalid, YamlLimits, YamlTooLarge

SCALARS = [
    "y",
    "n",
    "Y",
    "N",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "TRUE",
    "~",
    "null",
    "Null",
    "0755",
    "0o755",
    "0O17",
    "08",
    "09",
    "1e3",
    "1.0",
    "1_000",
    "0x1F",
    "0b101",
    "-0b11",
    "+0x10",
    "-07",
    "+1",
    "-0",
    "0",
    "00",
    ".5",
    "1.",
    "1e400",
    "1:30",
    "2001-01-01",
    "2001-12-14T21:59:43.10-05:00",
    "=",
    "<<",
    "9007199254740991",
    "-1e3",
    "1e-3",
    "0.1",
    "123abc",
    ".abc",
    ".",
    "--",
    "+",
    "1_0.5",
    "_1",
    "0_7",
    "0b",
    "0x",
    "1e",
    "12e03",
    "0o8",
    "1.5e+3",
    '"12"',
    "'1'",
    '"y"',
    "<<x",
    "a_b",
]
TAGGED = ["!!str 12", '!!int "3"', "!!float 3", "!foo 3", "!!binary aGk=", "! 12", "!!bool yes", "!!null ~"]


@pytest.mark.parametrize("scalar", [*SCALARS, *TAGGED])
@pytest.mark.parametrize("shape", ["a: {}\n", "a: [{}]\n"])
def test_scalars_mean_what_they_mean_to_kubernetes(scalar: str, shape: str) -> None:
    text = shape.format(scalar)
    assert json.dumps(yaml_documents.load_one(text)) == json.dumps(helm_python.values_from_yaml(text))


@pytest.mark.parametrize("key", ["y", "n", "on", "0755", "1.5", "1e3", "true", '"y"', "2001-01-01"])
def test_keys_become_the_same_text_as_in_kubernetes(key: str) -> None:
    text = f"{key}: 1\n"
    assert yaml_documents.load_one(text) == helm_python.values_from_yaml(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\na: 2\n", {"a": 2}),
        ("a: &x {p: 1, q: 2}\nb:\n  p: 9\n  <<: *x\n", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 2}}),
        ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  p: 9\n", {"a": {"p": 1, "q": 2}, "b": {"p": 9, "q": 2}}),
        ("a: &x {p: 1}\nb: &y {p: 2}\nc:\n  <<: [*x, *y]\n", {"a": {"p": 1}, "b": {"p": 2}, "c": {"p": 1}}),
        ('b:\n  "<<": {a: 1}\n', {"b": {"<<": {"a": 1}}}),
        ("b:\n  !!merge <<: {a: 1}\n", {"b": {"a": 1}}),
        ("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", {"a": 1, "b": 1, "c": 2, "d": 2}),
        ("a:\n- =\n", {"a": ["="]}),
        ("\ufeffa: 1\n", {"a": 1}),
        ("", None),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", 9.223372036854775808e18),
    ],
)
def test_documents(text: str, value: Any) -> None:
    assert yaml_documents.load_one(text) == value


def test_a_stream_holds_documents_and_empty_ones() -> None:
    assert yaml_documents.load_all("---\na: 1\n---\n---\nb: 2\n...\n") == [{"a": 1}, None, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("a: 1\nb: c: d\n", 2, 5, "mapping values are not allowed"),
        ("a: 1\n\tb: 2\n", 2, 1, "a tab character"),
        ("a: .inf\n", 1, 4, ".inf is not a number"),
        ("a: 1\nb: .nan\n", 2, 4, ".nan is not a number"),
        ("~: 1\n", 1, 1, "null cannot be a key"),
        ("? [a]\n: 1\n", 1, 3, "cannot be a key"),
        ("b:\n  <<: 1\n", 2, 7, "<< needs a mapping"),
        ("a: *x\n", 1, 4, "alias"),
        ("a: &x [*x]\n", 1, 8, "alias"),
        ('a: !!int "x"\n', 1, 4, "cannot read 'x' as !!int"),
    ],
)
def test_an_error_names_its_line_and_column(text: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(YamlInvalid) as caught:
        yaml_documents.load_one(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert problem in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(YamlInvalid):
        yaml_documents.load_one(b"a: \xff\xfe\n")


def test_a_second_document_is_refused_where_one_is_expected() -> None:
    with pytest.raises(YamlInvalid, match="one document is expected, 2 are there"):
        yaml_documents.load_one("a: 1\n---\nb: 2\n")


def bomb(levels: int, line: str) -> str:
    names = [f"a{level}" for level in range(levels)]
    lines = [f"{names[0]}: &{names[0]} [{line}]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]" for below, name in itertools.pairwise(names)]
    return "\n".join(lines)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(YamlTooLarge, match=r"line 7, .*stands for more than 5,000,000 values"):
        yaml_documents.load_one(bomb(12, ", ".join("x" * 9)))
    assert time.perf_counter() - start < 0.5


def test_a_long_text_used_often_counts_each_time() -> None:
    with pytest.raises(YamlTooLarge, match="bytes with its aliases written out"):
        yaml_documents.load_one(bomb(6, "x" * 10_000))


def test_a_merge_counts_what_it_brings() -> None:
    text = (
        "a: &a {"
        + ", ".join(f"k{n}: 1" for n in range(100))
        + "}\n"
        + "".join(f"m{n}: {{<<: *a}}\n" for n in range(20))
    )
    with pytest.raises(YamlTooLarge):
        yaml_documents.load_one(text, YamlLimits(nodes=1000))


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("[" * 50 + "]" * 50, YamlLimits(depth=49)),
        ("a: 1\n---\n" * 3, YamlLimits(documents=2)),
        ("a: " + "x" * 100, YamlLimits(bytes=50)),
        ("[1, 2, 3]", YamlLimits(nodes=3)),
    ],
)
def test_each_limit_holds(text: str, limits: YamlLimits) -> None:
    with pytest.raises(YamlTooLarge):
        yaml_documents.load_all(text, limits)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t y0:-#'\""), max_size=20
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: int(x) if x.is_integer() and abs(x) < 2**63 else x)
    | texts
    | st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_dumped_reads_back(value: Any) -> None:
    assert yaml_documents.load_one(yaml_documents.dump(value)) == value


def test_a_dump_is_in_block_style_and_keeps_the_order() -> None:
    obj = {"kind": "X", "apiVersion": "v1", "data": {"a": "y", "b": "one\ntwo\n", "c": ["1", 1], "d": {}}}
    assert yaml_documents.dump(obj) == (
        'kind: X\napiVersion: v1\ndata:\n  a: "y"\n  b: |\n    one\n    two\n  c:\n  - "1"\n  - 1\n  d: {}\n'
    )
