"""The wire format of protobuf, without schemas: fields by their numbers.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5


class ProtobufError(ValueError):
    """The bytes are no such message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order: number, and an unsigned number or bytes. Raises ProtobufError."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
            yield number, value
            continue
        if kind == BYTES:
            length, at = varint(data, at)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise ProtobufError(f"wire type {kind} is not known")
        if at + length > len(data):
            raise ProtobufError("a field is cut off")
        yield number, data[at : at + length]
        at += length


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that stands at `at`, and where it ends."""
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


def as_bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ProtobufError("a number stands where a message is expected")
    return value


def text(value: int | bytes) -> str:
    try:
        return as_bytes(value).decode()
    except UnicodeDecodeError as error:
        raise ProtobufError("a text is no UTF-8") from error


def number_field(number: int, value: int) -> bytes:
    """A field that holds an unsigned number or a boolean; zero is not written."""
    return _number(number << 3 | VARINT) + _number(value) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """A field that holds a message or bytes."""
    return _number(number << 3 | BYTES) + _number(len(value)) + value


def text_field(number: int, value: str) -> bytes:
    """An empty text is not written."""
    return bytes_field(number, value.encode()) if value else b""


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
