"""Documents become objects: lists are opened, empty documents dropped, and what is no Kubernetes object is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from holdfast.model import kube
from holdfast.model.errors import Blocked
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import Doubled


class Document(Struct, frozen=True):
    """One YAML or JSON document. `origin` says where it stands, for people."""

    origin: str
    content: Any


class Collected(Struct, frozen=True):
    objects: tuple[KubeObject, ...]
    doubled: tuple[Doubled, ...] = ()


def collect(documents: Iterable[Document], limit: int) -> Collected:
    """The objects of the documents in their order, with a note for each object that is there twice."""
    objects: list[KubeObject] = []
    origins: dict[ObjectKey, str] = {}
    doubled: list[Doubled] = []
    for document in documents:
        for content in _opened(document):
            obj = _checked(content, document.origin)
            if len(objects) >= limit:
                raise Blocked("ManifestTooLarge", f"more than {limit:,} objects: split the application")
            objects.append(obj)
            key = kube.key_of(obj)
            if not key.name:
                continue
            if key in origins:
                note = f"{key} is in {origins[key]} and again in {document.origin}: the later one is used last"
                doubled.append(Doubled(key, note))
            origins[key] = document.origin
    return Collected(tuple(objects), tuple(doubled))


def is_object(content: Any) -> bool:
    """A first look: does this call itself a Kubernetes object?"""
    return isinstance(content, dict) and bool(content.get("kind")) and bool(content.get("apiVersion"))


def _opened(document: Document) -> list[Any]:
    content = document.content
    if content is None or content == {}:
        return []
    if isinstance(content, dict) and "items" in content:
        items = content["items"]
        if isinstance(items, list):
            return [item for item in items if item is not None]
        # Argo CD takes `items: null` for an empty list unless the object has a spec or a status.
        if items is None and "spec" not in content and "status" not in content:
            return []
    return [content]


def _checked(content: Any, origin: str) -> KubeObject:
    if not isinstance(content, dict):
        raise _invalid(origin, f"a Kubernetes object is expected, this is {_described(content)}")
    for field in ("kind", "apiVersion"):
        if not isinstance(content.get(field), str) or not content[field]:
            raise _invalid(origin, f"{field} is missing or no text")
    what = f"{content['apiVersion']} {content['kind']}"
    metadata = content.get("metadata")
    if not isinstance(metadata, dict):
        raise _invalid(origin, f"{what} has no metadata")
    named = metadata.get("name") or metadata.get("generateName")
    if not isinstance(named, str):
        raise _invalid(origin, f"{what} has no metadata.name" if named is None else f"{what}: name must be text")
    namespace = metadata.get("namespace")
    if namespace is not None and not isinstance(namespace, str):
        raise _invalid(origin, f"{what} {named}: metadata.namespace must be text: put it in quotes")
    return _with_text_only(content, metadata, f"{what} {named}", origin)


def _with_text_only(content: KubeObject, metadata: dict[str, Any], what: str, origin: str) -> KubeObject:
    """Labels and annotations are texts; entries that are null stand for nothing and are left out."""
    changed: dict[str, Any] = {}
    for field in ("labels", "annotations"):
        entries = metadata.get(field)
        if entries is None:
            continue
        if not isinstance(entries, dict):
            raise _invalid(origin, f"{what}: metadata.{field} must be a mapping")
        for key, value in entries.items():
            if value is not None and not isinstance(value, str):
                raise _invalid(origin, f"{what}: metadata.{field}[{key}] is {_described(value)}: put it in quotes")
        if None in entries.values():
            changed[field] = {key: value for key, value in entries.items() if value is not None}
    return {**content, "metadata": {**metadata, **changed}} if changed else content


def _described(content: Any) -> str:
    match content:
        case None:
            return "null"
        case bool():
            return f"the boolean {str(content).lower()}"
        case int() | float():
            return f"the number {content}"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _invalid(origin: str, problem: str) -> Blocked:
    return Blocked("ManifestInvalid", f"{origin}: {problem}")
