"""The parts of an expression."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct


class Literal(Struct, frozen=True):
    value: Any


class Name(Struct, frozen=True):
    name: str


class Pointer(Struct, frozen=True):
    """What a predicate looks at: `#`, or `#acc` and `#index`."""

    name: str = ""


class Unary(Struct, frozen=True):
    operator: str
    operand: Node


class Binary(Struct, frozen=True):
    operator: str
    left: Node
    right: Node


class Conditional(Struct, frozen=True):
    test: Node
    yes: Node
    no: Node


class Member(Struct, frozen=True):
    """`of.name`, `of["name"]` or `of[3]`; `optional` is `of?.name`: nil where `of` is."""

    of: Node
    name: Node
    optional: bool = False


class Slice(Struct, frozen=True):
    of: Node
    start: Node | None
    end: Node | None


class Call(Struct, frozen=True):
    name: str
    arguments: tuple[Node, ...]


class Method(Struct, frozen=True):
    """`of.name(…)`."""

    of: Node
    name: str
    arguments: tuple[Node, ...]


class Array(Struct, frozen=True):
    items: tuple[Node, ...]


class Map(Struct, frozen=True):
    pairs: tuple[tuple[Node, Node], ...]


class Predicate(Struct, frozen=True):
    """What is asked of each item: `{# > 1}`."""

    body: Node


class Let(Struct, frozen=True):
    name: str
    value: Node
    body: Node


Node: TypeAlias = (
    Literal
    | Name
    | Pointer
    | Unary
    | Binary
    | Conditional
    | Member
    | Slice
    | Call
    | Method
    | Array
    | Map
    | Predicate
    | Let
)
