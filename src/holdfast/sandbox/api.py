"""The embedded Kubernetes API: takes a request, finds what it speaks of, and hands it to what reads or writes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from holdfast.model import errors
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response, Stream
from holdfast.sandbox import failures, reviews, targets
from holdfast.sandbox.admission import ClusterAdmission
from holdfast.sandbox.deletion import Deleter
from holdfast.sandbox.documents import Documents
from holdfast.sandbox.objects import ObjectRequests
from holdfast.sandbox.places import Place
from holdfast.sandbox.preparation import Preparation
from holdfast.sandbox.reading import Reader
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.rendering import Renderer, json_response
from holdfast.sandbox.request_options import is_true, query_of
from holdfast.sandbox.storage import Storage, StorageFull
from holdfast.sandbox.subresources import Subresources
from holdfast.sandbox.watching import Watcher
from holdfast.sandbox.writing import Writer

_LOG: Final = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 3 * 1024 * 1024
_STREAM_HEADERS: Final = {"content-type": "application/json", "cache-control": "no-cache, private"}


class SandboxApi:
    """Answers every request; whatever is wrong becomes a Status, never an exception."""

    def __init__(
        self,
        clock: Clock,
        *,
        registry: Registry,
        storage: Storage,
        new_uid: Callable[[], str],
        new_suffix: Callable[[], str],
    ) -> None:
        self._registry = registry
        self._clock = clock
        preparation = Preparation(registry, new_uid, new_suffix)
        self.admission = ClusterAdmission(registry, storage, clock)
        reader = Reader(storage)
        self.writer = Writer(registry, storage, preparation, self.admission, clock)
        self.deleter = Deleter(storage, clock, self.admission.after_write)
        self._watcher = Watcher(storage)
        self._renderer = Renderer(clock)
        self._objects = ObjectRequests(reader, self.writer, self.deleter, self._renderer, registry.wire_types)
        self._subresources = Subresources(registry, storage, reader, self.writer, self.deleter, self._renderer, clock)
        self._documents = Documents(registry)

    async def handle(self, request: Request) -> Response:
        """The answer to a request that is no watch."""
        try:
            return self._answer(request)
        except errors.ApiError as error:
            return error_response(error)
        except StorageFull as error:
            return error_response(failures.without_reason(500, str(error)))
        except RecursionError:
            return error_response(errors.BadRequest("the object is nested too deep"))
        except Exception:  # noqa: BLE001 - one request that finds a fault of the sandbox must not end it
            _LOG.exception("%s %s", request.method, request.path)
            return error_response(errors.ApiError("an error of the sandbox itself; its log tells more"))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """The answer to a watch: events for as long as the caller stays; an error is a stream of one line."""
        try:
            place = self._place(request)
            watch = self._objects.open_watch(self._watcher, place, request)
        except errors.ApiError as error:
            response = error_response(error)
            yield Stream(response.status, response.headers, _single(response.body))
            return
        events = watch.events()
        try:
            yield Stream(200, _STREAM_HEADERS, events)
        finally:
            await events.aclose()

    def is_watch(self, request: Request) -> bool:
        """Whether the answer to a request goes on, so that it belongs to `stream`."""
        if request.method != "GET":
            return False
        target = targets.parse(request.path)
        return target is not None and (target.is_watch or is_true(query_of(request).get("watch", "")))

    def _answer(self, request: Request) -> Response:
        if len(request.body) > MAX_BODY_BYTES:
            raise errors.ApiError(
                f"Request entity too large: limit is {MAX_BODY_BYTES}", status=413, reason="RequestEntityTooLarge"
            )
        document = self._documents.answer(request)
        if document is not None:
            return document
        place = self._place(request)
        if reviews.is_review(place):
            return reviews.answer(place, request, self._registry.wire_types, self._clock)
        if place.served.kind == "Binding" and request.method == "POST":
            return self._subresources.bind(place, request)
        if place.subresource and place.subresource != "status":
            return self._subresources.answer(place, request)
        return self._objects.answer(place, request)

    def _place(self, request: Request) -> Place:
        """Raises NotFound for what is not served, and MethodNotAllowed for what makes no sense."""
        target = targets.parse(request.path)
        if target is None or not self._registry.has_group(target.group):
            raise failures.page_not_found()
        served = self._registry.find(target.group, target.version, target.plural)
        if served is None or (target.namespace and not served.namespaced):
            raise failures.unknown_path()
        if target.subresource and target.subresource not in served.subresources:
            raise failures.unknown_path()
        if served.namespaced and target.name and not target.namespace:
            raise failures.unknown_path()
        return Place(served, target.namespace, target.name, target.subresource)


def error_response(error: errors.ApiError) -> Response:
    """The Status of an error, or the plain text of a path that is not served at all."""
    if error.message == failures.PAGE_NOT_FOUND:
        return Response(404, {"content-type": "text/plain; charset=utf-8"}, b"404 page not found\n")
    headers = {}
    if "retryAfterSeconds" in error.details:
        headers["retry-after"] = str(error.details["retryAfterSeconds"])
    return json_response(failures.status_document(error), error.status, headers)


async def _single(body: bytes) -> AsyncIterator[bytes]:
    yield body
