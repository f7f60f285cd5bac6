"""Asks the API of a host: bounded answers in bounded time, and errors that say what to do."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from holdfast.model.errors import Blocked, HoldfastError, TooManyRequests, Transient
from holdfast.model.pull_request import HostAccess, HostedRepository, Provider
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import host_in
from holdfast.ports.clock import Clock
from holdfast.runtime.bounded_http import BoundedHttp, Reply, Request, Unanswered, Why
from holdfast.runtime.trust import trust_in

SECONDS: Final = 30.0
MAX_ANSWER: Final = 16 * 1024**2
MOST_PAGES: Final = 50
PAGE_SIZE: Final = 100
LONGEST_WAIT: Final = 3600.0
MOST_SAID: Final = 200
BITBUCKET_TOKEN_USER: Final = "x-token-auth"  # noqa: S105 - the name that stands for "this is a token"
AZURE_TOKEN_USER: Final = "holdfast"  # noqa: S105 - a name
"""A personal access token goes as a password; for whose it is not looked at."""
_TROUBLED: Final = frozenset({408, 409, 425})
_NEEDS: Final = {
    Provider.GITHUB: "pull requests: read and write, commit statuses: read and write",
    Provider.GITLAB: "scope api, with the role Developer",
    Provider.BITBUCKET: "pullrequest:write and repository:write",
    Provider.BITBUCKET_SERVER: "repository read for pull requests, and repository write for build statuses",
    Provider.GITEA: "write:issue and write:repository",
    Provider.AZURE: "Code: read, Code: status, and Pull Request Threads: read and write",
}


class Answer(Struct, frozen=True):
    """`headers` with names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Raises Transient: hosts answer with a page for people while they are being mended."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Transient("HostUnreachable", "the host answers with something that is no JSON") from error


class HostApi:
    """One repository at its host, for one job."""

    def __init__(self, http: BoundedHttp, repository: HostedRepository, access: HostAccess, clock: Clock) -> None:
        self.repository = repository
        self._http = http
        self._access = access
        self._clock = clock
        self._authorization = authorization(repository.provider, access)

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        return await self.send("GET", path, query=query)

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str | int] | None = None,
        passes: frozenset[int] = frozenset(),
    ) -> Answer:
        """Answers of 2xx, and of the statuses in `passes`. Redirects are not followed: the token would go along."""
        access = self._access.repository
        headers = {"Accept": "application/json", "Authorization": self._authorization}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(
            f"{self.repository.api}/{path}" + (f"?{urlencode(query)}" if query else ""),
            SECONDS,
            method,
            tuple(headers.items()),
            None if body is None else msgspec.json.encode(body),
            tls=_trust(access),
            proxy=access.proxy_for(self.host),
        )
        try:
            async with self._http.asked(request) as reply:
                found = Answer(reply.status, reply.headers, await self._bounded(reply))
        except Unanswered as error:
            raise self._told(error) from error
        if not self._leads_to_sign_in(found.status) and (200 <= found.status < 300 or found.status in passes):
            return found
        raise self._failure(found, method, path)

    @property
    def host(self) -> str:
        return host_in(self.repository.api)

    def _told(self, error: Unanswered) -> HoldfastError:
        match error.why:
            case Why.LATE:
                return Transient("HostUnreachable", f"no answer from {self.host} within {SECONDS:g} s")
            case Why.UNTRUSTED | Why.HANDSHAKE:
                message = f"the certificate of {self.host} is not trusted: add its authority to argocd-tls-certs-cm"
                return Blocked("HostRefused", message)
            case Why.UNCONNECTED | Why.BROKEN | Why.REFUSED:
                return Transient("HostUnreachable", f"{self.host} cannot be reached ({error.kind})")

    def _leads_to_sign_in(self, status: int) -> bool:
        """Azure DevOps answers a token that it does not accept with the page where people sign in."""
        return self.repository.provider is Provider.AZURE and status in (203, 302)

    async def _bounded(self, reply: Reply) -> bytes:
        found = await reply.read(MAX_ANSWER)
        if found is None:
            raise Blocked("HostRefused", f"{self.host} sends more than the {MAX_ANSWER:,} bytes allowed")
        return found

    def _failure(self, answer: Answer, method: str, path: str) -> HoldfastError:
        """Said of 403: GitHub limits its rate with it as well."""
        place, status = f"{self.host}, repository {self.repository.path}", answer.status
        wait = self._asked_to_wait(answer)
        if status == 429 or (status == 403 and wait is not None):
            details = {"retryAfterSeconds": wait} if wait is not None else {}
            return TooManyRequests(f"{place}: asked too often", details=details)
        if status >= 500 or status in _TROUBLED:
            return Transient("HostUnreachable", f"{place}: answers {status}")
        needs = _NEEDS[self.repository.provider]
        if status == 401 or self._leads_to_sign_in(status):
            return Blocked(
                "HostAuthenticationFailed", f"{place}: the token is not accepted; give a valid one (it needs {needs})"
            )
        if status == 403:
            return Blocked("HostForbidden", f"{place}: the token may not {method} {path}; it needs {needs}")
        if status == 404:
            return Blocked(
                "HostNotFound", f"{place}: {path} is not there, or hidden from the token (which needs {needs})"
            )
        return Blocked("HostRefused", f"{place}: {method} {path} is answered with {status}{self._said(answer)}")

    def _asked_to_wait(self, answer: Answer) -> float | None:
        headers = answer.headers
        after = _seconds(headers.get("retry-after", ""))
        if after is None and headers.get("x-ratelimit-remaining") == "0":
            reset = _seconds(headers.get("x-ratelimit-reset", ""))
            after = reset - self._clock.now().timestamp() if reset is not None else 60.0
        return None if after is None else min(max(after, 1.0), LONGEST_WAIT)

    def _said(self, answer: Answer) -> str:
        said = answer.body.decode("utf-8", "replace")
        for secret in (self._access.token, self._access.repository.password, self._access.repository.bearer_token):
            said = said.replace(secret, "*****") if secret else said
        shown = "".join(sign if sign.isprintable() else " " for sign in said[:MOST_SAID]).strip()
        return f": {shown}" if shown else ""


def authorization(provider: Provider, access: HostAccess) -> str:
    """Raises Blocked where there is no token."""
    repository = access.repository
    if access.token:
        username, token = access.username, access.token
        if provider is Provider.AZURE and not username:
            username = AZURE_TOKEN_USER
    elif repository.bearer_token:
        username, token = "", repository.bearer_token
    else:
        username, token = _of_password(provider, repository)
    if not token:
        raise Blocked(
            "HostAuthenticationFailed",
            "there is no token for the API of the host: put one into holdfastPreviewToken of the Secret of the "
            "repository or of its credential template",
        )
    if username:
        return "Basic " + base64.b64encode(f"{username}:{token}".encode()).decode()
    return f"token {token}" if provider is Provider.GITEA else f"Bearer {token}"


def _of_password(provider: Provider, access: RepositoryAccess) -> tuple[str, str]:
    """At most hosts the password for git is a token; at Bitbucket it may be that of an account."""
    if provider is Provider.AZURE:
        return access.username or AZURE_TOKEN_USER, access.password
    if provider not in (Provider.BITBUCKET, Provider.BITBUCKET_SERVER) or access.username == BITBUCKET_TOKEN_USER:
        return "", access.password
    return access.username, access.password


def quoted(path: str) -> str:
    """Each part of a place as it may stand in an address."""
    return "/".join(quote(part, safe="~") for part in path.split("/"))


def _seconds(text: str) -> float | None:
    try:
        return float(text) if text.isascii() and text.strip().isdigit() else None
    except ValueError:
        return None


def _trust(access: RepositoryAccess) -> ssl.SSLContext | bool:
    try:
        return trust_in(access.ca_certificates, access.insecure)
    except (ssl.SSLError, ValueError) as error:
        raise Blocked("SecretInvalid", "the authority of the host in argocd-tls-certs-cm is no PEM") from error
