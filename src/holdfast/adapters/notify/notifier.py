"""Tries a message once, whatever kind it is, and tells whether it has arrived."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, structs

from holdfast.adapters.notify import github, nats, smtp, sqs
from holdfast.adapters.notify.answers import check, decoded
from holdfast.adapters.notify.http import SECONDS, Http
from holdfast.engine.notify.services.asked import checked_headers
from holdfast.model.notification import (
    Accepted,
    Assertion,
    CommitNews,
    HttpMessage,
    HttpRequest,
    Mail,
    Message,
    QueueMessage,
    SignIn,
    SubjectMessage,
    Thread,
)
from holdfast.ports.notifications import Undelivered
from holdfast.runtime import json_web_tokens
from holdfast.runtime.aws.identity import AwsPlace

MOST_THREADS: Final = 10_000
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class _Begun(Struct, frozen=True):
    """The first message of a thread, as its service names it."""

    channel: str
    at: str


class ServiceNotifier:
    """A Notifier. Threads of chats are remembered while it lives. `aws` is who the controller itself is there."""

    def __init__(self, *, seconds: float = SECONDS, aws: AwsPlace | None = None) -> None:
        self._http = Http(seconds)
        self._aws = aws or AwsPlace()
        self._threads: OrderedDict[tuple[str, str, str], _Begun] = OrderedDict()

    async def send(self, message: Message, *, guarded: bool) -> None:
        match message:
            case Mail():
                await smtp.send(message, guarded=guarded)
            case HttpMessage():
                await self._send(message, guarded)
            case QueueMessage():
                await sqs.send(self._http, message, self._aws, guarded=guarded)
            case SubjectMessage():
                await nats.send(message, guarded=guarded)
            case CommitNews():
                await github.send(self._http, message, guarded=guarded)

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
                check(answer, message.accepted)
            except Undelivered as error:
                failures.append(error)
        if len(failures) == len(message.requests):
            may_pass = any(failure.may_pass for failure in failures)
            raise Undelivered("; ".join(failure.message for failure in failures), may_pass=may_pass)

    async def _signed_in(self, sign_in: SignIn, guarded: bool) -> tuple[tuple[str, str], ...]:
        request = sign_in.request
        if sign_in.assertion is not None:
            request = structs.replace(request, body=_form_of(sign_in.assertion))
        answer = await self._http.ask(request, guarded=guarded)
        check(answer, Accepted.BY_STATUS)
        found = decoded(answer)
        try:
            return checked_headers(
                tuple((name, f"{sign_in.prefix}{_text_at(found, path)}") for name, path in sign_in.headers)
            )
        except ValueError as error:
            raise Undelivered(f"{answer.host} does not answer as a sign-in does", may_pass=False) from error

    async def _send_in_thread(self, message: HttpMessage, thread: Thread, guarded: bool) -> None:
        """The first message begins the thread; later ones are posted into it, and change the first where that is asked."""
        (request,) = message.requests
        place = (request.url, thread.channel, thread.key)
        begun = self._threads.get(place)
        if begun is None:
            answer = await self._http.ask(_with_fields(request, reply_broadcast=None), guarded=guarded)
            found = check(answer, message.accepted)
            self._remember(place, _Begun(str(found.get("channel") or thread.channel), str(found.get("ts") or "")))
            return
        if thread.update:
            changed = _with_fields(request, channel=begun.channel, ts=begun.at, reply_broadcast=None)
            check(await self._http.ask(structs.replace(changed, url=thread.update), guarded=guarded), message.accepted)
        if thread.posts:
            reply = _with_fields(request, channel=begun.channel, thread_ts=begun.at)
            check(await self._http.ask(reply, guarded=guarded), message.accepted)

    def _remember(self, place: tuple[str, str, str], begun: _Begun) -> None:
        if begun.at:
            self._threads[place] = begun
        while len(self._threads) > MOST_THREADS:
            self._threads.popitem(last=False)


def _form_of(assertion: Assertion) -> bytes:
    try:
        token = json_web_tokens.signed(assertion.claims, assertion.key)
    except ValueError as error:
        raise Undelivered(f"the private key of the settings {error}", may_pass=False) from error
    return urlencode({"grant_type": GRANT, "assertion": token}).encode()


def _with_headers(request: HttpRequest, headers: tuple[tuple[str, str], ...]) -> HttpRequest:
    return structs.replace(request, headers=(*request.headers, *headers)) if headers else request


def _with_fields(request: HttpRequest, **fields: str | None) -> HttpRequest:
    """None takes a field away."""
    body = {**msgspec.json.decode(request.body), **fields}
    return structs.replace(
        request, body=msgspec.json.encode({key: value for key, value in body.items() if value is not None})
    )


def _text_at(found: Any, path: tuple[str, ...]) -> str:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError(".".join(path))
    return found
