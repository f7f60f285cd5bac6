"""Reads objects and lists, page by page and as they were."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import orjson
from msgspec import Struct

from holdfast.model import errors
from holdfast.sandbox import failures, versions
from holdfast.sandbox.places import Place
from holdfast.sandbox.request_options import ReadOptions
from holdfast.sandbox.selection import Selection
from holdfast.sandbox.storage import Key, Storage, Stored, TooOld

_CONTINUE_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_INCONSISTENT: Final = -1


class Page(Struct, frozen=True):
    """A list, or a part of one: `continue_token` is "" for the last part, `remaining` None when it is not known."""

    items: Sequence[Stored]
    resource_version: int
    continue_token: str = ""
    remaining: int | None = None


class Reader:
    """Reads the storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def newest(self) -> int:
        """The resourceVersion of the last write."""
        return self._storage.resource_version

    def get(self, place: Place) -> Stored:
        stored = self._storage.get(versions.collection_of(place.served), place.key)
        if stored is None:
            raise failures.not_found(place.served, place.name)
        return stored

    def list(self, place: Place, options: ReadOptions) -> Page:
        """Raises BadRequest and Gone."""
        selection = Selection(place.served, options)
        version, start = self._start(options)
        items = self._items(place, options, version)
        if start is not None:
            items = [stored for stored in items if stored.key > start]
        if not selection.takes_everything:
            items = [stored for stored in items if selection.matches(stored)]
        if not options.limit or len(items) <= options.limit:
            return Page(items, version)
        page = items[: options.limit]
        remaining = len(items) - len(page) if selection.takes_everything else None
        return Page(page, version, _token(version, page[-1].key), remaining)

    def _items(self, place: Place, options: ReadOptions, version: int) -> Sequence[Stored]:
        collection = versions.collection_of(place.served)
        if version == self._storage.resource_version:
            return self._storage.all_in(collection, place.namespace)
        try:
            return self._storage.all_at(collection, place.namespace, version)
        except TooOld:
            if not options.continue_token:
                raise failures.gone("The resourceVersion for the provided list is too old.") from None
            start = _parse_token(options.continue_token)[1]
            error = failures.gone(_CONTINUE_TOO_OLD)
            error.details = {"continue": _token(_INCONSISTENT, start)}
            raise error from None

    def _start(self, options: ReadOptions) -> tuple[int, Key | None]:
        """The resourceVersion to show, and the object after which to begin."""
        newest = self._storage.resource_version
        if options.continue_token:
            version, start = _parse_token(options.continue_token)
            return (newest if version == _INCONSISTENT else version), start
        asked = options.resource_version
        if asked is not None and asked > newest:
            raise too_large(asked, newest)
        return (asked or newest) if options.match == "Exact" else newest, None


def too_large(asked: int, newest: int) -> errors.ApiError:
    message = f"Timeout: Too large resource version: {asked}, current: {newest}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    return errors.ApiError(message, status=504, reason="Timeout", details=details)


def _token(version: int, key: Key) -> str:
    start = f"{key.namespace}/{key.name}\u0000"
    document = orjson.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def _parse_token(token: str) -> tuple[int, Key]:
    try:
        document = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = document["start"].rstrip("\u0000").partition("/")
        return int(document["rv"]), Key(namespace, name)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        raise errors.BadRequest("invalid continue token: continue key is not valid") from None
