"""Asks Helm repositories and registries: bounded answers, and credentials for the host that they were given for."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from holdfast.engine.access.repository_urls import shown_url
from holdfast.engine.lang.hosts import is_inside
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import host_in, is_web_address, origin_of
from holdfast.runtime.bounded_http import BoundedHttp, Guard, Reply, Request, Unanswered, Why

MAX_REDIRECTS: Final = 5
MAX_URL: Final = 8192
_AT_ONCE: Final = 8
_TROUBLED: Final = frozenset({408, 425, 429})


class Answer(Struct, frozen=True):
    """`leads_to` is where a redirect leads; None where it is none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    leads_to: str | None = None


class Http:
    """`seconds` bounds one answer, and each of its redirects. `refuses` says which names and addresses a host that must
    be public may not have."""

    def __init__(
        self, seconds: float, *, redirects: int = MAX_REDIRECTS, refuses: Callable[[str], bool] = is_inside
    ) -> None:
        self._seconds = seconds
        self._redirects = redirects
        self._open = BoundedHttp(at_once=_AT_ONCE)
        self._public = BoundedHttp(at_once=_AT_ONCE, guard=Guard(refuses, "it is no public host"))

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
            target = answer.leads_to
            if target is None:
                return answer
            if url.startswith("https://") and not target.startswith("https://"):
                raise _refused(access, f"{host_in(url)} redirects from https to {shown_url(target)[:200]}")
            url = target
        raise _refused(access, f"{host_in(url)} redirects more than {self._redirects} times")

    async def close(self) -> None:
        await self._open.close()
        await self._public.close()

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
        at_home = origin_of(url) == origin_of(home)
        must_be_public = not access.registered and (access.public_only or host_in(url) != host_in(home))
        passed = access.pass_credentials and (url.startswith("https:") or home.startswith("http:"))
        sent = {**headers, **secret_headers} if at_home or passed else headers
        request = Request(
            url,
            self._seconds,
            headers=tuple(sent.items()),
            tls=tls_of(access, with_identity=at_home),
            proxy=access.proxy_for(host_in(url)),
        )
        try:
            async with (self._public if must_be_public else self._open).asked(request) as reply:
                if reply.status >= 500 or reply.status in _TROUBLED:
                    raise Transient("RepositoryUnreachable", f"{_shown(access)}: {host_in(url)} answers {reply.status}")
                return Answer(reply.status, reply.headers, await _bounded(reply, access, url, limit), reply.leads_to)
        except Unanswered as error:
            raise self._told(error, access) from error

    def _told(self, error: Unanswered, access: RepositoryAccess) -> HoldfastError:
        match error.why:
            case Why.REFUSED:
                return _refused(access, f"{error.host} is not a public host")
            case Why.UNTRUSTED | Why.HANDSHAKE:
                return _untrusted(access, error)
            case Why.LATE:
                message = f"{_shown(access)}: no answer from {error.host} within {self._seconds:g} s"
                return Transient("RepositoryTimeout", message)
            case Why.UNCONNECTED | Why.BROKEN:
                message = f"{_shown(access)}: {error.host} cannot be reached ({error.kind})"
                return Transient("RepositoryUnreachable", message)


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


async def _bounded(reply: Reply, access: RepositoryAccess, url: str, limit: int) -> bytes:
    found = await reply.read(limit)
    if found is None:
        raise Blocked("ChartTooLarge", f"{_shown(access)}: {host_in(url)} sends more than the {limit:,} bytes allowed")
    return found


def _check(url: str, access: RepositoryAccess) -> None:
    if not is_web_address(url, MAX_URL):
        raise Blocked("RepositoryURLInvalid", f"{_shown(access)}: {shown_url(url)[:200]!r} is no http or https address")


def _shown(access: RepositoryAccess) -> str:
    return f"repository {shown_url(access.url)}"


def _refused(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked("RepositoryURLInvalid", f"{_shown(access)}: {why}")


def _untrusted(access: RepositoryAccess, error: Unanswered) -> Blocked:
    why = (error.why is Why.UNTRUSTED and error.said) or "the TLS connection failed"
    return Blocked(
        "CertificateUntrusted",
        f"{_shown(access)}: the certificate of {error.host} is not trusted ({why}).\n"
        f"Add its authority to the ConfigMap argocd-tls-certs-cm under the key {error.host}.",
    )
