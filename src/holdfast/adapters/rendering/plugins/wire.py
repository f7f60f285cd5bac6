"""The messages of Argo CD's plugin sidecars, as they go over the socket.

Source: the service plugin.ConfigManagementPluginService of Argo CD's cmp-server, and ParameterAnnouncement of its
repo-server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from holdfast.engine.lang.protobuf_wire import as_bytes, bytes_field, fields, number_field, text, text_field
from holdfast.model.source_options import Announcement

SERVICE: Final = "/plugin.ConfigManagementPluginService/"


class Metadata(Struct, frozen=True):
    """What goes before the archive: `path` is the source's folder, `digest` SHA-256 in hexadecimal."""

    app_name: str
    path: str
    digest: str
    size: int
    environment: Mapping[str, str]


class Configuration(Struct, frozen=True):
    has_discovery: bool
    wants_git_credentials: bool


def metadata_request(said: Metadata) -> bytes:
    message = b"".join(
        (
            text_field(1, said.app_name),
            text_field(2, said.path),
            text_field(3, said.digest),
            number_field(4, said.size),
            *(
                bytes_field(5, text_field(1, name) + text_field(2, value))
                for name, value in sorted(said.environment.items())
            ),
        )
    )
    return bytes_field(1, message)


def chunk_request(chunk: bytes) -> bytes:
    return bytes_field(2, bytes_field(1, chunk))


def manifests(message: bytes) -> list[str]:
    """Raises ProtobufError, as do the others that read."""
    return [text(value) for number, value in fields(message) if number == 1]


def is_supported(message: bytes) -> bool:
    return bool(dict(fields(message)).get(1))


def configuration(message: bytes) -> Configuration:
    said = dict(fields(message))
    return Configuration(bool(said.get(1)), bool(said.get(2)))


def announcements(message: bytes) -> tuple[Announcement, ...]:
    return tuple(_announcement(as_bytes(value)) for number, value in fields(message) if number == 1)


def _announcement(message: bytes) -> Announcement:
    found = list(fields(message))
    said = dict(found)
    entries = [dict(fields(as_bytes(value))) for number, value in found if number == 9]
    return Announcement(
        name=text(said.get(1, b"")),
        title=text(said.get(2, b"")),
        tooltip=text(said.get(3, b"")),
        required=bool(said.get(4)),
        item_type=text(said.get(5, b"")),
        collection_type=text(said.get(6, b"")),
        string=text(said.get(7, b"")),
        array=tuple(text(value) for number, value in found if number == 8),
        map={text(entry.get(1, b"")): text(entry.get(2, b"")) for entry in entries},
    )
