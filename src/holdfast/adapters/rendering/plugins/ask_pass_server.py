"""Answers user and password at a socket to whoever knows the number of this render.

Source: the service askpass.AskPassService of Argo CD's repo-server.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import grpc
from msgspec import Struct

from holdfast.adapters.rendering.plugins import ask_pass
from holdfast.adapters.rendering.plugins.left_behind import left_behind
from holdfast.engine.lang.protobuf_wire import ProtobufError, fields, text, text_field
from holdfast.model.errors import Transient

_THREADS: Final = 4
_SUFFIX: Final = ".sock"


class Place(Struct, frozen=True):
    """Where is answered, and the number that whoever asks must know."""

    socket: Path
    nonce: str

    def __repr__(self) -> str:
        return f"Place({self.socket})"


@contextmanager
def answering(folder: Path, user: str, password: str) -> Iterator[Place]:
    """Raises Transient when there can be no socket in the folder."""
    place = Place(folder / f"{secrets.token_hex(8)}{_SUFFIX}", secrets.token_urlsafe(32))
    answer = text_field(1, user) + text_field(2, password)

    def credentials(request: bytes, context: grpc.ServicerContext) -> bytes:
        if not hmac.compare_digest(_nonce(request).encode(), place.nonce.encode()):
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown nonce")
        return answer

    service, _, method = ask_pass.METHOD.removeprefix("/").partition("/")
    handler = grpc.method_handlers_generic_handler(service, {method: grpc.unary_unary_rpc_method_handler(credentials)})
    with futures.ThreadPoolExecutor(_THREADS) as threads:
        server = grpc.server(threads, handlers=(handler,), maximum_concurrent_rpcs=_THREADS)
        _listen(server, place.socket)
        try:
            server.start()
            yield place
        finally:
            server.stop(0).wait()
            place.socket.unlink(missing_ok=True)


def _listen(server: grpc.Server, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        server.add_insecure_port(f"unix:{place}")
        place.chmod(0o600)
        _tidy(place)
    except (OSError, RuntimeError) as error:
        raise Transient(
            "PluginUnavailable",
            f"no socket for Git credentials can be made in {place.parent}: the folder must be writable, shared with the "
            "plugin's sidecar, and its path short (see ARGOCD_ASK_PASS_SOCK)",
        ) from error


def _tidy(ours: Path) -> None:
    """Renders that were killed leave sockets at which nobody answers any more."""
    for other in left_behind(ours, f"*{_SUFFIX}"):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as door:
            door.settimeout(1.0)
            if door.connect_ex(str(other)):
                other.unlink()


def _nonce(request: bytes) -> str:
    try:
        return text(dict(fields(request)).get(1, b""))
    except ProtobufError:
        return ""
