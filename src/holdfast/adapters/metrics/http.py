"""Asks systems that measure: bounded time and size, and no credentials for a host that was not named."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from holdfast.adapters.metrics.addresses import REFUSED, is_refused
from holdfast.ports.metrics import MetricError
from holdfast.runtime.addresses import GuardedResolver
from holdfast.runtime.bounded import read_within

MAX_ANSWER: Final = 8 * 1024**2
MAX_REDIRECTS: Final = 5
MAX_URL: Final = 16_384
LONGEST_SECONDS: Final = 120.0
_CHUNK: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD: Final = frozenset({307, 308})
_HARMLESS: Final = frozenset({"content-type", "accept"})
_SHORTEST_SECRET: Final = 4
_PORTS: Final = {"https": 443, "http": 80}


class Request(Struct, frozen=True):
    """`seconds` bounds the answer with its redirects."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    seconds: float = 30.0
    insecure: bool = False


class Answer(Struct, frozen=True):
    status: int
    body: bytes


class Http:
    """One session for each loop, made when it is first needed."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request) -> Answer:
        """Raises MetricError; an answer of any status is given back."""
        host = _host(request.url)
        timeout = aiohttp.ClientTimeout(total=min(request.seconds, LONGEST_SECONDS))
        try:
            return await self._follow(request, timeout)
        except TimeoutError as error:
            raise MetricError(f"no answer from {host} within {timeout.total:g} s") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise MetricError(f"the certificate of {host} is not trusted; `insecure: true` takes any") from error
        except aiohttp.ClientConnectorError as error:
            raise MetricError(f"{host} cannot be reached ({error.os_error.strerror or 'no connection'})") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise MetricError(f"{host} cannot be asked ({type(error).__name__})") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _follow(self, request: Request, timeout: aiohttp.ClientTimeout) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            _check(request.url)
            options: dict[str, Any] = {"ssl": False} if request.insecure else {}
            async with self._opened().request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                timeout=timeout,
                **options,
            ) as response:
                if response.status not in _REDIRECTS or "location" not in response.headers:
                    return _answer(response.status, await _bounded(response), request)
                request = _redirected(request, response.status, response.headers["location"])
        raise MetricError(f"{_host(request.url)} redirects more than {MAX_REDIRECTS} times")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=GuardedResolver(is_refused, REFUSED), limit=64, limit_per_host=16
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "holdfast"},
                trust_env=True,
            )
        return self._session


def _answer(status: int, body: bytes, request: Request) -> Answer:
    """What is said of a refusal is told to people, and may repeat what it was asked with."""
    if not 200 <= status < 300:
        for name, value in request.headers:
            for part in value.split() if name.lower() not in _HARMLESS else ():
                body = body.replace(part.encode(), b"*****") if len(part) >= _SHORTEST_SECRET else body
    return Answer(status, body)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    found = await read_within(response.content.iter_chunked(_CHUNK), MAX_ANSWER)
    if found is None:
        raise MetricError(f"{response.url.host} sends more than the {MAX_ANSWER:,} bytes allowed")
    return found


def _redirected(request: Request, status: int, location: str) -> Request:
    target = urljoin(request.url, location)
    if _place(target) != _place(request.url) and not _is_secured(request.url, target):
        raise MetricError(
            f"{_host(request.url)} redirects to {_host(target) or 'no host'}, which is not asked: name it as the address"
        )
    if status in _KEEP_METHOD:
        return msgspec.structs.replace(request, url=target)
    return msgspec.structs.replace(request, url=target, method="GET", body=None)


def _is_secured(url: str, target: str) -> bool:
    """The same host, by https where it was http."""
    before, after = _place(url), _place(target)
    return before[0] == "http" and after[0] == "https" and before[1] == after[1] and (before[2], after[2]) == (80, 443)


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or len(url) > MAX_URL:
        raise MetricError(f"the address is no http or https URL of at most {MAX_URL:,} characters")
    if is_refused(parts.hostname):
        raise MetricError(f"{parts.hostname} is a link-local address, which no metric may ask")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"


def checked(answer: Answer, asked: str) -> bytes:
    """The body of an answer that is 2xx. Raises MetricError with the start of what was said."""
    if 200 <= answer.status < 300:
        return answer.body
    said = answer.body[:300].decode("utf-8", "replace").strip()
    raise MetricError(f"{asked} answers {answer.status}" + (f": {said}" if said else ""))


def decoded(body: bytes, asked: str) -> Any:
    """Raises MetricError for what is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MetricError(f"{asked}: the answer is no JSON") from error
