"""What is wrong with one field of an object, in the server's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from msgspec import Struct


class Problem(Struct, frozen=True):
    """A cause of an Invalid answer: `reason` is for machines, `message` for people."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def required(field: str, detail: str = "") -> Problem:
    return Problem(field, "FieldValueRequired", _words("Required value", detail))


def invalid(field: str, value: Any, detail: str) -> Problem:
    return Problem(field, "FieldValueInvalid", _words(f"Invalid value: {_shown(value)}", detail))


def immutable(field: str, value: Any) -> Problem:
    return invalid(field, value, "field is immutable")


def forbidden(field: str, detail: str) -> Problem:
    return Problem(field, "FieldValueForbidden", _words("Forbidden", detail))


def duplicate(field: str, value: Any) -> Problem:
    return Problem(field, "FieldValueDuplicate", f"Duplicate value: {_shown(value)}")


def not_supported(field: str, value: Any, supported: Iterable[str]) -> Problem:
    listed = ", ".join(_shown(each) for each in supported)
    return Problem(field, "FieldValueNotSupported", f"Unsupported value: {_shown(value)}: supported values: {listed}")


def too_long(field: str, limit: int) -> Problem:
    return Problem(field, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def _words(what: str, detail: str) -> str:
    return f"{what}: {detail}" if detail else what


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()
