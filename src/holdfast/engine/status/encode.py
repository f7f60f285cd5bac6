"""Our Structs as the JSON that an API server accepts: empty fields left out, save those that its schema demands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_type_hints

import msgspec
from msgspec import Meta, Struct


def encode(value: Any) -> Any:
    if isinstance(value, Struct):
        return _encode_struct(value)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(inner) for key, inner in value.items()}
    return msgspec.to_builtins(value)


def _encode_struct(value: Struct) -> dict[str, Any]:
    encoded = {}
    required = _required(type(value))
    for field in _fields(type(value)):
        inner = getattr(value, field.name)
        if inner is None or (field.name not in required and inner == _default(field)):
            continue
        encoded[field.encode_name] = encode(inner)
    return encoded


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default


@lru_cache(maxsize=256)
def _fields(kind: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Asking msgspec evaluates every annotation anew: a hundred times as long as the rest."""
    return msgspec.structs.fields(kind)


@lru_cache(maxsize=256)
def _required(kind: type[Struct]) -> frozenset[str]:
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(
        name
        for name, hint in hints.items()
        if any(
            isinstance(note, Meta) and (note.extra or {}).get("required") for note in getattr(hint, "__metadata__", ())
        )
    )
