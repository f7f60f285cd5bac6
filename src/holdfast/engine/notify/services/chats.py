"""Chats whose requests are plain: Mattermost, Rocket.Chat, Telegram, Google Chat, Webex, Pushover.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/overview/ and its pages
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from holdfast.engine.notify.services.asked import (
    Asked,
    bearer,
    converted,
    joined,
    named,
    posted,
    structured,
    with_scheme,
    without_empty,
)
from holdfast.model.notification import Accepted, HttpMessage, SignIn


class Mattermost(Struct, frozen=True):
    token: str
    api_url: str
    insecure_skip_verify: bool = False


class Attached(Struct, frozen=True):
    attachments: Any = None


def mattermost(asked: Asked) -> HttpMessage:
    options = converted(_cased(asked, apiURL="api_url", insecureSkipVerify="insecure_skip_verify"), Mattermost)
    attachments = structured(converted(asked.text, Attached).attachments, "attachments")
    props = {"props": {"attachments": attachments}} if attachments else {}
    body = {"channel_id": asked.recipient, "message": asked.message, **props}
    url = joined(options.api_url, "api/v4/posts")
    return HttpMessage((posted(url, body, bearer(options.token), insecure=options.insecure_skip_verify),))


class RocketChat(Struct, frozen=True, rename="camel"):
    email: str
    password: str
    server_url: str
    alias: str = ""
    icon: str = ""
    avatar: str = ""


def rocket_chat(asked: Asked) -> HttpMessage:
    """Signs in by password first, since the token of a session ends."""
    options = converted(asked.options, RocketChat)
    attachments = structured(converted(asked.text, Attached).attachments, "attachments")
    server = with_scheme(options.server_url)
    body = {"channel": asked.recipient, "text": asked.message, "attachments": attachments}
    look = {"alias": options.alias, "emoji": options.icon, "avatar": options.avatar}
    sign_in = posted(joined(server, "api/v1/login"), {"user": options.email, "password": options.password})
    headers = (("X-Auth-Token", ("data", "authToken")), ("X-User-Id", ("data", "userId")))
    request = posted(joined(server, "api/v1/chat.postMessage"), without_empty({**body, **look}))
    return HttpMessage((request,), sign_in=SignIn(sign_in, headers))


class Telegram(Struct, frozen=True, rename={"api_url": "apiURL"}):
    token: str
    api_url: str = "https://api.telegram.org"


def telegram(asked: Asked) -> HttpMessage:
    """The recipient is `-100123`, `-100123|thread`, or the name of a public channel."""
    options = converted(asked.options, Telegram)
    chat, _, thread = asked.recipient.partition("|")
    body: dict[str, Any] = {"chat_id": chat if chat.startswith(("-", "@")) else f"@{chat}"}
    if thread:
        if not thread.isdecimal():
            raise ValueError(f"the thread {thread!r} of the recipient is no number")
        body["message_thread_id"] = int(thread)
    url = joined(options.api_url, f"bot{quote(options.token, safe=':')}/sendMessage")
    body |= {"text": asked.message, "parse_mode": "Markdown"}
    return HttpMessage((posted(url, body),), accepted=Accepted.BY_OK)


class GoogleChat(Struct, frozen=True):
    webhooks: dict[str, str]


class Cards(Struct, frozen=True, rename={"cards_v2": "cardsV2", "thread_key": "threadKey"}):
    cards_v2: Any = None
    thread_key: str = ""


def google_chat(asked: Asked) -> HttpMessage:
    options, text = converted(asked.options, GoogleChat), converted(asked.text, Cards)
    url = named(options.webhooks, asked.recipient, "webhooks")
    cards = structured(text.cards_v2, "cardsV2")
    body: dict[str, Any] = {"cardsV2": cards} if cards else {"text": asked.message}
    if text.thread_key:
        body["thread"] = {"threadKey": text.thread_key}
        url += f"{'&' if '?' in url else '?'}messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
    return HttpMessage((posted(url, body),))


class Webex(Struct, frozen=True):
    token: str
    api_url: str = "https://webexapis.com"


def webex(asked: Asked) -> HttpMessage:
    """The recipient is a mail address or a room."""
    options = converted(_cased(asked, apiURL="api_url"), Webex)
    to = {"toPersonEmail" if "@" in asked.recipient else "roomId": asked.recipient}
    url = joined(options.api_url, "v1/messages")
    return HttpMessage((posted(url, {**to, "markdown": asked.message}, bearer(options.token)),))


class Pushover(Struct, frozen=True):
    token: str


def pushover(asked: Asked) -> HttpMessage:
    body = {"token": converted(asked.options, Pushover).token, "user": asked.recipient, "message": asked.message}
    return HttpMessage((posted("https://api.pushover.net/1/messages.json", body),))


def _cased(asked: Asked, **names: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in asked.options.items()}
