"""A plugin in a container beside ours: Argo CD's cmp-server, spoken to by gRPC over its Unix socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

import grpc

from holdfast.adapters.rendering.plugins import git_credentials, wire
from holdfast.adapters.rendering.plugins.git_credentials import NOTHING_LENT
from holdfast.adapters.rendering.plugins.task import Task
from holdfast.engine.lang.protobuf_wire import ProtobufError
from holdfast.model.errors import Blocked, Transient
from holdfast.model.source_options import Announcement

_CHUNK: Final = 1 << 16
_MARGIN: Final = 1024**2
_CONNECT_SECONDS: Final = 5.0
T = TypeVar("T")


class SidecarPlugin:
    """`name` is that of the socket: NAME or NAME-VERSION. In the folder `ask_pass` it finds where to ask for
    credentials."""

    def __init__(self, socket: Path, ask_pass: Path) -> None:
        self._socket = socket
        self._ask_pass = ask_pass

    @property
    def name(self) -> str:
        return self._socket.stem

    def supports(self, task: Task) -> bool | None:
        """None when it has no rules to tell. Raises Blocked."""
        said = self._ask(task, "CheckPluginConfiguration", wire.configuration)
        if not said.has_discovery:
            return None
        return self._ask_about(task, "MatchRepository", wire.is_supported)

    def generate(self, task: Task) -> list[str]:
        wanted = task.credentials
        if wanted and not self._ask(task, "CheckPluginConfiguration", wire.configuration).wants_git_credentials:
            wanted = None
        with git_credentials.lent_to_sidecar(wanted, self._ask_pass) as lent:
            return self._ask_about(task, "GenerateManifest", wire.manifests, lent)

    def announcements(self, task: Task) -> tuple[Announcement, ...]:
        return self._ask_about(task, "GetParametersAnnouncement", wire.announcements)

    def _ask(self, task: Task, method: str, read: Callable[[bytes], T]) -> T:
        with self._channel(task) as channel:
            call = channel.unary_unary(wire.SERVICE + method)
            return self._answer(task, method, read, lambda: call(b"", timeout=_left(task)))

    def _ask_about(
        self, task: Task, method: str, read: Callable[[bytes], T], lent: Mapping[str, str] = NOTHING_LENT
    ) -> T:
        with self._channel(task) as channel:
            call = channel.stream_unary(wire.SERVICE + method)
            task.packed()  # what cannot be packed is told here, not in the thread that sends
            return self._answer(task, method, read, lambda: call(_requests(task, lent), timeout=_left(task)))

    def _channel(self, task: Task) -> grpc.Channel:
        """One for each question: a sidecar that was started anew has another socket of the same name."""
        options = (
            ("grpc.max_receive_message_length", task.limits.output_bytes + _MARGIN),
            ("grpc.default_authority", "localhost"),
            ("grpc.enable_http_proxy", 0),
            ("grpc.use_local_subchannel_pool", 1),
        )
        self._knock(task)
        return grpc.insecure_channel(f"unix:{self._socket}", options)

    def _knock(self, task: Task) -> None:
        """gRPC would try again and again until the time is over; a socket that nobody listens at is told at once."""
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(min(_CONNECT_SECONDS, _left(task)))
                door.connect(str(self._socket))
        except OSError as error:
            raise Transient(
                "PluginUnavailable",
                f"plugin {self.name}: nobody answers at its socket {self._socket} ({error.strerror or error}): see whether the "
                "sidecar runs, that it shares the folder of the sockets with this container, and that both run as the same "
                "user",
            ) from error

    def _answer(self, task: Task, method: str, read: Callable[[bytes], T], ask: Callable[[], bytes]) -> T:
        try:
            return read(ask())
        except grpc.RpcError as error:
            raise self._failure(task, method, error) from error
        except ProtobufError as error:
            raise Blocked(
                "PluginFailed", f"plugin {self.name}: its answer to {method} cannot be read: {error}"
            ) from error

    def _failure(self, task: Task, method: str, error: grpc.RpcError) -> Blocked | Transient:
        code, details = error.code(), str(error.details() or "")
        limits = task.limits
        what = f"plugin {self.name}: {method}"
        match code:
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return Blocked(
                    "RenderTimeout",
                    f"{what} did not end within {limits.seconds:g} s at {self._socket}: see the sidecar's log",
                )
            case grpc.StatusCode.RESOURCE_EXHAUSTED if "larger than" in details:
                return Blocked("ManifestTooLarge", f"{what} answered with more than {limits.output_bytes:,} bytes")
            case grpc.StatusCode.UNAVAILABLE:
                return Transient(
                    "PluginUnavailable",
                    f"{what}: the sidecar at {self._socket} went away while it was asked: see whether it was ended, for "
                    "its memory limit for example",
                )
            case grpc.StatusCode.UNIMPLEMENTED:
                return Blocked(
                    "PluginFailed", f"{what}: what listens at {self._socket} is no sidecar of Argo CD's kind"
                )
            case _:
                return Blocked("PluginFailed", f"{what}: {task.told(details) or code.name}")


def _left(task: Task) -> float:
    return max(0.0, task.until - time.monotonic())


def _requests(task: Task, lent: Mapping[str, str]) -> Iterator[bytes]:
    """The metadata, then the files."""
    packed = task.packed()
    yield wire.metadata_request(
        wire.Metadata(task.app_name, task.job.path, packed.digest, packed.size, {**task.environment, **lent})
    )
    while chunk := packed.file.read(_CHUNK):
        yield wire.chunk_request(chunk)
