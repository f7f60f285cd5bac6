"""Writes objects, lists and watch events in the form that the client accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from holdfast.engine.lang import yaml_documents
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Response
from holdfast.sandbox import versions
from holdfast.sandbox.negotiation import Accepted, Form
from holdfast.sandbox.reading import Page
from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.storage import Stored
from holdfast.sandbox.tables.table import Tables

_META: Final = "meta.k8s.io/v1"
JSON_HEADERS: Final[Mapping[str, str]] = {"content-type": "application/json"}


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Response(status, {**JSON_HEADERS, **(headers or {})}, body)


class Renderer:
    """One for the whole server."""

    def __init__(self, clock: Clock) -> None:
        self._tables = Tables(clock)

    def object_response(
        self, served: ServedType, stored: Stored, accepted: Accepted, *, status: int = 200, include: str = "Metadata"
    ) -> Response:
        match accepted.form:
            case Form.WHOLE:
                return _encoded(versions.raw(served, stored), accepted, status)
            case Form.TABLE:
                obj = versions.show(served, stored)
                metadata = {"resourceVersion": str(stored.resource_version)}
                return _encoded(self._tables.table(served, [obj], metadata, include), accepted, status)
            case _:
                return _encoded(orjson.dumps(partial(versions.show(served, stored))), accepted, status)

    def list_response(
        self, served: ServedType, page: Page, accepted: Accepted, *, include: str = "Metadata"
    ) -> Response:
        metadata: dict[str, Any] = {"resourceVersion": str(page.resource_version)}
        if page.continue_token or (served.is_custom and accepted.form is Form.WHOLE):
            metadata["continue"] = page.continue_token
        if page.remaining:
            metadata["remainingItemCount"] = page.remaining
        match accepted.form:
            case Form.WHOLE:
                items = (versions.raw(served, stored, typed=served.is_custom) for stored in page.items)
                return _encoded(_list(f"{served.kind}List", served.api_version, metadata, items), accepted, 200)
            case Form.TABLE:
                objects = [versions.show(served, stored) for stored in page.items]
                return _encoded(self._tables.table(served, objects, metadata, include), accepted, 200)
            case _:
                parts = (orjson.dumps(partial(versions.show(served, stored))) for stored in page.items)
                return _encoded(_list("PartialObjectMetadataList", _META, metadata, parts), accepted, 200)

    def event_object(self, served: ServedType, accepted: Accepted, include: str) -> EventForm:
        return EventForm(self._tables, served, accepted, include)


class EventForm:
    """Shows the objects of one watch; the columns of a table are told once."""

    def __init__(self, tables: Tables, served: ServedType, accepted: Accepted, include: str) -> None:
        self._tables = tables
        self._served = served
        self._form = accepted.form
        self._include = include
        self._told_columns = False

    def __call__(self, stored: Stored) -> bytes:
        match self._form:
            case Form.WHOLE:
                return versions.raw(self._served, stored)
            case Form.TABLE:
                metadata = {"resourceVersion": str(stored.resource_version)}
                columns, self._told_columns = not self._told_columns, True
                obj = versions.show(self._served, stored)
                return self._tables.table(self._served, [obj], metadata, self._include, columns=columns)
            case _:
                return orjson.dumps(partial(versions.show(self._served, stored)))


def partial(obj: KubeObject) -> KubeObject:
    """The object with nothing but its metadata."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": obj["metadata"]}


def _list(kind: str, api_version: str, metadata: Mapping[str, Any], items: Iterable[bytes]) -> bytes:
    head = b'{"kind":"%s","apiVersion":"%s","metadata":%s,"items":[' % (
        kind.encode(),
        api_version.encode(),
        orjson.dumps(metadata),
    )
    return head + b",".join(items) + b"]}"


def _encoded(body: bytes, accepted: Accepted, status: int) -> Response:
    if not accepted.yaml:
        return Response(status, JSON_HEADERS, body)
    sorted_keys = orjson.loads(orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS))
    return Response(status, {"content-type": "application/yaml"}, yaml_documents.dump(sorted_keys).encode())


def warning_headers(warnings: Sequence[str]) -> dict[str, str]:
    """All warnings in one header; orjson's quoting is that of the header's quoted string."""
    if not warnings:
        return {}
    return {"warning": ", ".join(f"299 - {orjson.dumps(warning).decode()}" for warning in warnings)}
