"""Reads objects that are sent as protobuf, as kubectl sends some of those that it makes itself.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from holdfast.engine.lang.protobuf_wire import ProtobufError as ProtobufError
from holdfast.engine.lang.protobuf_wire import as_bytes, fields, text
from holdfast.sandbox.wire_types import LIST, MAP, WireField, WireTypes

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"
MAGIC: Final = b"k8s\x00"
_MAX_DEPTH: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def decode(body: bytes, types: WireTypes, schema: str) -> dict[str, Any]:
    """The object in the envelope that Kubernetes puts around every message. Raises ProtobufError."""
    if not body.startswith(MAGIC):
        raise ProtobufError("the body does not begin with k8s and a zero byte")
    envelope = dict(fields(body[len(MAGIC) :]))
    type_meta = dict(fields(as_bytes(envelope.get(1, b""))))
    obj: dict[str, Any] = {}
    for number, name in ((1, "apiVersion"), (2, "kind")):
        if number in type_meta:
            obj[name] = as_bytes(type_meta[number]).decode()
    return {**obj, **_Reader(types).message(as_bytes(envelope.get(2, b"")), schema, 0)}


class _Reader:
    def __init__(self, types: WireTypes) -> None:
        self._types = types

    def message(self, data: bytes, schema: str, depth: int) -> dict[str, Any]:
        """Zero values of fields that are no pointers say nothing, and are left out."""
        if depth > _MAX_DEPTH:
            raise ProtobufError("messages are nested too deep")
        struct_type = self._types.struct(schema)
        if struct_type is None:
            raise ProtobufError(f"messages of {schema} are not known")
        result: dict[str, Any] = {}
        for number, raw in fields(data):
            field = struct_type.by_number.get(number)
            if field is None:
                continue
            if field.is_inline:
                result.update(self.message(as_bytes(raw), field.type, depth + 1))
            elif field.type.startswith(LIST):
                kind = field.type.removeprefix(LIST)
                result.setdefault(field.name, []).append(self._value(raw, kind, depth))
            elif field.type.startswith(MAP):
                key, value = self._entry(as_bytes(raw), field.type.removeprefix(MAP), depth)
                result.setdefault(field.name, {})[key] = value
            else:
                value = self._value(raw, field.type, depth)
                if _says_something(value, field):
                    result[field.name] = value
        return result

    def _entry(self, data: bytes, kind: str, depth: int) -> tuple[str, Any]:
        entry = dict(fields(data))
        empty: int | bytes = b"" if kind not in ("int32", "int64", "bool") else 0
        return as_bytes(entry.get(1, b"")).decode(), self._value(entry.get(2, empty), kind, depth)

    def _value(self, raw: int | bytes, kind: str, depth: int) -> Any:
        if kind in ("int32", "int64"):
            return _signed(raw)
        if kind == "bool":
            return bool(raw)
        if kind == "float64":
            return struct.unpack("<d", as_bytes(raw))[0]
        if kind == "string":
            return text(raw)
        if kind == "bytes":
            return base64.b64encode(as_bytes(raw)).decode()
        data = as_bytes(raw)
        if kind in ("quantity", "json"):
            inner = as_bytes(dict(fields(data)).get(1, b""))
            return text(inner) or "0" if kind == "quantity" else _json(inner)
        if kind in ("time", "microTime"):
            return _time(data, is_micro=kind == "microTime")
        if kind == "intOrString":
            return _int_or_string(data)
        if kind.startswith((LIST, MAP)):
            return self._wrapped(data, kind, depth)
        return self.message(data, kind, depth + 1)

    def _wrapped(self, data: bytes, kind: str, depth: int) -> list[Any]:
        """A list within a list or a map is a message with its items."""
        return [self._value(raw, kind.removeprefix(LIST), depth + 1) for _, raw in fields(data)]


def _says_something(value: Any, field: WireField) -> bool:
    if value is None:
        return False
    return field.is_pointer or not (isinstance(value, str | int | float) and not value)


def _signed(raw: int | bytes) -> int:
    if isinstance(raw, bytes):
        raise ProtobufError("bytes stand where a number is expected")
    return raw - 2**64 if raw >= 2**63 else raw


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data) if data else None
    except orjson.JSONDecodeError:
        raise ProtobufError("a value is no JSON") from None


def _time(data: bytes, *, is_micro: bool) -> str | None:
    said = dict(fields(data))
    if not said:
        return None
    seconds, nanoseconds = _signed(said.get(1, 0)), _signed(said.get(2, 0))
    try:
        moment = _EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError:
        raise ProtobufError("a time is out of range") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if is_micro else "%Y-%m-%dT%H:%M:%SZ")


def _int_or_string(data: bytes) -> int | str:
    said = dict(fields(data))
    if said.get(1):
        return text(said.get(3, b""))
    return _signed(said.get(2, 0))
