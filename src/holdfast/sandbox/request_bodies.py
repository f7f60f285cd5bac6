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
from holdfast.sandbox import failures

JSON: Final = "application/json"
YAML: Final = "application/yaml"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_YAML: Final = "application/apply-patch+yaml"
APPLY_CBOR: Final = "application/apply-patch+cbor"

_YAML_LIMITS: Final = yaml_documents.YamlLimits(bytes=3 * 1024**2, nodes=1_000_000, documents=1)


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_object(request: Request, kind: str) -> tuple[dict[str, Any], list[str]]:
    """The object that was sent, and the duplicate fields in it as strict validation words them."""
    kind_of_media = media_type(request)
    if kind_of_media not in ("", JSON, YAML):
        raise failures.unsupported_media_type((JSON, YAML, "application/vnd.kubernetes.protobuf"))
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
        patch = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise errors.BadRequest(f"error decoding patch: {error}") from None
    if not isinstance(patch, wanted):
        target = "[]handlers.jsonPatchOp" if wanted is list else "map[string]interface {}"
        raise errors.BadRequest(
            f"error decoding patch: json: cannot unmarshal {_json_type(patch)} into Go value of type {target}"
        )
    return patch


def json_patched(live: Any, operations: list[Any]) -> Any:
    """Raises Invalid without saying why, as the server does."""
    try:
        return json_patch.apply(live, operations)
    except json_patch.PatchError:
        raise errors.Invalid(failures.REJECTED) from None


def read_options_body(request: Request) -> Mapping[str, Any]:
    """The DeleteOptions in the body of a deletion, {} when there is none."""
    if not request.body.strip():
        return {}
    obj, _ = read_object(request, "DeleteOptions")
    return obj


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
