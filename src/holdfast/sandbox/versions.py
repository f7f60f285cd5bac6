"""Shows a stored object in the version that was asked for, and brings what is written into the version that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from holdfast.model.kube import KubeObject
from holdfast.sandbox.conversions import CONVERSIONS, Conversion
from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.storage import Collection, Stored

# Two groups that show the same objects.
_SHARED: Final[Mapping[Collection, Collection]] = {Collection("events.k8s.io", "events"): Collection("", "events")}


def collection_of(served: ServedType) -> Collection:
    """Where the objects of this type are kept."""
    collection = served.collection
    return _SHARED.get(collection, collection)


def storage_api_version(served: ServedType) -> str:
    if served.collection in _SHARED:
        return "v1"
    return served.storage_api_version


def show(served: ServedType, stored: Stored) -> KubeObject:
    """A new dict of the object in the version of `served`."""
    obj = stored.decode()
    return _converted(served, obj, lambda conversion: conversion.from_storage)


def to_storage(served: ServedType, obj: KubeObject) -> KubeObject:
    """The object as it is kept, with its type fields first."""
    converted = _converted(served, obj, lambda conversion: conversion.to_storage)
    rest = {key: value for key, value in converted.items() if key not in ("kind", "apiVersion")}
    return {"kind": served.kind, "apiVersion": storage_api_version(served), **rest}


def from_storage(served: ServedType, obj: KubeObject) -> KubeObject:
    """The counterpart of to_storage."""
    return _converted(served, obj, lambda conversion: conversion.from_storage)


def _converted(
    served: ServedType, obj: KubeObject, pick: Callable[[Conversion], Callable[[dict[str, Any]], dict[str, Any]]]
) -> KubeObject:
    conversion = CONVERSIONS.get((served.group, served.version, served.kind))
    if conversion is not None:
        obj = pick(conversion)(obj)
    return {**obj, "apiVersion": served.api_version, "kind": served.kind}


def raw(served: ServedType, stored: Stored, *, typed: bool = True) -> bytes:
    """The JSON of the object in the version of `served`; without kind and apiVersion unless `typed`."""
    if (served.group, served.version, served.kind) in CONVERSIONS:
        obj = show(served, stored)
        if not typed:
            del obj["kind"], obj["apiVersion"]
        return orjson.dumps(obj)
    prefix = type_prefix(served.kind, storage_api_version(served))
    if not stored.raw.startswith(prefix):
        return orjson.dumps(show(served, stored))
    if not typed:
        return b"{" + stored.raw[len(prefix) :]
    if served.version == served.storage_version:
        return stored.raw
    return type_prefix(served.kind, served.api_version) + stored.raw[len(prefix) :]


def type_prefix(kind: str, api_version: str) -> bytes:
    """What the JSON of every stored object begins with."""
    return b'{"kind":"%s","apiVersion":"%s",' % (kind.encode(), api_version.encode())
