"""NATS: the recipient is the subject.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/nats/ and
https://docs.nats.io/nats-concepts/subjects
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from holdfast.engine.notify.services.asked import Asked, checked_headers, converted
from holdfast.model.notification import NatsServer, SubjectMessage

PORT: Final = 4222
MOST_SERVERS: Final = 5
_SUBJECT: Final = re.compile(r"[^\s.*>\x00-\x1f\x7f]+(?:\.[^\s.*>\x00-\x1f\x7f]+)*")
LONGEST_SUBJECT: Final = 255


class Options(Struct, frozen=True):
    """`nkey` is the seed itself."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    user: str = ""
    password: str = ""
    token: str = ""
    nkey: str = ""


def message(asked: Asked) -> SubjectMessage:
    options = converted(asked.options, Options)
    if not _SUBJECT.fullmatch(asked.recipient) or len(asked.recipient) > LONGEST_SUBJECT:
        raise ValueError("the recipient is no subject that can be published to, such as releases.web")
    if options.password and not options.user:
        raise ValueError("user and password belong together")
    if sum(map(bool, (options.user, options.token, options.nkey))) > 1:
        raise ValueError("user, token and nkey are three ways to say who asks: one is enough")
    return SubjectMessage(
        servers=_servers(options.url),
        subject=asked.recipient,
        payload=asked.message.encode(),
        headers=checked_headers(tuple(options.headers.items())),
        user=options.user,
        password=options.password,
        token=options.token,
        nkey=options.nkey,
    )


def _servers(urls: str) -> tuple[NatsServer, ...]:
    """Raises ValueError, without the URL: it may hold a secret."""
    found = tuple(_server(url.strip()) for url in urls.split(","))
    if len(found) > MOST_SERVERS:
        raise ValueError(f"url names more than {MOST_SERVERS} servers")
    return found


def _server(url: str) -> NatsServer:
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:
        host, port = "", 0
    if not host or not host.isprintable() or parts.scheme not in ("nats", "tls") or parts.path.strip("/"):
        raise ValueError("url is no address of NATS, such as nats://nats.example.com:4222 or tls://nats.example.com")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return NatsServer(host, port, is_secured=parts.scheme == "tls", user=user, password=password)
