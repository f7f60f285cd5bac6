"""Judges documents by the schemas of our CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from holdfast.model.crd.definitions import schemas
from holdfast.model.crd.schema import INT_OR_STRING, Schema

if TYPE_CHECKING:
    import jsonschema_rs


_SHOWN = 200


class Verdict(Struct, frozen=True):
    """`errors` read "where: what", `unknown_fields` are JSON pointers of fields that no Struct of ours has."""

    valid: bool
    errors: tuple[str, ...] = ()
    unknown_fields: tuple[str, ...] = ()


def validate_document(document: Any) -> Verdict:
    """Documents of other kinds are refused: there is no schema to judge them by."""
    if not isinstance(document, dict):
        return Verdict(valid=False, errors=(f": {document!r} is not of type 'object'",))
    kind = document.get("kind")
    schema = schemas().get(kind) if isinstance(kind, str) else None
    if schema is None or not isinstance(kind, str):
        return Verdict(valid=False, errors=(f"kind: {kind!r} is none of {', '.join(sorted(schemas()))}",))
    errors = sorted({_worded(error) for error in _validator(kind).iter_errors(document)})
    unknown = tuple(sorted(_unknown(document, schema, "")))
    return Verdict(valid=not errors, errors=tuple(errors), unknown_fields=unknown)


@cache
def _validator(kind: str) -> jsonschema_rs.Draft4Validator:
    import jsonschema_rs  # the library costs time to load, and only judging needs it

    return jsonschema_rs.Draft4Validator(_as_json_schema(schemas()[kind]))


def _as_json_schema(schema: Schema) -> Schema:
    """What Kubernetes adds to OpenAPI, said in the words of JSON Schema; nested schemas become their own copies."""
    if schema.get(INT_OR_STRING):
        return {"type": ["integer", "string"]}
    plain = {word: value for word, value in schema.items() if word in ("type", "required", "enum")}
    if "properties" in schema:
        plain["properties"] = {name: _as_json_schema(child) for name, child in schema["properties"].items()}
    for word in ("items", "additionalProperties"):
        if word in schema:
            plain[word] = _as_json_schema(schema[word])
    return plain


def _worded(error: Any) -> str:
    where = "/".join(str(part) for part in error.instance_path)
    kind = error.kind
    match type(kind).__name__:
        case "Required":
            what = f"{kind.property!r} is a required property"
        case "Type":
            what = f"{_shown(error.instance)} is not of type {', '.join(repr(name) for name in kind.types)}"
        case "Enum":
            what = f"{_shown(error.instance)} is not one of {list(kind.options)!r}"
        case _:
            what = error.message
    return f"{where}: {what}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _unknown(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, schema.get("items", {}), f"{path}/{index}")
        return
    if not isinstance(value, dict):
        return
    known = schema.get("properties")
    rest = schema.get("additionalProperties", {})
    for name, child in value.items():
        here = f"{path}/{_escaped(name)}"
        if known is not None and name not in known:
            yield here
        else:
            yield from _unknown(child, known[name] if known else rest, here)


def _escaped(name: object) -> str:
    """Source: RFC 6901."""
    return str(name).replace("~", "~0").replace("/", "~1")
