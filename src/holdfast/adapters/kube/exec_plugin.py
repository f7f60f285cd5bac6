"""Signs in through a program that a kubeconfig names, the way cloud providers do it.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from msgspec import Struct

from holdfast.adapters.kube.connection import Credentials
from holdfast.model.errors import Blocked, Transient
from holdfast.ports.clock import Clock
from holdfast.runtime.processes import end_session

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
SECONDS = 60.0
LARGEST_OUTPUT = 1024 * 1024
# How much of what the program complains about is shown.
EXCERPT = 500
# Credentials that end this soon are not worth a request.
MARGIN = timedelta(seconds=10)


class ExecPlugin(Struct, frozen=True):
    """`where` names the file and field, `command` is ready to be run, `cluster` is handed on if the plugin wants it."""

    where: str
    api_version: str
    command: str
    args: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    install_hint: str = ""
    cluster: Mapping[str, Any] | None = None


class ExecCredentials:
    """What the plugin said last, until it expires. Callers at the same time share one run of the plugin."""

    def __init__(self, plugin: ExecPlugin, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._plugin = plugin
        self._clock = clock
        self._seconds = seconds
        self._credentials: Credentials | None = None
        self._expires: datetime | None = None
        self._one_run = asyncio.Lock()

    async def current(self) -> Credentials:
        async with self._one_run:
            if self._credentials is None or self._has_expired():
                output = await _run(self._plugin, self._seconds)
                self._credentials, self._expires = credentials_from(self._plugin, output)
            return self._credentials

    def forget(self) -> None:
        self._credentials = None

    def _has_expired(self) -> bool:
        return self._expires is not None and self._clock.now() >= self._expires - MARGIN


async def _run(plugin: ExecPlugin, seconds: float) -> bytes:
    info: dict[str, Any] = {
        "apiVersion": plugin.api_version,
        "kind": "ExecCredential",
        "spec": {"interactive": False, **({"cluster": plugin.cluster} if plugin.cluster else {})},
    }
    environment = {**os.environ, **plugin.environment, "KUBERNETES_EXEC_INFO": orjson.dumps(info).decode()}
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.args,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        hint = f"\n{plugin.install_hint}" if plugin.install_hint else ""
        message = f"{plugin.where}: {plugin.command} cannot be run: {error.strerror}{hint}"
        raise Blocked("CredentialPluginMissing", message) from None
    try:
        async with asyncio.timeout(seconds):
            output, complaint = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
            code = await process.wait()
    except TimeoutError:
        message = f"{plugin.where}: {plugin.command} did not end within {seconds:g} s"
        raise Transient("CredentialPluginTimeout", message) from None
    finally:
        if process.returncode is None:
            await end_session(process)
    if code != 0:
        said = " ".join(complaint.decode("utf-8", "replace").split())[-EXCERPT:]
        raise Transient("CredentialPluginFailed", f"{plugin.where}: {plugin.command} ended with {code}: {said}")
    if len(output) > LARGEST_OUTPUT:
        raise Blocked("CredentialPluginInvalid", f"{plugin.where}: {plugin.command} wrote too much")
    return output


async def _bounded(stream: asyncio.StreamReader | None) -> bytes:
    """Reads to the end, so that the program is not held up, but keeps little more than the limit."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(65536)):
        if len(kept) <= LARGEST_OUTPUT:
            kept += piece
    return bytes(kept)


def credentials_from(plugin: ExecPlugin, output: bytes) -> tuple[Credentials, datetime | None]:
    """What a plugin's ExecCredential holds, and until when."""

    def blocked(what: str) -> Blocked:
        return Blocked("CredentialPluginInvalid", f"{plugin.where}: what {plugin.command} wrote {what}")

    try:
        document = orjson.loads(output)
    except orjson.JSONDecodeError:
        raise blocked("is not JSON") from None
    if not isinstance(document, dict) or document.get("kind") != "ExecCredential":
        raise blocked("is not an ExecCredential")
    if document.get("apiVersion") != plugin.api_version:
        raise blocked(f"is of another version than {plugin.api_version}")
    status = document.get("status")
    status = status if isinstance(status, dict) else {}
    token = _text(status, "token")
    certificate, key = _text(status, "clientCertificateData"), _text(status, "clientKeyData")
    if not token and not (certificate and key):
        raise blocked("has neither status.token nor a client certificate with its key")
    expires = _text(status, "expirationTimestamp")
    try:
        until = datetime.fromisoformat(expires) if expires else None
    except ValueError:
        raise blocked("has a status.expirationTimestamp that is no time") from None
    if until is not None and until.tzinfo is None:
        raise blocked("has a status.expirationTimestamp without a time zone")
    authorization = f"Bearer {token}" if token else ""
    return Credentials(authorization, certificate.encode(), key.encode()), until


def _text(status: dict[str, Any], name: str) -> str:
    value = status.get(name)
    return value if isinstance(value, str) else ""
