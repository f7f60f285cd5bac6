"""Reads what a Kubernetes API server answers: objects, pages, watch events, and refusals as errors of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
from msgspec import Raw, Struct, field

from holdfast.model.discovery import ResourceType
from holdfast.model.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    MethodNotAllowed,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveMetadata, LiveObject
from holdfast.ports.cluster import WatchEvent, WatchKind

BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    410: Gone,
    415: UnsupportedMediaType,
    422: Invalid,
    429: TooManyRequests,
}

# How much of an answer that is not ours (a proxy's page, say) is worth showing.
EXCERPT = 200


class _ListMetadata(Struct, rename="camel"):
    resource_version: str = ""
    continue_from: str = field(default="", name="continue")


class Page(Struct):
    metadata: _ListMetadata = field(default_factory=_ListMetadata)
    # A server written in Go may send null for an empty list.
    items: list[Raw] | None = None


class _Envelope(Struct):
    metadata: LiveMetadata = field(default_factory=LiveMetadata)


class _Event(Struct):
    type: str
    object: Raw


_pages = msgspec.json.Decoder(Page)
_envelopes = msgspec.json.Decoder(_Envelope)
_events = msgspec.json.Decoder(_Event)


def page(body: bytes) -> Page:
    try:
        return _pages.decode(body)
    except msgspec.DecodeError as error:
        raise _unreadable("list", error) from None


def live_object(resource: ResourceType, raw: bytes) -> LiveObject:
    """`raw` is copied: a slice would keep its whole page alive."""
    try:
        metadata = _envelopes.decode(raw).metadata
    except msgspec.DecodeError as error:
        raise _unreadable(resource.kind, error) from None
    return LiveObject(resource.group, resource.version, resource.kind, metadata, bytes(raw))


def watch_event(resource: ResourceType, line: bytes) -> WatchEvent:
    """Raises what an ERROR event says."""
    try:
        event = _events.decode(line)
    except msgspec.DecodeError as error:
        raise _unreadable("watch event", error) from None
    if event.type == "ERROR":
        raise error_from(0, {}, bytes(event.object))
    try:
        kind = WatchKind(event.type)
    except ValueError:
        raise Unavailable(f"watch of {resource.plural}: unknown event type {event.type!r}") from None
    return WatchEvent(kind, live_object(resource, bytes(event.object)))


def json_object(body: bytes) -> KubeObject:
    try:
        obj = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable("object", error) from None
    if not isinstance(obj, dict):
        raise Unavailable(f"the server's answer is not an object but {type(obj).__name__}")
    return obj


def error_from(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error of an answer that is not 2xx; `status` 0 takes the code of the Status document itself."""
    document = _status_document(body)
    code = document.get("code")
    status = status or (code if isinstance(code, int) else 0) or 500
    reason = document.get("reason")
    reason = reason if isinstance(reason, str) else ""
    details = document.get("details")
    details = dict(details) if isinstance(details, dict) else {}
    seconds = headers.get("retry-after", "")
    if seconds.isdecimal() and len(seconds) < 6:
        details.setdefault("retryAfterSeconds", int(seconds))
    message = document.get("message")
    if not isinstance(message, str) or not message:
        message = f"the server answered {status}{_excerpt(body) if not document else ''}"
    return _class_of(status, reason)(message, status=status, reason=reason, details=details)


def _class_of(status: int, reason: str) -> type[ApiError]:
    if reason == AlreadyExists.reason:
        return AlreadyExists
    if status >= 500:
        return Unavailable
    return BY_STATUS.get(status, ApiError)


def _status_document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) and document.get("kind") == "Status" else {}


def _excerpt(body: bytes) -> str:
    text = " ".join(body[: 4 * EXCERPT].decode("utf-8", "replace").split())
    printable = "".join(letter for letter in text if letter.isprintable())[:EXCERPT]
    return f": {printable}" if printable else ""


def _unreadable(what: str, error: Exception) -> Unavailable:
    return Unavailable(f"the server's answer is not a {what} that can be read: {error}", reason="UnreadableAnswer")
