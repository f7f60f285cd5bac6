"""Turns what a client sent into what is stored: decoded, pruned, defaulted, judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import orjson
from msgspec import Struct

from holdfast.engine.kube import structural
from holdfast.engine.kube.canonical import equal, without
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.sandbox import failures, kind_traits, metadata_rules, versions
from holdfast.sandbox.decoding import DecodeError, Decoder
from holdfast.sandbox.defaults import table as defaults
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.registry import Registry, ServedType
from holdfast.sandbox.validation import discouraged
from holdfast.sandbox.validation import table as validation

MAX_PROBLEMS: Final = 100
MAX_WARNINGS: Final = 20
_RULES: Final = "x-kubernetes-validations"
_BLOCKING: Final = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
_RULES_NOT_CHECKED: Final = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


class CannotHandle(errors.BadRequest):
    """What was sent is no object of its kind: `why`, and how that is said of what a strategic patch made."""

    def __init__(self, served: ServedType, why: str, restoring: str = "") -> None:
        super().__init__(f'{served.kind} in version "{served.version}" cannot be handled as a {served.kind}: {why}')
        self.why = why
        self.restoring = restoring or why


class Decoded(Struct, frozen=True):
    """An object in the version of the request, and what a strict reader objects to."""

    obj: KubeObject
    warnings: tuple[str, ...] = ()


class Preparation:
    """The steps between a body and the storage that need no storage."""

    def __init__(self, registry: Registry, new_uid: Callable[[], str], new_suffix: Callable[[], str]) -> None:
        self._registry = registry
        self._decoder = Decoder(registry.wire_types)
        self._new_uid = new_uid
        self._new_suffix = new_suffix

    def decode(self, served: ServedType, obj: KubeObject, strictness: str, objections: Sequence[str] = ()) -> Decoded:
        """Without the fields that the schema lacks. Raises CannotHandle for wrong types, and for those fields if strict."""
        managed = (obj.get("metadata") or {}).get("managedFields")
        if managed:
            # Trees of names, with which the schema has nothing to do and which can be longer than the object.
            obj = without(obj, ("metadata", "managedFields"))
        decoded = self._decode(served, obj, strictness, objections)
        if managed:
            decoded.obj["metadata"]["managedFields"] = managed
        return decoded

    def _decode(self, served: ServedType, obj: KubeObject, strictness: str, objections: Sequence[str]) -> Decoded:
        obj, unknown = structural.prune(obj, served.node)
        if served.is_custom:
            objected = [*objections, *(f'unknown field "{path}"' for path in sorted(unknown))]
            obj = structural.apply_defaults(obj, served.node)
        else:
            objected = [*objections, *(f'unknown field "{path}"' for path in unknown)]
        try:
            if served.is_custom:
                metadata = self._decoder.read_metadata(obj.get("metadata") or {}, served.kind)
                obj = {**obj, "metadata": metadata}
            else:
                obj = self._decoder.read(obj, served.schema_name)
        except DecodeError as error:
            raise CannotHandle(served, str(error), error.restoring) from None
        if objected and strictness == "Strict":
            raise CannotHandle(served, "strict decoding error: " + ", ".join(objected))
        return Decoded(obj, tuple(objected[:MAX_WARNINGS]) if strictness == "Warn" else ())

    def create(self, served: ServedType, obj: KubeObject, namespace: str, now: str) -> KubeObject:
        """The object as its writer means it, with defaults."""
        if served.has_status:
            obj = {key: value for key, value in obj.items() if key != "status"}
        obj = metadata_rules.for_creation(served, obj, namespace, now=now, uid=self._new_uid(), suffix=self._new_suffix)
        obj = versions.to_storage(served, obj)
        defaults.fill(kind_traits.group_kind(served), obj)
        return obj

    def update(self, served: ServedType, before: KubeObject, after: KubeObject, subresource: str) -> KubeObject:
        """`before` is as stored, `after` in the version of the request; gives what is to be stored."""
        after = versions.to_storage(served, after)
        if subresource == "status":
            after = _with_status_of(before, after, served)
        elif served.has_status:
            after = {key: value for key, value in after.items() if key != "status"}
            if "status" in before:
                after["status"] = before["status"]
        defaults.fill(kind_traits.group_kind(served), after)
        return metadata_rules.for_update(served, before, after)

    def complete(self, served: ServedType, obj: KubeObject, before: KubeObject | None) -> KubeObject:
        """The object with what the server adds and nobody owns."""
        completed: KubeObject = orjson.loads(orjson.dumps(obj))
        defaults.prepare(kind_traits.group_kind(served), completed, before)
        return completed

    def judge(self, served: ServedType, obj: KubeObject, before: KubeObject | None, subresource: str) -> None:
        """Raises Invalid with everything that is wrong."""
        found = list(islice(self._problems(served, obj, before, subresource), MAX_PROBLEMS))
        if found:
            name = obj["metadata"].get("name") or ""
            raise failures.invalid(served.group, served.kind, name, found)

    def warnings(self, served: ServedType, obj: KubeObject, before: KubeObject | None) -> tuple[str, ...]:
        """What of an object that is to be stored is legal but discouraged."""
        if served.is_custom:
            return tuple(discouraged.finalizer_warnings(obj, before))
        return tuple(discouraged.warnings(kind_traits.group_kind(served), obj, before))

    def _problems(
        self, served: ServedType, obj: KubeObject, before: KubeObject | None, subresource: str
    ) -> Iterator[Problem]:
        yield from metadata_rules.object_problems(served, obj)
        if served.is_custom:
            shown = {**versions.from_storage(served, obj), "metadata": {}}
            found = list(structural.validate(shown, served.node))
            for error in found:
                yield Problem(error.field or "<nil>", error.type, error.message)
            if any(error.type in _BLOCKING for error in found) and _has_rules(served.node.raw):
                yield Problem("<nil>", "FieldValueInvalid", f"Invalid value: null: {_RULES_NOT_CHECKED}")
            return
        kind = kind_traits.group_kind(served)
        if before is None:
            yield from validation.problems(kind, obj)
            return
        if subresource == "status":
            yield from validation.status_problems(kind, before, obj)
        judgements = [validation.immutable_problems(kind, before, obj)]
        if not equal(_content(before), _content(obj)):
            judgements.insert(1 if kind in validation.IMMUTABLE_FIRST else 0, validation.problems(kind, obj))
        for judgement in judgements:
            yield from judgement


def _has_rules(schema: Any) -> bool:
    """Whether a schema, or a part of it, has rules in CEL."""
    if isinstance(schema, list):
        return any(map(_has_rules, schema))
    return isinstance(schema, dict) and (_RULES in schema or any(map(_has_rules, schema.values())))


def _with_status_of(before: KubeObject, after: KubeObject, served: ServedType) -> KubeObject:
    """A write to /status: it changes what the kind lets it change of the metadata, nothing of a custom resource's."""
    result = {key: value for key, value in before.items() if key != "status"}
    if "status" in after:
        result["status"] = after["status"]
    metadata: dict[str, Any] = dict(before["metadata"])
    sent = after.get("metadata") or {}
    kept = kind_traits.kept_by_status(served)
    for name in kind_traits.CLIENTS_METADATA:
        if name in kept:
            continue
        metadata.pop(name, None)
        if sent.get(name):
            metadata[name] = sent[name]
    for name in ("managedFields", "resourceVersion", "uid"):
        if name in sent:
            metadata[name] = sent[name]
    result["metadata"] = metadata
    return result


def _content(obj: KubeObject) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}
