"""Sends notifications by HTTP: bounded time and size, no redirects, and no word of an address beyond its host."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.adapters.notify.addresses import REFUSED, is_refused
from holdfast.model.notification import HttpRequest
from holdfast.model.web_addresses import host_in
from holdfast.ports.notifications import Undelivered
from holdfast.runtime.bounded_http import BoundedHttp, Guard, Request, Unanswered, Why

SECONDS: Final = 10.0
MOST_SENT: Final = 1024**2
MOST_ANSWERED: Final = 256 * 1024
_AT_ONCE: Final = 32
_AT_ONCE_PER_HOST: Final = 8


class Answer(Struct, frozen=True):
    """`host` is who gave it."""

    host: str
    status: int
    body: bytes


class Http:
    """What namespaces have set up goes past proxies: one would resolve names itself."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open = BoundedHttp(at_once=_AT_ONCE, at_once_per_host=_AT_ONCE_PER_HOST)
        self._guarded = BoundedHttp(
            at_once=_AT_ONCE,
            at_once_per_host=_AT_ONCE_PER_HOST,
            guard=Guard(is_refused, f"it {REFUSED}"),
            through_proxies=False,
        )

    async def ask(self, request: HttpRequest, *, guarded: bool) -> Answer:
        """An answer of any status is given back; one that is too large without its body. Raises Undelivered."""
        if len(request.body) > MOST_SENT:
            raise Undelivered(f"the message has {len(request.body):,} bytes, {MOST_SENT:,} are allowed", may_pass=False)
        asked = Request(
            request.url,
            self._seconds,
            request.method,
            tuple(request.headers),
            request.body or None,
            tls=not request.insecure,
        )
        try:
            async with (self._guarded if guarded else self._open).asked(asked) as reply:
                return Answer(host_in(request.url), reply.status, await reply.read(MOST_ANSWERED) or b"")
        except Unanswered as error:
            raise self._undelivered(error) from error

    async def close(self) -> None:
        await self._open.close()
        await self._guarded.close()

    def _undelivered(self, error: Unanswered) -> Undelivered:
        host = error.host
        match error.why:
            case Why.REFUSED:
                return Undelivered(f"{host} {REFUSED}", may_pass=False)
            case Why.LATE:
                return Undelivered(f"no answer from {host} within {self._seconds:g} s", may_pass=True)
            case Why.UNTRUSTED:
                message = f"the certificate of {host} is not trusted; `insecureSkipVerify: true` takes any"
                return Undelivered(message, may_pass=False)
            case Why.HANDSHAKE | Why.UNCONNECTED:
                why = error.said or "no connection"
                return Undelivered(f"{host} cannot be reached ({why})", may_pass=REFUSED not in why)
            case Why.BROKEN:
                return Undelivered(f"{host} cannot be told ({error.kind})", may_pass=True)
