"""Turns a Struct of the model into a structural schema that keeps unknown fields.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct, inspect

from holdfast.model.metadata import ObjectMeta

Schema: TypeAlias = dict[str, Any]

KEEP_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"


def schema_of(resource: type[Struct]) -> Schema:
    """The schema of a whole resource."""
    return _struct(_struct_type(resource))


def _struct_type(resource: type[Struct]) -> inspect.StructType:
    described = inspect.type_info(resource)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{resource.__name__} is no Struct")
    return described


def _struct(described: inspect.StructType) -> Schema:
    if described.cls is ObjectMeta:
        return {"type": "object"}  # the API server has its own schema of metadata, and refuses another one
    schema: Schema = {"type": "object"}
    if described.cls.__doc__:
        schema["description"] = " ".join(described.cls.__doc__.split())
    required = sorted(entry.encode_name for entry in described.fields if _marks(entry.type).get("required"))
    if required:
        schema["required"] = required
    if described.fields:
        schema["properties"] = {entry.encode_name: _value(entry.type) for entry in described.fields}
    schema[KEEP_UNKNOWN] = True
    return schema


def _marks(described: inspect.Type) -> dict[str, Any]:
    """What `Meta(extra=…)` says of a field, also inside an optional one."""
    match described:
        case inspect.Metadata(extra=extra) if extra:
            return extra
        case inspect.UnionType(types=types):
            return next((marks for marks in map(_marks, types) if marks), {})
        case _:
            return {}


def _value(described: inspect.Type) -> Schema:
    marks = _marks(described)
    if marks.get("free_form"):
        return _any_of_its_type(_plain(described))
    schema = _plain(described)
    for word in ("enum", "format"):
        if word in marks:
            schema[word] = list(marks[word]) if word == "enum" else marks[word]
    return schema


def _any_of_its_type(schema: Schema) -> Schema:
    if schema["type"] == "array":
        return {"type": "array", "items": _any_of_its_type(schema["items"])}
    return {"type": "object", KEEP_UNKNOWN: True}


def _plain(described: inspect.Type) -> Schema:
    match described:
        case inspect.Metadata(type=inner):
            return _plain(inner)
        case inspect.StructType():
            return _struct(described)
        case inspect.StrType():
            return {"type": "string"}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            return {"type": "integer", "format": "int64"}
        case inspect.AnyType():
            return {KEEP_UNKNOWN: True}
        case inspect.DictType(value_type=inspect.AnyType()):
            return {"type": "object", KEEP_UNKNOWN: True}
        case inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": _value(value)}
        case inspect.VarTupleType(item_type=item):
            return {"type": "array", "items": _value(item)}
        case inspect.UnionType(types=types):
            return _alternatives([option for option in types if not isinstance(option, inspect.NoneType)])
        case _:
            raise TypeError(f"no schema for {described}")


def _alternatives(options: list[inspect.Type]) -> Schema:
    if len(options) == 1:
        return _plain(options[0])
    if {type(option) for option in options} == {inspect.IntType, inspect.StrType}:
        return {INT_OR_STRING: True}
    raise TypeError(f"a structural schema cannot say {options}")
