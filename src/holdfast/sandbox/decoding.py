"""Reads an object of a built-in kind as the server's own types read it: types judged, quantities and empties normalised."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from holdfast.engine.kube.schema import SchemaNode
from holdfast.sandbox import quantities
from holdfast.sandbox.registry import Registry

_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_GO_NUMBERS: Final = {"int32": "int32", "int64": "int64", "double": "float64", "float": "float32"}

# Fields that are no pointers and are left out when they are empty, where the schema cannot tell that.
_DROPPED_WHEN_FALSE: Final = frozenset(
    {"hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly", "paused", "publishNotReadyAddresses"}
)
_DROPPED_WHEN_EMPTY: Final = frozenset(
    {
        "value", "workingDir", "subPath", "subPathExpr", "hostname", "subdomain", "nodeName", "serviceAccountName",
        "serviceAccount", "priorityClassName", "schedulerName", "dnsPolicy", "restartPolicy", "clusterIP", "namespace",
        "externalName", "loadBalancerIP", "generateName", "volumeName", "image", "imagePullPolicy", "medium",
    }
)  # fmt: skip
_DROPPED_WHEN_ZERO: Final = frozenset({"nodePort", "minReadySeconds", "initialDelaySeconds", "hostPort"})
_MAX_DEPTH: Final = 200


class DecodeError(ValueError):
    """A value has the wrong type; the text is what the server says after `cannot be handled as a KIND: `."""


class Decoder:
    """Knows the component schemas well enough to name the Go types in errors."""

    def __init__(self, registry: Registry) -> None:
        self._quantity = registry.schema(_QUANTITY).raw.get("oneOf")
        self._names = {
            id(schema["properties"]): name.rpartition(".")[2]
            for name, schema in registry.components.items()
            if "properties" in schema
        }

    def read(self, obj: dict[str, Any], node: SchemaNode, kind: str) -> dict[str, Any]:
        """The object without nulls and empty optional parts; `obj` is left as it is. Raises DecodeError."""
        return {
            **{key: obj[key] for key in ("apiVersion", "kind") if key in obj},
            **self._object({key: obj[key] for key in obj if key not in ("apiVersion", "kind")}, node, "", kind, 0),
        }

    def _object(self, value: dict[str, Any], node: SchemaNode, path: str, struct: str, depth: int) -> dict[str, Any]:
        if depth > _MAX_DEPTH:
            raise DecodeError("exceeded max depth")
        struct = self._names.get(id(node.raw.get("properties")), struct)
        result: dict[str, Any] = {}
        for key, inner in value.items():
            child = node.property(key)
            if child is None:
                continue
            is_map_entry = key not in node.field_names
            place = path if is_map_entry and node.is_object_map else f"{path}.{key}" if path else key
            if inner is None:
                if is_map_entry and child.type == "string":
                    result[key] = ""
                elif is_map_entry and node.preserves_unknown_fields:
                    result[key] = None
                continue
            read = self._value(inner, child, place, struct, depth)
            if is_map_entry or key in node.required or not _is_left_out(key, read, child):
                result[key] = read
        return result

    def _value(self, value: Any, node: SchemaNode, path: str, struct: str, depth: int) -> Any:
        if self._quantity is not None and node.raw.get("oneOf") is self._quantity:
            return _quantity(value)
        if node.is_int_or_string:
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise self._mismatch(value, node, path, struct)
            return value
        match node.type:
            case "object":
                if not isinstance(value, dict):
                    raise self._mismatch(value, node, path, struct)
                return self._object(value, node, path, struct, depth + 1)
            case "array":
                if not isinstance(value, list):
                    raise self._mismatch(value, node, path, struct)
                item = node.item()
                if item is None:
                    return value
                return [
                    self._value(inner, item, path, struct, depth + 1) if inner is not None else inner for inner in value
                ]
            case "string":
                if not isinstance(value, str):
                    raise self._mismatch(value, node, path, struct)
                if node.raw.get("format") == "byte":
                    _check_base64(value)
                return value
            case "boolean":
                if not isinstance(value, bool):
                    raise self._mismatch(value, node, path, struct)
                return value
            case "integer":
                return self._integer(value, node, path, struct)
            case "number":
                if isinstance(value, bool) or not isinstance(value, int | float):
                    raise self._mismatch(value, node, path, struct)
                return value
            case _:
                return self._object(value, node, path, struct, depth + 1) if isinstance(value, dict) else value

    def _integer(self, value: Any, node: SchemaNode, path: str, struct: str) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._mismatch(value, node, path, struct)
        bits = 31 if node.raw.get("format") == "int32" else 63
        if not -(2**bits) <= value < 2**bits:
            raise DecodeError(
                f"json: cannot unmarshal number {value} into Go struct field {struct}.{path} of type {_go_type(node)}"
            )
        return value

    def _mismatch(self, value: Any, node: SchemaNode, path: str, struct: str) -> DecodeError:
        found = _json_word(value)
        name = self._names.get(id(node.raw.get("properties")))
        wanted = f"v1.{name}" if name else _go_type(node)
        return DecodeError(f"json: cannot unmarshal {found} into Go struct field {struct}.{path} of type {wanted}")


def _is_left_out(key: str, value: Any, node: SchemaNode) -> bool:
    if value == [] or value == {}:
        # A pointer to an empty struct says something (emptyDir: {}); an empty map or list says nothing.
        return node.type == "array" or (node.is_object_map and not node.field_names)
    match value:
        case False:
            return key in _DROPPED_WHEN_FALSE
        case "":
            return key in _DROPPED_WHEN_EMPTY
        case 0:
            return key in _DROPPED_WHEN_ZERO
        case _:
            return False


def _quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DecodeError(quantities.QuantityError.__doc__ or "")
    try:
        return quantities.canonical(repr(value) if isinstance(value, float) else str(value))
    except quantities.QuantityError as error:
        raise DecodeError(str(error)) from None


def _check_base64(value: str) -> None:
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
        at = next((index for index, letter in enumerate(value) if letter not in allowed), len(value))
        raise DecodeError(f"illegal base64 data at input byte {at}") from None


def _json_word(value: Any) -> str:
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


def _go_type(node: SchemaNode) -> str:
    match node.type:
        case "integer" | "number":
            return _GO_NUMBERS.get(node.raw.get("format", ""), "int")
        case "boolean":
            return "bool"
        case "array":
            item = node.item()
            return f"[]{_go_type(item)}" if item is not None else "[]interface {}"
        case "object" if node.is_object_map:
            return "map[string]string"
        case "string":
            return "string"
        case _:
            return "intstr.IntOrString" if node.is_int_or_string else "interface {}"
