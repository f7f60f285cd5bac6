"""Finds comparisons that can never hold, before anything is measured: a number with a text."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.engine.lang.expr import values
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.syntax import Binary, Call, Literal, Node, Predicate, Unary

NUMBER = "number"
RETURNS = {
    "asInt": NUMBER,
    "asFloat": NUMBER,
    "int": NUMBER,
    "float": NUMBER,
    "len": NUMBER,
    "count": NUMBER,
    "string": "string",
    "upper": "string",
    "lower": "string",
    "trim": "string",
    "isNaN": "bool",
    "isInf": "bool",
    "isNil": "bool",
    "all": "bool",
    "any": "bool",
    "none": "bool",
    "one": "bool",
}
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})


def check(node: Node) -> None:
    """Raises ExpressionError."""
    for inner in _inner(node):
        check(inner)
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        left, right = type_of(node.left), type_of(node.right)
        if left and right and left != right and "nil" not in (left, right):
            raise ExpressionError(f"invalid operation: {node.operator} (mismatched types {left} and {right})")


def type_of(node: Node) -> str:
    """As far as it is known without a value, else ""."""
    match node:
        case Literal(value):
            return NUMBER if values.is_number(value) else values.type_of(value)
        case Call(name, _):
            return RETURNS.get(name, "")
        case Unary("not", _):
            return "bool"
        case Binary(operator, _, _) if operator in COMPARISONS or operator in ("and", "or", "in"):
            return "bool"
        case _:
            return ""


def _inner(node: Node) -> list[Any]:
    found: list[Any] = []
    for field in msgspec.structs.fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            found += [one for one in (part if isinstance(part, tuple) else (part,)) if isinstance(one, msgspec.Struct)]
    if isinstance(node, Predicate):
        return [node.body]
    return found
