"""Slack, by its API.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/slack/,
https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from holdfast.engine.notify.services.asked import Asked, bearer, converted, joined, posted, structured, without_empty
from holdfast.model.notification import Accepted, HttpMessage, Thread

POLICIES: Final = ("Post", "PostAndUpdate", "Update")


class Options(Struct, frozen=True):
    token: str
    username: str = ""
    icon: str = ""
    apiURL: str = "https://slack.com/api"  # noqa: N815 - as the settings write it
    disableUnfurl: bool = False  # noqa: N815
    insecureSkipVerify: bool = False  # noqa: N815


class Text(Struct, frozen=True, rename="camel"):
    """`grouping_key` is shared by the messages of one thread, `delivery_policy` one of POLICIES."""

    attachments: Any = None
    blocks: Any = None
    grouping_key: str = ""
    delivery_policy: str = ""
    notify_broadcast: bool = False
    username: str = ""
    icon: str = ""


def message(asked: Asked) -> HttpMessage:
    options, text = converted(asked.options, Options), converted(asked.text, Text)
    policy = text.delivery_policy or POLICIES[0]
    if policy not in POLICIES:
        raise ValueError(f"slack.deliveryPolicy {policy!r} is none of {', '.join(POLICIES)}")
    if not asked.recipient:
        raise ValueError("a recipient is needed: the name or the id of a channel")
    body = {
        "channel": asked.recipient,
        "text": asked.message,
        "attachments": structured(text.attachments, "slack.attachments"),
        "blocks": structured(text.blocks, "slack.blocks"),
        "username": text.username or options.username,
        **_icon(text.icon or options.icon),
    }
    if text.grouping_key and text.notify_broadcast:
        body["reply_broadcast"] = True
    if options.disableUnfurl:
        body |= {"unfurl_links": False, "unfurl_media": False}
    url = joined(options.apiURL, "chat.postMessage")
    request = posted(url, without_empty(body), bearer(options.token), insecure=options.insecureSkipVerify)
    thread = None
    if text.grouping_key:
        update = "" if policy == "Post" else joined(options.apiURL, "chat.update")
        thread = Thread(asked.recipient, text.grouping_key, update, posts=policy != "Update")
    return HttpMessage((request,), accepted=Accepted.BY_OK, thread=thread)


def _icon(icon: str) -> dict[str, str]:
    if not icon:
        return {}
    return {"icon_emoji" if icon.startswith(":") else "icon_url": icon}
