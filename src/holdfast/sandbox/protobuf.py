"""Reads objects that are sent as protobuf, as kubectl sends some of those that it makes itself.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from holdfast.sandbox.wire_types import LIST, MAP, WireField, WireTypes

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"
MAGIC: Final = b"k8s\x00"
_MAX_DEPTH: Final = 100
_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_FIXED32: Final = 5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ProtobufError(ValueError):
    """The bytes are no such message."""


def decode(body: bytes, types: WireTypes, schema: str) -> dict[str, Any]:
    """The object in the envelope that Kubernetes puts around every message. Raises ProtobufError."""
    if not body.startswith(MAGIC):
        raise ProtobufError("the body does not begin with k8s and a zero byte")
    envelope = dict(_fields(body[len(MAGIC) :]))
    type_meta = dict(_fields(_as_bytes(envelope.get(1, b""))))
    obj: dict[str, Any] = {}
    for number, name in ((1, "apiVersion"), (2, "kind")):
        if number in type_meta:
            obj[name] = _as_bytes(type_meta[number]).decode()
    return {**obj, **_Reader(types).message(_as_bytes(envelope.get(2, b"")), schema, 0)}


def _as_bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ProtobufError("a number stands where a message is expected")
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ProtobufError("a number is cut off")
        byte = data[at]
        result |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return result, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order: number, and an unsigned number or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ProtobufError(f"wire type {kind} is not known")
        if at + length > len(data):
            raise ProtobufError("a field is cut off")
        yield number, data[at : at + length]
        at += length


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
        for number, raw in _fields(data):
            field = struct_type.by_number.get(number)
            if field is None:
                continue
            if field.is_inline:
                result.update(self.message(_as_bytes(raw), field.type, depth + 1))
            elif field.type.startswith(LIST):
                kind = field.type.removeprefix(LIST)
                result.setdefault(field.name, []).append(self._value(raw, kind, depth))
            elif field.type.startswith(MAP):
                key, value = self._entry(_as_bytes(raw), field.type.removeprefix(MAP), depth)
                result.setdefault(field.name, {})[key] = value
            else:
                value = self._value(raw, field.type, depth)
                if _says_something(value, field):
                    result[field.name] = value
        return result

    def _entry(self, data: bytes, kind: str, depth: int) -> tuple[str, Any]:
        entry = dict(_fields(data))
        empty: int | bytes = b"" if kind not in ("int32", "int64", "bool") else 0
        return _as_bytes(entry.get(1, b"")).decode(), self._value(entry.get(2, empty), kind, depth)

    def _value(self, raw: int | bytes, kind: str, depth: int) -> Any:
        if kind in ("int32", "int64"):
            return _signed(raw)
        if kind == "bool":
            return bool(raw)
        if kind == "float64":
            return struct.unpack("<d", _as_bytes(raw))[0]
        if kind == "string":
            return _text(raw)
        if kind == "bytes":
            return base64.b64encode(_as_bytes(raw)).decode()
        data = _as_bytes(raw)
        if kind in ("quantity", "json"):
            inner = _as_bytes(dict(_fields(data)).get(1, b""))
            return _text(inner) or "0" if kind == "quantity" else _json(inner)
        if kind in ("time", "microTime"):
            return _time(data, is_micro=kind == "microTime")
        if kind == "intOrString":
            return _int_or_string(data)
        if kind.startswith((LIST, MAP)):
            return self._wrapped(data, kind, depth)
        return self.message(data, kind, depth + 1)

    def _wrapped(self, data: bytes, kind: str, depth: int) -> list[Any]:
        """A list within a list or a map is a message with its items."""
        return [self._value(raw, kind.removeprefix(LIST), depth + 1) for _, raw in _fields(data)]


def _says_something(value: Any, field: WireField) -> bool:
    if value is None:
        return False
    return field.is_pointer or not (isinstance(value, str | int | float) and not value)


def _signed(raw: int | bytes) -> int:
    if isinstance(raw, bytes):
        raise ProtobufError("bytes stand where a number is expected")
    return raw - 2**64 if raw >= 2**63 else raw


def _text(raw: int | bytes) -> str:
    try:
        return _as_bytes(raw).decode()
    except UnicodeDecodeError:
        raise ProtobufError("a text is no UTF-8") from None


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data) if data else None
    except orjson.JSONDecodeError:
        raise ProtobufError("a value is no JSON") from None


def _time(data: bytes, *, is_micro: bool) -> str | None:
    fields = dict(_fields(data))
    if not fields:
        return None
    seconds, nanoseconds = _signed(fields.get(1, 0)), _signed(fields.get(2, 0))
    try:
        moment = _EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError:
        raise ProtobufError("a time is out of range") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if is_micro else "%Y-%m-%dT%H:%M:%SZ")


def _int_or_string(data: bytes) -> int | str:
    fields = dict(_fields(data))
    if fields.get(1):
        return _text(fields.get(3, b""))
    return _signed(fields.get(2, 0))
