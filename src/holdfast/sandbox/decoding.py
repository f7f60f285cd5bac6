"""Reads an object of a built-in kind as the server's own types read it: types judged, quantities and empties normalised."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

import orjson

from holdfast.engine.kube import quantities
from holdfast.sandbox.wire_types import LIST, MAP, OBJECT_META, WireField, WireTypes

_TYPE_FIELDS: Final = ("apiVersion", "kind")
_BITS: Final = {"int32": 31, "int64": 63}
_TIME: Final = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_MAX_DEPTH: Final = 200
_ZERO: Final[dict[str, Any]] = {"string": "", "bool": False, "int32": 0, "int64": 0, "float64": 0}
# Where Go could convert, JSON must not.
_CONVERTIBLE: Final = frozenset({("int64", "string"), ("float64", "int32"), ("float64", "int64")})
_SPECIAL_ZERO: Final[dict[str, Any]] = {"bytes": "", "quantity": "0", "intOrString": 0}


class DecodeError(ValueError):
    """A value has the wrong type; the text is what the server says after `cannot be handled as a KIND: `.

    `restoring` is what it says where it reads no JSON but what a strategic patch has made of an object.
    """

    def __init__(self, text: str, restoring: str = "") -> None:
        super().__init__(text)
        self.restoring = restoring or text


class Decoder:
    """Reads by the declared types; what they do not know is passed on as it is."""

    def __init__(self, types: WireTypes) -> None:
        self._types = types

    def read(self, obj: dict[str, Any], schema: str) -> dict[str, Any]:
        """The object without nulls and empty optional parts, new in all its parts. Raises DecodeError."""
        typed: dict[str, Any] = {key: obj[key] for key in _TYPE_FIELDS if key in obj}
        rest = {key: value for key, value in obj.items() if key not in _TYPE_FIELDS}
        return {**typed, **self._struct(rest, schema, "", 0)}

    def read_metadata(self, metadata: Any, kind: str) -> dict[str, Any]:
        """The metadata of a custom resource, which is of the server's own type too."""
        if not isinstance(metadata, dict):
            raise DecodeError(
                f"json: cannot unmarshal {_word(metadata)} into Go struct field {kind}.metadata of type v1.ObjectMeta"
            )
        return self._struct(metadata, OBJECT_META, "metadata", 0)

    def _struct(self, value: dict[str, Any], schema: str, path: str, depth: int) -> dict[str, Any]:
        if depth > _MAX_DEPTH:
            raise DecodeError("exceeded max depth")
        struct = self._types.struct(schema)
        if struct is None:
            copied: dict[str, Any] = orjson.loads(orjson.dumps(value))
            return copied
        result: dict[str, Any] = {}
        for key, inner in value.items():
            field = struct.by_name.get(key)
            if inner is None and not key.endswith(("Timestamp", "Time")):
                continue
            if field is None:
                result[key] = inner
                continue
            if inner is None:
                continue
            read = self._value(inner, field.type, field, f"{path}.{key}" if path else key, depth)
            if not (field.omits_empty and not field.is_pointer and _is_empty(read, field.type)):
                result[key] = read
        for name in struct.times:
            result.setdefault(name, None)
        return result

    def _value(self, value: Any, kind: str, field: WireField, path: str, depth: int) -> Any:
        if kind.startswith(LIST):
            if not isinstance(value, list):
                raise _mismatch(value, kind, field, path)
            inner = kind.removeprefix(LIST)
            return [self._item(each, inner, field, path, depth + 1) for each in value]
        if kind.startswith(MAP):
            if not isinstance(value, dict):
                raise _mismatch(value, kind, field, path)
            inner = kind.removeprefix(MAP)
            return {key: self._item(each, inner, field, path, depth + 1) for key, each in value.items()}
        special = _SPECIAL.get(kind)
        if special is not None:
            return special(value)
        if kind in _ZERO:
            return _scalar(value, kind, field, path)
        if self._types.struct(kind) is None:
            return value
        if not isinstance(value, dict):
            raise _mismatch(value, kind, field, path)
        return self._struct(value, kind, path, depth + 1)

    def _item(self, value: Any, kind: str, field: WireField, path: str, depth: int) -> Any:
        """An entry of a list or map; a null is the zero value of its type."""
        if value is not None:
            return self._value(value, kind, field, path, depth)
        if kind in _ZERO or kind in _SPECIAL_ZERO:
            return {**_ZERO, **_SPECIAL_ZERO}[kind]
        return {} if self._types.struct(kind) is not None else None


def _scalar(value: Any, kind: str, field: WireField, path: str) -> Any:
    match kind:
        case "string":
            fits = isinstance(value, str)
        case "bool":
            fits = isinstance(value, bool)
        case "float64":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return _integer(value, kind, field, path)
    if not fits:
        raise _mismatch(value, kind, field, path)
    return value


def _integer(value: Any, kind: str, field: WireField, path: str) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise _mismatch(value, kind, field, path)
    limit = 2 ** _BITS[kind]
    if not -limit <= value < limit:
        place = f"{field.struct}.{path}"
        raise DecodeError(f"json: cannot unmarshal number {value} into Go struct field {place} of type {kind}")
    return int(value)


def _is_empty(value: Any, kind: str) -> bool:
    """Go leaves out empty scalars, lists and maps; a struct is written however empty it is."""
    if isinstance(value, list | dict):
        return not value and kind.startswith((LIST, MAP))
    return value in ("", 0) and kind in _ZERO


def _mismatch(value: Any, kind: str, field: WireField, path: str) -> DecodeError:
    place = f"{field.struct}.{path}"
    text = f"json: cannot unmarshal {_word(value)} into Go struct field {place} of type {_go_type(kind)}"
    return DecodeError(text, _not_restored(_go_kind(value), kind))


def _not_restored(found: str, kind: str) -> str:
    if kind.startswith(LIST):
        return f"cannot restore slice from {found}"
    if kind.startswith(MAP):
        return f"cannot restore map from {found}"
    if kind not in _ZERO:
        return f"cannot restore struct from: {found}"
    if (found, kind) in _CONVERTIBLE:
        return f"cannot convert {found} to {kind}"
    return f"unrecognized type: {kind}"


def _go_kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int64"
        case float():
            return "float64"
        case str():
            return "string"
        case list():
            return "slice"
        case _:
            return "map"


def _go_type(kind: str) -> str:
    if kind.startswith(LIST):
        return f"[]{_go_type(kind.removeprefix(LIST))}"
    if kind.startswith(MAP):
        return f"map[string]{_go_type(kind.removeprefix(MAP))}"
    package, _, name = kind.rpartition(".")
    return f"{package.rpartition('.')[2]}.{name}" if package else kind


def _word(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "number"
        case float():
            return f"number {value}"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DecodeError(f"json: cannot unmarshal {_word(value)} into a quantity")
    try:
        return quantities.canonical(repr(value) if isinstance(value, float) else str(value))
    except quantities.QuantityError as error:
        raise DecodeError(str(error)) from None


def _int_or_string(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DecodeError(f"json: cannot unmarshal {_word(value)} into Go value of type int32")
    return value


def _time(value: Any) -> str:
    """Whole seconds."""
    found = _checked_time(value, "2006-01-02T15:04:05Z07:00")
    return found[1] + found[3] if found[2] else str(value)


def _micro_time(value: Any) -> str:
    """Exactly six digits after the seconds."""
    form = "2006-01-02T15:04:05.000000Z07:00"
    if len(_checked_time(value, form)[2] or "") != 7:
        raise DecodeError(f"parsing time {orjson.dumps(value).decode()} as {orjson.dumps(form).decode()}: cannot parse")
    return str(value)


def _checked_time(value: Any, form: str) -> re.Match[str]:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None:
        raise DecodeError(f"parsing time {orjson.dumps(value).decode()} as {orjson.dumps(form).decode()}: cannot parse")
    return found


def _bytes(value: Any) -> str:
    if not isinstance(value, str):
        raise DecodeError(f"json: cannot unmarshal {_word(value)} into Go value of type []uint8")
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
        at = next((index for index, letter in enumerate(value) if letter not in allowed), len(value))
        raise DecodeError(f"illegal base64 data at input byte {at}") from None
    return value


_SPECIAL: Final = {
    "quantity": _quantity,
    "intOrString": _int_or_string,
    "time": _time,
    "microTime": _micro_time,
    "bytes": _bytes,
}
