"""Asks Helm repositories and registries: bounded answers, and credentials for the host that they were given for."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from msgspec import Struct

from holdfast.engine.access.repository_urls import shown_url
from holdfast.engine.lang.hosts import is_inside
from holdfast.model.errors import Blocked, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.bounded import read_within

MAX_REDIRECTS: Final = 5
MAX_URL: Final = 8192
_CHUNK: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TROUBLED: Final = frozenset({408, 425, 429})


class Answer(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """`seconds` bounds one answer, and each of its redirects. `refuses` says which names and addresses a host that must
    be public may not have."""

    def __init__(
        self, seconds: float, *, redirects: int = MAX_REDIRECTS, refuses: Callable[[str], bool] = is_inside
    ) -> None:
        self._seconds = seconds
        self._redirects = redirects
        self._refuses = refuses
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def get(
        self,
        url: str,
        access: RepositoryAccess,
        *,
        home: str,
        limit: int,
        headers: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`home` is the repository's own address: `secret_headers` and the client certificate go to its origin alone.

        Raises Blocked and Transient; answers of any status below 500 are given back.
        """
        for _ in range(self._redirects + 1):
            answer = await self._once(url, access, home, limit, headers or {}, secret_headers or {})
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            target = urljoin(url, answer.headers["location"])
            if url.startswith("https://") and not target.startswith("https://"):
                raise _refused(access, f"{_host(url)} redirects from https to {shown_url(target)[:200]}")
            url = target
        raise _refused(access, f"{_host(url)} redirects more than {self._redirects} times")

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def _once(
        self,
        url: str,
        access: RepositoryAccess,
        home: str,
        limit: int,
        headers: Mapping[str, str],
        secret_headers: Mapping[str, str],
    ) -> Answer:
        _check(url, access)
        at_home = _origin(url) == _origin(home)
        must_be_public = not access.registered and (access.public_only or _host(url) != _host(home))
        if must_be_public and self._refuses(_host(url)):
            raise _refused(access, f"{_host(url)} is not a public host")
        session = self._session(must_be_public)
        options: dict[str, Any] = {"ssl": tls_of(access, with_identity=at_home)}
        if proxy := access.proxy_for(_host(url)):
            options["proxy"] = proxy
        passed = access.pass_credentials and (url.startswith("https:") or home.startswith("http:"))
        sent = {**headers, **secret_headers} if at_home or passed else dict(headers)
        try:
            async with session.get(url, headers=sent, allow_redirects=False, **options) as response:
                if response.status >= 500 or response.status in _TROUBLED:
                    raise Transient(
                        "RepositoryUnreachable", f"{_shown(access)}: {_host(url)} answers {response.status}"
                    )
                body = await _bounded(response, access, limit)
                return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, body)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            raise _untrusted(access, url, error) from error
        except TimeoutError as error:
            message = f"{_shown(access)}: no answer from {_host(url)} within {self._seconds:g} s"
            raise Transient("RepositoryTimeout", message) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            message = f"{_shown(access)}: {_host(url)} cannot be reached ({type(error).__name__})"
            raise Transient("RepositoryUnreachable", message) from error

    def _session(self, must_be_public: bool) -> aiohttp.ClientSession:
        """Made when first needed, since it belongs to the running loop."""
        session = self._sessions.get(must_be_public)
        if session is None or session.closed:
            resolver = PublicResolver(self._refuses) if must_be_public else ThreadedResolver()
            session = self._sessions[must_be_public] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=8),
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "holdfast"},
                trust_env=True,
            )
        return session


class PublicResolver(AbstractResolver):
    """Knows no address inside this network, so that a name cannot lead where its number would not be let."""

    def __init__(self, refuses: Callable[[str], bool] = is_inside) -> None:
        self._inner = ThreadedResolver()
        self._refuses = refuses

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = [one for one in await self._inner.resolve(host, port, family) if not self._refuses(one["host"])]
        if not found:
            raise OSError(None, f"{host} is not a public host")
        return found

    async def close(self) -> None:
        await self._inner.close()


def tls_of(access: RepositoryAccess, *, with_identity: bool) -> ssl.SSLContext | bool:
    if access.insecure and not (with_identity and access.tls_client_cert):
        return False
    identity = (access.tls_client_cert, access.tls_client_key) if with_identity else ("", "")
    try:
        return _context(access.ca_certificates, *identity, access.insecure)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise Blocked(
            "SecretInvalid",
            f"{_shown(access)}: its authority in argocd-tls-certs-cm, or tlsClientCertData and tlsClientCertKey of its "
            "Secret, are no certificates and key in PEM form",
        ) from error


@lru_cache(maxsize=64)
def _context(authority: str, certificate: str, key: str, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority or None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        with tempfile.TemporaryDirectory(prefix="holdfast-tls-") as folder:
            file = Path(folder) / "identity.pem"
            file.touch(mode=0o600)
            file.write_text(f"{certificate.rstrip()}\n{key.rstrip()}\n", encoding="utf-8")
            context.load_cert_chain(file)
    return context


async def _bounded(response: aiohttp.ClientResponse, access: RepositoryAccess, limit: int) -> bytes:
    found = await read_within(response.content.iter_chunked(_CHUNK), limit)
    if found is None:
        raise Blocked(
            "ChartTooLarge", f"{_shown(access)}: {response.url.host} sends more than the {limit:,} bytes allowed"
        )
    return found


def _check(url: str, access: RepositoryAccess) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or len(url) > MAX_URL:
        raise Blocked("RepositoryURLInvalid", f"{_shown(access)}: {shown_url(url)[:200]!r} is no http or https address")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _shown(access: RepositoryAccess) -> str:
    return f"repository {shown_url(access.url)}"


def _refused(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked("RepositoryURLInvalid", f"{_shown(access)}: {why}")


def _untrusted(access: RepositoryAccess, url: str, error: Exception) -> Blocked:
    certificate = getattr(error, "certificate_error", None)
    why = getattr(certificate, "verify_message", "") or getattr(error, "reason", "") or "the TLS connection failed"
    return Blocked(
        "CertificateUntrusted",
        f"{_shown(access)}: the certificate of {_host(url)} is not trusted ({why}).\n"
        f"Add its authority to the ConfigMap argocd-tls-certs-cm under the key {_host(url)}.",
    )
