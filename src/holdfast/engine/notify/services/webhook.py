"""Any HTTP service.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.engine.notify.services.asked import Asked, basic, checked_headers, checked_url, converted, joined
from holdfast.model.notification import ATTEMPTS, HttpMessage, HttpRequest

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
MOST_RETRIES: Final = 20


class Header(Struct, frozen=True):
    name: str
    value: str = ""


class BasicAuth(Struct, frozen=True):
    username: str = ""
    password: str = ""


class Options(Struct, frozen=True, rename="camel"):
    url: str
    headers: tuple[Header, ...] = ()
    basic_auth: BasicAuth | None = None
    insecure_skip_verify: bool = False
    retry_max: int = ATTEMPTS - 1


class Text(Struct, frozen=True):
    """`method` is GET where a template has nothing for the webhook, as in Argo CD."""

    method: str = "GET"
    path: str = ""
    body: str = ""


def message(asked: Asked) -> HttpMessage:
    options, text = converted(asked.options, Options), converted(asked.text, Text)
    method = text.method.strip().upper() or "GET"
    if method not in METHODS:
        raise ValueError(f"method {text.method!r} is none of {', '.join(METHODS)}")
    headers = tuple((one.name, one.value) for one in options.headers)
    if options.basic_auth is not None:
        headers = (*headers, basic(options.basic_auth.username, options.basic_auth.password))
    request = HttpRequest(
        url=checked_url(joined(options.url, text.path.strip())),
        method=method,
        headers=checked_headers(headers),
        body=(text.body or asked.message).encode(),
        insecure=options.insecure_skip_verify,
    )
    return HttpMessage((request,), attempts=1 + max(0, min(options.retry_max, MOST_RETRIES)))
