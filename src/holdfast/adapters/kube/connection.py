"""Where an API server is and how to sign in to it, wherever that was read from."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct, field

from holdfast.model.errors import Blocked


class Credentials(Struct, frozen=True):
    """What opens the API at this moment: a value of the Authorization header, or a client certificate, or both."""

    authorization: str = ""
    client_certificate: bytes = b""
    client_key: bytes = b""

    def __repr__(self) -> str:
        return "Credentials(…)"


class CredentialSource(Protocol):
    async def current(self) -> Credentials:
        """Raises Blocked when they cannot be had until a person does something."""
        ...

    def forget(self) -> None:
        """The server refused them: get others at the next call, if there are others."""
        ...


class FixedCredentials:
    """Credentials that do not change."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def current(self) -> Credentials:
        return self._credentials

    def forget(self) -> None:
        pass


class Connection(Struct, frozen=True):
    """`server` is a URL without a slash at its end; `namespace` is what the context names as its own."""

    server: str
    credentials: CredentialSource = field(default_factory=lambda: FixedCredentials(Credentials()))
    ca_certificates: bytes = b""
    insecure: bool = False
    tls_server_name: str = ""
    proxy: str = ""
    namespace: str = ""
    # Impersonation headers and the like.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def shown_server(self) -> str:
        """For messages: a path, and what stands before a host, may hold what lets people in."""
        parts = urlsplit(self.server)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}/…" if parts.path.strip("/") else f"{parts.scheme}://{host}"


def tls_context(connection: Connection, credentials: Credentials) -> ssl.SSLContext:
    """Raises Blocked when a certificate or key cannot be used."""
    try:
        context = ssl.create_default_context()
        if connection.ca_certificates:
            # Only what the connection names is trusted then, not what the machine trusts besides.
            context = ssl.create_default_context(cadata=connection.ca_certificates.decode("ascii"))
        if connection.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credentials.client_certificate:
            _load_certificate(context, credentials)
    except (ssl.SSLError, ValueError) as error:
        message = (
            f"{connection.shown_server}: the certificate authority, client certificate or client key cannot be used: "
        )
        raise Blocked("CertificateInvalid", f"{message}{error}") from None
    return context


def _load_certificate(context: ssl.SSLContext, credentials: Credentials) -> None:
    """The ssl module reads certificates from files only; this one is readable by its owner and gone at once."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        file = Path(folder) / "client.pem"
        file.touch(mode=0o600)
        file.write_bytes(credentials.client_certificate + b"\n" + credentials.client_key)
        context.load_cert_chain(file)
