"""Label and field selectors: their text and object forms, and what they match. Errors are worded as the server's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.kube import names

MAX_REQUIREMENTS: Final = 1000


class LabelRequirement(Struct, frozen=True):
    """`operator` is one of `=` `!=` `in` `notin` `exists` `!` `gt` `lt`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "=" | "in":
                return value in self.values
            case "!=" | "notin":
                return value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case _:
                return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        if not _INTEGER.fullmatch(value):
            return False
        bound = int(self.values[0])
        return int(value) > bound if self.operator == "gt" else int(value) < bound


class LabelSelector(Struct, frozen=True):
    """All requirements must hold; without any it matches everything. `nothing` matches no object at all."""

    requirements: tuple[LabelRequirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        return not self.nothing and all(requirement.matches(labels) for requirement in self.requirements)


class FieldRequirement(Struct, frozen=True):
    """`operator` is `=` or `!=`."""

    field: str
    operator: str
    value: str


class FieldSelector(Struct, frozen=True):
    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, values: Mapping[str, str]) -> bool:
        """A field that `values` lacks counts as empty."""
        return all(
            (values.get(requirement.field, "") == requirement.value) == (requirement.operator == "=")
            for requirement in self.requirements
        )


_TOKEN: Final = re.compile(r"(==|!=|[=!(),<>])|[^\s=!(),<>]+")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_OPERATORS: Final = {"=": "=", "==": "=", "!=": "!=", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}


class _Tokens:
    """The words and signs of a label selector, one after another; "" is the end."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(text))
        self._tokens = [token.group() for token in found]
        self._is_sign = [bool(token.group(1)) for token in found]
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def is_word(self) -> bool:
        return self._at < len(self._tokens) and not self._is_sign[self._at]

    def word(self) -> str:
        if not self.is_word():
            raise _unparsable(f"found '{self.peek()}', expected: identifier")
        return self.next()


def _unparsable(problem: str) -> ValueError:
    return ValueError(f"unable to parse requirement: {problem}")


def parse_labels(text: str) -> LabelSelector:
    """`a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`; the empty text matches everything."""
    tokens = _Tokens(text)
    if tokens.peek() and not tokens.is_word() and tokens.peek() != "!":
        raise ValueError(f"found '{tokens.peek()}', expected: !, identifier, or 'end of string'")
    requirements: list[LabelRequirement] = []
    while tokens.peek():
        requirements.append(_requirement(tokens))
        following = tokens.next()
        if following not in (",", ""):
            raise ValueError(f"found '{following}', expected: ',' or 'end of string'")
        if following and not tokens.is_word() and tokens.peek() != "!":
            raise ValueError(f"found '{tokens.peek()}', expected: identifier after ','")
    return _selector(requirements)


def _requirement(tokens: _Tokens) -> LabelRequirement:
    if tokens.peek() == "!":
        tokens.next()
        return LabelRequirement(_key(tokens), "!")
    key = _key(tokens)
    if tokens.peek() in ("", ","):
        return LabelRequirement(key, "exists")
    token = tokens.next()
    operator = _OPERATORS.get(token)
    if operator is None:
        raise _unparsable(f"found '{token}', expected: in, notin, =, ==, !=, gt, lt")
    if operator in ("in", "notin"):
        return LabelRequirement(key, operator, tuple(sorted(set(_listed(tokens)))))
    value = "" if tokens.peek() in ("", ",") else tokens.word()
    if operator in ("gt", "lt") and not _INTEGER.fullmatch(value):
        problem = f"values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
        raise _unparsable(problem)
    return LabelRequirement(key, operator, (value,))


def _key(tokens: _Tokens) -> str:
    key = tokens.word()
    for problem in names.qualified_name(key):
        raise _unparsable(f"<nil>: Invalid value: {names.quoted(key)}: {problem}")
    return key


def _listed(tokens: _Tokens) -> Iterator[str]:
    token = tokens.next()
    if token != "(":  # noqa: S105  a sign
        raise _unparsable(f"found '{token}' expected: '('")
    while True:
        yield "" if tokens.peek() in (",", ")") else tokens.word()
        token = tokens.next()
        if token == ")":  # noqa: S105  a sign
            return
        if token != ",":  # noqa: S105  a sign
            raise _unparsable(f"found '{token}', expected: ',' or ')'")


def _selector(requirements: list[LabelRequirement]) -> LabelSelector:
    if len(requirements) > MAX_REQUIREMENTS:
        raise ValueError(f"a selector may have {MAX_REQUIREMENTS} requirements at most")
    for requirement in requirements:
        for index, value in enumerate(requirement.values):
            for problem in names.label_value(value):
                place = f"values[{index}][{requirement.key}]"
                raise _unparsable(f"{place}: Invalid value: {names.quoted(value)}: {problem}")
    return LabelSelector(tuple(requirements))


_OBJECT_OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def from_object(selector: Mapping[str, Any] | None) -> LabelSelector:
    """`{"matchLabels": …, "matchExpressions": […]}`; an empty object matches everything, None matches nothing."""
    if selector is None:
        return LabelSelector(nothing=True)
    requirements = [
        LabelRequirement(key, "=", (value,)) for key, value in sorted((selector.get("matchLabels") or {}).items())
    ]
    for expression in selector.get("matchExpressions") or []:
        named = str(expression.get("operator"))
        operator = _OBJECT_OPERATORS.get(named)
        if operator is None:
            raise ValueError(f"{names.quoted(named)} is not a valid label selector operator")
        values = tuple(sorted(set(expression.get("values") or ())))
        if bool(values) != (operator in ("in", "notin")):
            problem = "can't be empty" if not values else "must be empty"
            raise ValueError(f"for {named!r} operator, values set {problem}")
        requirements.append(LabelRequirement(str(expression.get("key") or ""), operator, values))
    return _selector(requirements)


_FIELD_TERM: Final = re.compile(r"(?:[^\\,]|\\.?)+", re.DOTALL)
_FIELD_OPERATOR: Final = re.compile(r"!=|==|=")
_UNESCAPED: Final = re.compile(r"[^\\,=]|\\[\\,=]", re.DOTALL)


def parse_fields(text: str) -> FieldSelector:
    """`metadata.name=a,status.phase!=Running`; `\\,` `\\=` and `\\\\` stand for the sign itself in a value."""
    requirements: list[FieldRequirement] = []
    for term in _FIELD_TERM.findall(text):
        operator = _FIELD_OPERATOR.search(term)
        if operator is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{term}'")
        value = _field_value(term[operator.end() :])
        requirements.append(FieldRequirement(term[: operator.start()], _OPERATORS[operator.group()], value))
        if len(requirements) > MAX_REQUIREMENTS:
            raise ValueError(f"a selector may have {MAX_REQUIREMENTS} requirements at most")
    return FieldSelector(tuple(requirements))


def _field_value(escaped: str) -> str:
    value: list[str] = []
    at = 0
    while at < len(escaped):
        found = _UNESCAPED.match(escaped, at)
        if found is None and escaped[at] == "\\":
            raise ValueError(f"invalid field selector: invalid escape sequence: {escaped[at : at + 2]}")
        if found is None:
            raise ValueError(f"invalid field selector: unescaped character in value: {ord(escaped[at])}")
        value.append(found.group()[-1])
        at = found.end()
    return "".join(value)
