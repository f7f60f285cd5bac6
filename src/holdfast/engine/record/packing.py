"""Packs what a record holds into bounded text, and unpacks it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from holdfast.model.errors import Blocked
from holdfast.model.kube import key_of
from holdfast.model.sync_record import RecordContent, RecordedManifest

MOST_UNPACKED = 64 * 1024 * 1024
NAMED_IN_NOTE = 5
CAUTION = 0.98


class Packed(Struct, frozen=True):
    """`note` says what did not fit."""

    content: str
    note: str = ""


def pack(content: RecordContent, most: int) -> Packed:
    """At most `most` characters; the largest manifests are left out first."""
    packed = _packed(content)
    by_size = sorted(((len(msgspec.json.encode(one)), one) for one in content.manifests), key=lambda it: -it[0])
    left = sum(size for size, _ in by_size)
    dropped: list[RecordedManifest] = []
    while len(packed) > most and len(dropped) < len(by_size):
        # What has to go is told from what it packs to on the whole: trying each manifest would take seconds.
        goal = left * most / len(packed) * CAUTION
        while left > goal and len(dropped) < len(by_size):
            size, largest = by_size[len(dropped)]
            left -= size
            dropped.append(largest)
        packed = _packed(_without(content, dropped))
    if len(packed) > most:
        return Packed("", "nothing of this sync fitted into the record")
    return Packed(packed, _note(dropped) if dropped else "")


def unpack(text: str) -> RecordContent:
    """Raises Blocked when the text is none of ours."""
    if not text:
        return RecordContent()
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(text, validate=True), MOST_UNPACKED)
        if not unpacker.eof:
            raise ValueError("it is cut short or too large")
        return msgspec.json.decode(raw, type=RecordContent)
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError) as error:
        raise Blocked("RecordDamaged", f"spec.content of the record cannot be read: {error}") from error


def _packed(content: RecordContent) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(content), 6)).decode()


def _without(content: RecordContent, dropped: Sequence[RecordedManifest]) -> RecordContent:
    gone = {id(one) for one in dropped}
    return msgspec.structs.replace(content, manifests=tuple(one for one in content.manifests if id(one) not in gone))


def _note(dropped: Sequence[RecordedManifest]) -> str:
    named = ", ".join(str(key_of(one.object)) for one in dropped[:NAMED_IN_NOTE])
    more = f" and {len(dropped) - NAMED_IN_NOTE} more" if len(dropped) > NAMED_IN_NOTE else ""
    return f"too large, so these manifests were left out: {named}{more}"
