"""How Kubernetes' own types are written on the wire: field numbers, and which fields are left out when they are empty."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

DATA_FILE: Final = "wire_types.json.gz"

# Its times are left out.
OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

LIST: Final = "list:"
MAP: Final = "map:"


class WireField(Struct, frozen=True):
    """One field. `type` is a scalar's, a special type's or a struct's name, with "list:" or "map:" before it.

    `struct` is the name that errors give: that of the struct which declares it, even where it stands in another.
    """

    name: str
    number: int
    type: str
    is_pointer: bool
    omits_empty: bool
    is_inline: bool
    struct: str


class WireStruct(Struct, frozen=True):
    """A struct: its own fields by number, and those that its JSON has, inline ones included, by name.

    `times` are the fields that are written as null when they are not set: times by value, which are never empty for Go.
    """

    name: str
    by_number: Mapping[int, WireField]
    by_name: Mapping[str, WireField]
    times: tuple[str, ...] = ()


class WireTypes:
    """The structs by the name of their schema, put together when they are asked for."""

    def __init__(self, declared: Mapping[str, list[tuple[str, int, str, str]]]) -> None:
        self._declared = declared
        self._structs: dict[str, WireStruct] = {}

    def struct(self, schema: str) -> WireStruct | None:
        """None for a type that is no struct, or of which nothing is known."""
        found = self._structs.get(schema)
        if found is None and schema in self._declared:
            found = self._structs[schema] = self._assembled(schema)
        return found

    def _assembled(self, schema: str) -> WireStruct:
        short = schema.rpartition(".")[2]
        fields = [
            WireField(name, number, kind, "p" in flags, "o" in flags, "i" in flags, short)
            for name, number, kind, flags in self._declared[schema]
        ]
        by_name: dict[str, WireField] = {}
        for field in fields:
            inner = self.struct(field.type) if field.is_inline else None
            by_name.update(inner.by_name if inner else {field.name: field})
        times = () if schema == OBJECT_META else tuple(name for name, field in by_name.items() if _is_time(field))
        return WireStruct(schema, {field.number: field for field in fields if field.number}, by_name, times)


def _is_time(field: WireField) -> bool:
    return field.type in ("time", "microTime") and not field.is_pointer


def load() -> WireTypes:
    """The types that come with the package."""
    raw = gzip.decompress(resources.files("holdfast.sandbox").joinpath(DATA_FILE).read_bytes())
    return WireTypes(msgspec.json.decode(raw, type=dict[str, list[tuple[str, int, str, str]]]))
