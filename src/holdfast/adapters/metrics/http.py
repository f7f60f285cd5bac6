"""Asks systems that measure: bounded time and size, and no credentials for a host that was not named."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.adapters.metrics.addresses import REFUSED, is_refused
from holdfast.model.web_addresses import host_in, is_web_address, origin_of
from holdfast.ports.metrics import MetricError
from holdfast.runtime import bounded_http
from holdfast.runtime.bounded_http import BoundedHttp, Guard, Reply, Unanswered, Why

MAX_ANSWER: Final = 8 * 1024**2
MAX_REDIRECTS: Final = 5
MAX_URL: Final = 16_384
LONGEST_SECONDS: Final = 120.0
_KEEP_METHOD: Final = frozenset({307, 308})
_HARMLESS: Final = frozenset({"content-type", "accept"})
_SHORTEST_SECRET: Final = 4


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
    """Asks what a metric names, wherever it lies but at addresses that are refused."""

    def __init__(self) -> None:
        self._http = BoundedHttp(at_once=64, at_once_per_host=16, guard=Guard(is_refused, REFUSED))

    async def ask(self, request: Request) -> Answer:
        """Raises MetricError; an answer of any status is given back."""
        seconds = min(request.seconds, LONGEST_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request, seconds)
        except TimeoutError as error:
            raise MetricError(f"no answer from {_host(request.url)} within {seconds:g} s") from error
        except Unanswered as error:
            raise MetricError(_told(error, _host(request.url), seconds)) from error

    async def close(self) -> None:
        await self._http.close()

    async def _follow(self, request: Request, seconds: float) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            if not is_web_address(request.url, MAX_URL):
                raise MetricError(f"the address is no http or https URL of at most {MAX_URL:,} characters")
            asked = bounded_http.Request(
                request.url, seconds, request.method, request.headers, request.body, tls=not request.insecure
            )
            async with self._http.asked(asked) as reply:
                target = reply.leads_to
                if target is None:
                    return _answer(reply.status, await _bounded(reply, request), request)
            request = _redirected(request, reply.status, target)
        raise MetricError(f"{_host(request.url)} redirects more than {MAX_REDIRECTS} times")


def _told(error: Unanswered, host: str, seconds: float) -> str:
    match error.why:
        case Why.REFUSED:
            return f"{error.host} is a link-local address, which no metric may ask"
        case Why.LATE:
            return f"no answer from {host} within {seconds:g} s"
        case Why.UNTRUSTED:
            return f"the certificate of {host} is not trusted; `insecure: true` takes any"
        case Why.HANDSHAKE | Why.UNCONNECTED:
            return f"{host} cannot be reached ({error.said or 'no connection'})"
        case Why.BROKEN:
            return f"{host} cannot be asked ({error.kind})"


def _answer(status: int, body: bytes, request: Request) -> Answer:
    """What is said of a refusal is told to people, and may repeat what it was asked with."""
    if not 200 <= status < 300:
        for name, value in request.headers:
            for part in value.split() if name.lower() not in _HARMLESS else ():
                body = body.replace(part.encode(), b"*****") if len(part) >= _SHORTEST_SECRET else body
    return Answer(status, body)


async def _bounded(reply: Reply, request: Request) -> bytes:
    found = await reply.read(MAX_ANSWER)
    if found is None:
        raise MetricError(f"{_host(request.url)} sends more than the {MAX_ANSWER:,} bytes allowed")
    return found


def _redirected(request: Request, status: int, target: str) -> Request:
    if origin_of(target) != origin_of(request.url) and not _is_secured(request.url, target):
        raise MetricError(
            f"{_host(request.url)} redirects to {host_in(target) or 'no host'}, which is not asked: name it as the address"
        )
    if status in _KEEP_METHOD:
        return msgspec.structs.replace(request, url=target)
    return msgspec.structs.replace(request, url=target, method="GET", body=None)


def _is_secured(url: str, target: str) -> bool:
    """The same host, by https where it was http."""
    before, after = origin_of(url), origin_of(target)
    return before[0] == "http" and after[0] == "https" and before[1] == after[1] and (before[2], after[2]) == (80, 443)


def _host(url: str) -> str:
    return host_in(url) or "the address"


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
