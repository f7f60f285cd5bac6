"""Tries a message once, whatever kind it is, and tells whether it has arrived."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from holdfast.adapters.notify import smtp
from holdfast.adapters.notify.http import SECONDS, Answer, Http
from holdfast.engine.notify.services.asked import checked_headers
from holdfast.model.notification import Accepted, HttpMessage, HttpRequest, Mail, Message, SignIn, Thread
from holdfast.ports.notifications import Undelivered

MOST_THREADS: Final = 10_000
MOST_SAID: Final = 200
_PASSING: Final = frozenset({408, 425, 429})


class _Begun(Struct, frozen=True):
    """The first message of a thread, as its service names it."""

    channel: str
    at: str


class ServiceNotifier:
    """A Notifier. Threads of chats are remembered while it lives."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._http = Http(seconds)
        self._threads: OrderedDict[tuple[str, str, str], _Begun] = OrderedDict()

    async def send(self, message: Message, *, guarded: bool) -> None:
        match message:
            case Mail():
                await smtp.send(message, guarded=guarded)
            case HttpMessage():
                await self._send(message, guarded)

    async def close(self) -> None:
        await self._http.close()

    async def _send(self, message: HttpMessage, guarded: bool) -> None:
        headers = await self._signed_in(message.sign_in, guarded) if message.sign_in is not None else ()
        if message.thread is not None:
            await self._send_in_thread(message, message.thread, guarded)
            return
        failures = []
        for request in message.requests:
            try:
                answer = await self._http.ask(_with_headers(request, headers), guarded=guarded)
                _check(answer, message.accepted)
            except Undelivered as error:
                failures.append(error)
        if len(failures) == len(message.requests):
            may_pass = any(failure.may_pass for failure in failures)
            raise Undelivered("; ".join(failure.message for failure in failures), may_pass=may_pass)

    async def _signed_in(self, sign_in: SignIn, guarded: bool) -> tuple[tuple[str, str], ...]:
        answer = await self._http.ask(sign_in.request, guarded=guarded)
        _check(answer, Accepted.BY_STATUS)
        found = _decoded(answer)
        try:
            return checked_headers(tuple((name, _text_at(found, path)) for name, path in sign_in.headers))
        except ValueError as error:
            raise Undelivered(f"{answer.host} does not answer as a sign-in does", may_pass=False) from error

    async def _send_in_thread(self, message: HttpMessage, thread: Thread, guarded: bool) -> None:
        """The first message begins the thread; later ones are posted into it, and change the first where that is asked."""
        (request,) = message.requests
        place = (request.url, thread.channel, thread.key)
        begun = self._threads.get(place)
        if begun is None:
            answer = await self._http.ask(_with_fields(request, reply_broadcast=None), guarded=guarded)
            found = _check(answer, message.accepted)
            self._remember(place, _Begun(str(found.get("channel") or thread.channel), str(found.get("ts") or "")))
            return
        if thread.update:
            changed = _with_fields(request, channel=begun.channel, ts=begun.at, reply_broadcast=None)
            _check(await self._http.ask(structs.replace(changed, url=thread.update), guarded=guarded), message.accepted)
        if thread.posts:
            reply = _with_fields(request, channel=begun.channel, thread_ts=begun.at)
            _check(await self._http.ask(reply, guarded=guarded), message.accepted)

    def _remember(self, place: tuple[str, str, str], begun: _Begun) -> None:
        if begun.at:
            self._threads[place] = begun
        while len(self._threads) > MOST_THREADS:
            self._threads.popitem(last=False)


def _with_headers(request: HttpRequest, headers: tuple[tuple[str, str], ...]) -> HttpRequest:
    return structs.replace(request, headers=(*request.headers, *headers)) if headers else request


def _with_fields(request: HttpRequest, **fields: str | None) -> HttpRequest:
    """None takes a field away."""
    body = {**msgspec.json.decode(request.body), **fields}
    return structs.replace(
        request, body=msgspec.json.encode({key: value for key, value in body.items() if value is not None})
    )


def _check(answer: Answer, accepted: Accepted) -> dict[str, Any]:
    """The answer where it is a JSON object. Raises Undelivered."""
    said = answer.body[:MOST_SAID].decode("utf-8", "replace").strip()
    if not 200 <= answer.status < 300:
        may_pass = answer.status >= 500 or answer.status in _PASSING
        redirects = ", a redirect, which is not followed: name the new address" if 300 <= answer.status < 400 else ""
        raise Undelivered(f"{answer.host} answers {answer.status}{redirects}{said and f': {said}'}", may_pass=may_pass)
    match accepted:
        case Accepted.BY_STATUS:
            return {}
        case Accepted.BY_ONE:
            if said != "1":
                raise Undelivered(f"{answer.host} does not take it: {said}", may_pass=False)
            return {}
        case Accepted.BY_OK:
            found = _decoded(answer)
            if found.get("ok") is not True:
                why = str(found.get("error") or found.get("description") or "no reason given")[:MOST_SAID]
                raise Undelivered(f"{answer.host} does not take it: {why}", may_pass=why in ("ratelimited",))
            return found


def _decoded(answer: Answer) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Undelivered(f"{answer.host} answers with no JSON", may_pass=True) from error


def _text_at(found: Any, path: tuple[str, ...]) -> str:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError(".".join(path))
    return found
