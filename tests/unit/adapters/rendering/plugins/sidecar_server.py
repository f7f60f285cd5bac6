"""A sidecar for tests: a real gRPC server on a Unix socket that speaks the protocol of Argo CD's cmp-server.

Its messages are built by Google's protobuf from a description of their own, so that ours are judged by somebody else.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2, message_factory
from msgspec import Struct

FIELD = descriptor_pb2.FieldDescriptorProto
TEXT, NUMBER, BOOL, BYTES, MESSAGE = (
    FIELD.TYPE_STRING,
    FIELD.TYPE_INT64,
    FIELD.TYPE_BOOL,
    FIELD.TYPE_BYTES,
    FIELD.TYPE_MESSAGE,
)
MESSAGES: dict[str, list[tuple[str, int, int, bool, str]]] = {
    "EnvEntry": [("name", 1, TEXT, False, ""), ("value", 2, TEXT, False, "")],
    "File": [("chunk", 1, BYTES, False, "")],
    "ManifestRequestMetadata": [
        ("appName", 1, TEXT, False, ""),
        ("appRelPath", 2, TEXT, False, ""),
        ("checksum", 3, TEXT, False, ""),
        ("size", 4, NUMBER, False, ""),
        ("env", 5, MESSAGE, True, "EnvEntry"),
    ],
    "AppStreamRequest": [
        ("metadata", 1, MESSAGE, False, "ManifestRequestMetadata"),
        ("file", 2, MESSAGE, False, "File"),
    ],
    "ManifestResponse": [("manifests", 1, TEXT, True, ""), ("sourceType", 2, TEXT, False, "")],
    "RepositoryResponse": [("isSupported", 1, BOOL, False, ""), ("isDiscoveryEnabled", 2, BOOL, False, "")],
    "CheckPluginConfigurationResponse": [
        ("isDiscoveryConfigured", 1, BOOL, False, ""),
        ("provideGitCreds", 2, BOOL, False, ""),
    ],
    "MapEntry": [("key", 1, TEXT, False, ""), ("value", 2, TEXT, False, "")],
    "ParameterAnnouncement": [
        ("name", 1, TEXT, False, ""),
        ("title", 2, TEXT, False, ""),
        ("tooltip", 3, TEXT, False, ""),
        ("required", 4, BOOL, False, ""),
        ("itemType", 5, TEXT, False, ""),
        ("collectionType", 6, TEXT, False, ""),
        ("string", 7, TEXT, False, ""),
        ("array", 8, TEXT, True, ""),
        ("map", 9, MESSAGE, True, "MapEntry"),
    ],
    "ParametersAnnouncementResponse": [("parameterAnnouncements", 1, MESSAGE, True, "ParameterAnnouncement")],
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="plugin.proto", package="plugin", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated, inner in fields:
            message.field.add(
                name=field,
                number=number,
                type=kind,
                label=FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL,
                type_name=f".plugin.{inner}" if inner else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"plugin.{name}")) for name in MESSAGES}


CLASSES = _classes()


class Asked(Struct):
    """One request as it came: its files with their content, or `-> target` for a symlink."""

    method: str
    app: str
    path: str
    environment: dict[str, str]
    files: dict[str, str]


class Sidecar:
    """`generate` makes manifests of what came; `takes` None is a plugin without rules of discovery."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.generate: Callable[[Asked], list[str]] = lambda asked: []
        self.takes: Callable[[Asked], bool] | None = None
        self.wants_credentials = False
        self.announced: list[dict[str, Any]] = []
        self.released = threading.Event()

    def hang(self) -> list[str]:
        """What a plugin does that never ends; the end of the server frees it."""
        self.released.wait(60)
        return []

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "plugin.ConfigManagementPluginService",
            {
                "CheckPluginConfiguration": grpc.unary_unary_rpc_method_handler(
                    self._configuration, empty_pb2.Empty.FromString, _serialized
                ),
                **{
                    name: grpc.stream_unary_rpc_method_handler(
                        method, CLASSES["AppStreamRequest"].FromString, _serialized
                    )
                    for name, method in (
                        ("GenerateManifest", self._manifests),
                        ("MatchRepository", self._match),
                        ("GetParametersAnnouncement", self._parameters),
                    )
                },
            },
        )

    def _configuration(self, request: Any, context: grpc.ServicerContext) -> Any:
        return CLASSES["CheckPluginConfigurationResponse"](
            isDiscoveryConfigured=self.takes is not None, provideGitCreds=self.wants_credentials
        )

    def _match(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        asked = self._received("MatchRepository", requests)
        taken = self.takes is not None and self.takes(asked)
        return CLASSES["RepositoryResponse"](isSupported=taken, isDiscoveryEnabled=self.takes is not None)

    def _manifests(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        asked = self._received("GenerateManifest", requests)
        try:
            return CLASSES["ManifestResponse"](manifests=self.generate(asked))
        except ValueError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"error generating manifests: {error}")
            raise

    def _parameters(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        self._received("GetParametersAnnouncement", requests)
        return CLASSES["ParametersAnnouncementResponse"](parameterAnnouncements=self.announced)

    def _received(self, method: str, requests: Iterator[Any]) -> Asked:
        metadata = next(requests).metadata
        content = b"".join(request.file.chunk for request in requests)
        assert len(content) == metadata.size
        assert hashlib.sha256(content).hexdigest() == metadata.checksum
        files = {}
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                inside = archive.extractfile(member) if member.isfile() else None
                files[member.name] = inside.read().decode() if inside else f"-> {member.linkname}"
        environment = {entry.name: entry.value for entry in metadata.env}
        asked = Asked(method, metadata.appName, metadata.appRelPath, environment, files)
        self.asked.append(asked)
        return asked


def _serialized(message: Any) -> bytes:
    return bytes(message.SerializeToString())


@contextmanager
def running(folder: Path, name: str) -> Iterator[Sidecar]:
    """Listens at `NAME.sock` in the folder."""
    sidecar = Sidecar()
    options = (("grpc.max_send_message_length", -1),)
    server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
    server.add_generic_rpc_handlers((sidecar.handlers(),))
    folder.mkdir(parents=True, exist_ok=True)
    assert server.add_insecure_port(f"unix:{folder / name}.sock")
    server.start()
    try:
        yield sidecar
    finally:
        sidecar.released.set()
        server.stop(0).wait()
