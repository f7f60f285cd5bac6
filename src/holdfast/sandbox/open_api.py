"""OpenAPI v3 documents of each served group and version, enough for `kubectl explain` and for finding what a server can."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from holdfast.sandbox.registry import Registry, ServedType

_OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_REFERENCE: Final = "#/components/schemas/"
_WRITE_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation")


class OpenApi:
    """Documents are built when they are asked for and kept until the registry changes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._documents: dict[str, bytes] = {}
        self._generation = -1

    def index(self) -> dict[str, Any]:
        """`/openapi/v3`."""
        return {"paths": {path: {"serverRelativeURL": self._url(path)} for path in self._group_versions()}}

    def document(self, path: str) -> bytes | None:
        """`/openapi/v3/PATH`, None when there is no such group and version."""
        self._forget_if_changed()
        if path not in self._documents:
            types = self._group_versions().get(path)
            if types is None:
                return None
            self._documents[path] = orjson.dumps(self._built(types))
        return self._documents[path]

    def etag(self, path: str) -> str:
        return hashlib.sha256(self.document(path) or b"").hexdigest().upper()

    def _url(self, path: str) -> str:
        # The generation stands for the content, so that an index costs no documents.
        digest = hashlib.sha256(f"{path} {self._registry.generation_of(path)}".encode()).hexdigest().upper()
        return f"/openapi/v3/{path}?hash={digest}"

    def _forget_if_changed(self) -> None:
        if self._generation != self._registry.generation:
            self._documents.clear()
            self._generation = self._registry.generation

    def _group_versions(self) -> dict[str, list[ServedType]]:
        found: dict[str, list[ServedType]] = {}
        for served in self._registry:
            path = f"apis/{served.group}/{served.version}" if served.group else f"api/{served.version}"
            found.setdefault(path, []).append(served)
        return found

    def _built(self, types: list[ServedType]) -> dict[str, Any]:
        schemas: dict[str, Any] = {}
        paths: dict[str, Any] = {}
        wanted: list[str] = []
        for served in types:
            if served.is_custom:
                schemas[served.schema_name] = self._custom_schema(served)
                wanted += _references(schemas[served.schema_name])
            elif served.schema_name:
                wanted.append(served.schema_name)
            paths.update(_paths(served))
        while wanted:
            name = wanted.pop()
            if name not in schemas and name in self._registry.components:
                schemas[name] = self._registry.components[name]
                wanted += _references(schemas[name])
        info = {"title": "Kubernetes", "version": self._registry.kubernetes_version}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}

    def _custom_schema(self, served: ServedType) -> dict[str, Any]:
        raw = {key: value for key, value in served.node.raw.items() if key != "x-kubernetes-embedded-resource"}
        properties = {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            **raw.get("properties", {}),
            "metadata": {"allOf": [{"$ref": _REFERENCE + _OBJECT_META}], "default": {}},
        }
        return {
            **raw,
            "type": "object",
            "properties": properties,
            "x-kubernetes-group-version-kind": [_group_version_kind(served)],
        }


def _group_version_kind(served: ServedType) -> dict[str, str]:
    return {"group": served.group, "version": served.version, "kind": served.kind}


def _references(schema: Any) -> Iterator[str]:
    """The names of the components that a schema refers to."""
    if isinstance(schema, Mapping):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_REFERENCE)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _paths(served: ServedType) -> Iterator[tuple[str, dict[str, Any]]]:
    root = f"/apis/{served.group}/{served.version}" if served.group else f"/api/{served.version}"
    scope = "/namespaces/{namespace}" if served.namespaced else ""
    collection = f"{root}{scope}/{served.plural}"
    verbs = {"list": "get", "create": "post", "deletecollection": "delete"}
    item = {verbs[verb]: _operation(served, verb) for verb in served.verbs if verb in verbs}
    if item:
        yield collection, item
    verbs = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
    item = {verbs[verb]: _operation(served, verb) for verb in served.verbs if verb in verbs}
    if item:
        yield f"{collection}/{{name}}", item


def _operation(served: ServedType, verb: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "x-kubernetes-action": {"create": "post", "update": "put"}.get(verb, verb),
        "x-kubernetes-group-version-kind": _group_version_kind(served),
    }
    if verb in ("create", "update", "patch"):
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in _WRITE_PARAMETERS
        ]
    if served.schema_name:
        content = {"application/json": {"schema": {"$ref": _REFERENCE + served.schema_name}}}
        operation["responses"] = {"200": {"description": "OK", "content": content}}
    return operation
