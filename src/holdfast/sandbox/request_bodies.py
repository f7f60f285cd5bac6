"""Reads the body of a request: JSON or YAML, with what a strict reader would object to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson

from holdfast.engine.kube import json_patch
from holdfast.engine.lang import yaml_documents
from holdfast.model import errors
from holdfast.ports.transport import Request
from holdfast.sandbox import failures, protobuf
from holdfast.sandbox.decoding import DecodeError, Decoder
from holdfast.sandbox.wire_types import WireTypes

JSON: Final = "application/json"
YAML: Final = "application/yaml"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_YAML: Final = "application/apply-patch+yaml"
APPLY_CBOR: Final = "application/apply-patch+cbor"

_YAML_LIMITS: Final = yaml_documents.YamlLimits(bytes=3 * 1024**2, nodes=1_000_000, documents=1)


_SCHEMAS: Final[Mapping[str, str]] = {
    "DeleteOptions": "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "Scale": "io.k8s.api.autoscaling.v1.Scale",
    "Binding": "io.k8s.api.core.v1.Binding",
    "Eviction": "io.k8s.api.policy.v1.Eviction",
    "TokenRequest": "io.k8s.api.authentication.v1.TokenRequest",
}


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_object(request: Request, types: WireTypes, kind: str, schema: str = "") -> tuple[dict[str, Any], list[str]]:
    """The object that was sent, and the duplicate fields in it as strict validation words them.

    `schema` names the type of what may come as protobuf too; those of options and subresources are known here.
    """
    kind_of_media = media_type(request)
    schema = schema or _SCHEMAS.get(kind, "")
    if kind_of_media == protobuf.MEDIA_TYPE and types.struct(schema) is not None:
        try:
            return protobuf.decode(request.body, types, schema), []
        except protobuf.ProtobufError as error:
            raise errors.BadRequest(f"the object provided is unrecognized (must be of type {kind}): {error}") from None
    if kind_of_media not in ("", JSON, YAML):
        raise failures.unsupported_media_type((JSON, YAML, protobuf.MEDIA_TYPE))
    repeated: list[str] = []
    if kind_of_media == YAML:
        obj: Any = _yaml(request.body)
    else:
        obj = _json(request.body, kind)
        if _may_repeat(request.body, obj):
            obj, repeated = _read_repeated(request.body, obj)
    if not isinstance(obj, dict):
        raise errors.BadRequest(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: json: cannot unmarshal {_json_type(obj)} into Go value of type struct"
        )
    return obj, repeated


def read_typed(request: Request, types: WireTypes, kind: str, schema: str = "") -> dict[str, Any]:
    """The same, with the types of its fields judged: for what no other step reads."""
    obj, _ = read_object(request, types, kind, schema)
    try:
        return Decoder(types).read(obj, schema or _SCHEMAS[kind])
    except DecodeError as error:
        raise errors.BadRequest(f"{kind} cannot be handled as a {kind}: {error}") from None


def _json(body: bytes, kind: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        shown = body[:40].decode(errors="replace") or "<empty>"
        problem = "unexpected end of JSON input" if not body.strip() else str(error)
        raise errors.BadRequest(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {problem} ({shown})"
        ) from None


def _yaml(body: bytes) -> Any:
    try:
        return yaml_documents.load_one(body, _YAML_LIMITS)
    except yaml_documents.YamlInvalid as error:
        raise errors.BadRequest(f"error encoding patch: yaml: {error}") from None


def read_apply(request: Request) -> dict[str, Any]:
    """The configuration of a server-side apply: YAML, of which JSON is a part."""
    try:
        config = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        config = _yaml(request.body)
    if not isinstance(config, dict):
        raise errors.BadRequest("error encoding patch: the configuration is no object")
    return config


def read_patch(request: Request, wanted: type) -> Any:
    """A JSON patch (a list) or a merge patch (an object)."""
    try:
        patch: Any = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise errors.BadRequest("invalid JSON patch" if wanted is dict else f"error decoding patch: {error}") from None
    if not isinstance(patch, wanted):
        target = "[]handlers.jsonPatchOp" if wanted is list else "map[string]interface {}"
        raise errors.BadRequest(
            f"error decoding patch: json: cannot unmarshal {_json_type(patch)} into Go value of type {target}"
        )
    if isinstance(patch, list):
        wrong = next((each for each in patch if not isinstance(each, dict)), None)
        if wrong is not None:
            target = "handlers.jsonPatchOp"
            raise errors.BadRequest(
                f"error decoding patch: json: cannot unmarshal {_json_type(wrong)} into Go value of type {target}"
            )
    return patch


def json_patched(live: Any, operations: list[Any]) -> Any:
    """Raises Invalid without saying why, as the server does."""
    try:
        return json_patch.apply(live, operations)
    except json_patch.PatchError:
        raise errors.Invalid(failures.REJECTED) from None


def read_options_body(request: Request, types: WireTypes) -> Mapping[str, Any]:
    """The DeleteOptions in the body of a deletion, {} when there is none."""
    if not request.body.strip():
        return {}
    return read_typed(request, types, "DeleteOptions")


class _Repeated(dict[str, Any]):
    """An object of which some fields were given more than once."""

    names: tuple[str, ...] = ()


def _may_repeat(body: bytes, obj: Any) -> bool:
    """Whether a second, slower reading is worth its time: written again, a body with repetitions has fewer colons."""
    return body.count(b":") != orjson.dumps(obj).count(b":")


def _read_repeated(body: bytes, obj: Any) -> tuple[Any, list[str]]:
    """The object with repeated objects merged, as Go merges them, and the fields that were given twice."""
    found: list[str] = []
    try:
        merged = json.loads(body, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        return obj, found
    _collect(merged, "", found)
    return (merged if found else obj), found


def _pairs(pairs: list[tuple[str, Any]]) -> _Repeated:
    result = _Repeated()
    names: dict[str, None] = {}
    for name, value in pairs:
        if name in result:
            names[name] = None
            value = _merged(result[name], value)
        result[name] = value
    result.names = tuple(names)
    return result


def _merged(before: Any, value: Any) -> Any:
    if not isinstance(before, _Repeated) or not isinstance(value, _Repeated):
        return value
    merged = _Repeated({**before, **value})
    merged.names = (*before.names, *value.names)
    return merged


def _collect(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, f"{path}.{key}" if path else key, found)
        if isinstance(value, _Repeated):
            found += [
                f'duplicate field "{path}.{name}"' if path else f'duplicate field "{name}"' for name in value.names
            ]
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _collect(inner, f"{path}[{index}]", found)


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
