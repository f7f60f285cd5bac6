"""Requests for objects and collections: which verb a method means, and its answer."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model import errors
from holdfast.ports.transport import Request, Response
from holdfast.sandbox import failures, negotiation, request_bodies, request_options
from holdfast.sandbox.deletion import Deleted, Deleter
from holdfast.sandbox.kind_traits import ANSWERS_DELETE_WITH_OBJECT, group_kind
from holdfast.sandbox.places import Place
from holdfast.sandbox.reading import Page, Reader, too_large
from holdfast.sandbox.rendering import Renderer, json_response, warning_headers
from holdfast.sandbox.request_options import query_of
from holdfast.sandbox.watching import Watch, Watcher
from holdfast.sandbox.wire_types import WireTypes
from holdfast.sandbox.writing import Writer, Written

_COLLECTION_VERBS: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_OBJECT_VERBS: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class ObjectRequests:
    """Objects with their /status, and collections."""

    def __init__(
        self, reader: Reader, writer: Writer, deleter: Deleter, renderer: Renderer, wire_types: WireTypes
    ) -> None:
        self._wire_types = wire_types
        self._reader = reader
        self._writer = writer
        self._deleter = deleter
        self._renderer = renderer

    def answer(self, place: Place, request: Request) -> Response:
        """Raises ApiError."""
        match self._verb(place, request.method):
            case "list":
                return self._list(place, request)
            case "create":
                return self._create(place, request)
            case "deletecollection":
                return self._delete_collection(place, request)
            case "get":
                return self._get(place, request)
            case "update":
                return self._update(place, request)
            case "patch":
                return self._patch(place, request)
            case _:
                return self._delete(place, request)

    def open_watch(self, watcher: Watcher, place: Place, request: Request) -> Watch:
        """A watch of a collection, or of one object by its path."""
        if "watch" not in place.served.verbs or place.subresource:
            raise failures.method_not_allowed()
        options = request_options.read_options(request)
        if place.name:
            options = request_options.of_one_object(options, place.name)
        show = self._renderer.event_object(place.served, negotiation.accepted(request), _include(request))
        return watcher.open(place, options, show)

    @staticmethod
    def _verb(place: Place, method: str) -> str:
        verb = (_OBJECT_VERBS if place.name else _COLLECTION_VERBS).get(method, "")
        served = place.served
        verbs = served.subresources[place.subresource].verbs if place.subresource else served.verbs
        if not verb or verb not in verbs:
            raise failures.method_not_allowed()
        if verb == "create" and served.namespaced and not place.namespace:
            raise failures.method_not_allowed()
        return verb

    def _get(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        newest = self._reader.newest
        asked = request_options.resource_version(query_of(request).get("resourceVersion", ""))
        if asked is not None and asked > newest:
            raise too_large(asked, newest)
        return self._renderer.object_response(
            place.served, self._reader.get(place), accepted, include=_include(request)
        )

    def _list(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        page = self._reader.list(place, request_options.read_options(request))
        return self._renderer.list_response(place.served, page, accepted, include=_include(request))

    def _create(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        options = request_options.write_options(request, "CreateOptions")
        obj, objections = self._read(place, request)
        return self._written(place, self._writer.create(place, obj, options, objections), accepted)

    def _read(self, place: Place, request: Request) -> tuple[dict[str, Any], list[str]]:
        served = place.served
        schema = "" if served.is_custom else served.schema_name
        return request_bodies.read_object(request, self._wire_types, served.kind, schema)

    def _update(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        options = request_options.write_options(request, "UpdateOptions")
        obj, objections = self._read(place, request)
        return self._written(place, self._writer.replace(place, obj, options, objections), accepted)

    def _patch(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        options = request_options.write_options(request, "PatchOptions")
        if request_bodies.media_type(request) == request_bodies.APPLY_YAML:
            written = self._writer.apply(place, request_bodies.read_apply(request), options)
        else:
            written = self._writer.patch(place, request, options)
        return self._written(place, written, accepted)

    def _written(self, place: Place, written: Written, accepted: negotiation.Accepted) -> Response:
        status = 201 if written.created else 200
        response = self._renderer.object_response(place.served, written.stored, accepted, status=status)
        if not written.warnings:
            return response
        return Response(status, {**response.headers, **warning_headers(written.warnings)}, response.body)

    def _delete(self, place: Place, request: Request) -> Response:
        body = request_bodies.read_options_body(request, self._wire_types)
        deleted = self._deleter.delete(place, request_options.delete_options(request, body))
        return self.deleted_response(place, deleted, negotiation.accepted(request))

    def deleted_response(self, place: Place, deleted: Deleted, accepted: negotiation.Accepted) -> Response:
        """The object while it is held up, and of some kinds always; else a Status."""
        served = place.served
        headers = warning_headers(deleted.warnings)
        if not deleted.is_gone or group_kind(served) in ANSWERS_DELETE_WITH_OBJECT:
            response = self._renderer.object_response(served, deleted.stored, accepted)
            return Response(response.status, {**response.headers, **headers}, response.body)
        details: dict[str, Any] = {"name": place.name, "group": served.group, "kind": served.plural}
        details["uid"] = deleted.stored.uid
        details = {key: value for key, value in details.items() if value}
        document = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return json_response(document, headers=headers)

    def _delete_collection(self, place: Place, request: Request) -> Response:
        accepted = negotiation.accepted(request)
        options = request_options.delete_options(request, request_bodies.read_options_body(request, self._wire_types))
        page = self._reader.list(place, request_options.read_options(request))
        items = []
        for stored in page.items:
            try:
                one = Place(place.served, stored.key.namespace, stored.key.name)
                items.append(self._deleter.delete(one, options).stored)
            except errors.NotFound:
                continue
        return self._renderer.list_response(place.served, Page(items, self._reader.newest), accepted)


def _include(request: Request) -> str:
    return query_of(request).get("includeObject", "Metadata")
