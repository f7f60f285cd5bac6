"""Microsoft Teams: incoming webhooks with message cards, and workflows with adaptive cards.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/teams/ and teams-workflows/
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from holdfast.engine.notify.services.asked import Asked, converted, named, posted, structured, without_empty
from holdfast.model.notification import Accepted, HttpMessage


class Options(Struct, frozen=True, rename="camel"):
    recipient_urls: dict[str, str]


class Text(Struct, frozen=True, rename="camel"):
    """`template` is the whole message as JSON; without it the other fields make one."""

    template: str = ""
    title: str = ""
    summary: str = ""
    text: str = ""
    theme_color: str = ""
    facts: Any = None
    sections: Any = None
    potential_action: Any = None
    adaptive_card: Any = None


def webhook(asked: Asked) -> HttpMessage:
    """An incoming webhook answers 200 with an error in the text, or with 1."""
    text, url = _asked(asked)
    body = structured(text.template, "teams.template") if text.template else _message_card(text, asked.message)
    return HttpMessage((posted(url, body),), accepted=Accepted.BY_ONE)


def workflow(asked: Asked) -> HttpMessage:
    text, url = _asked(asked)
    if text.template:
        return HttpMessage((posted(url, structured(text.template, "teams-workflows.template")),))
    card = structured(text.adaptive_card, "teams-workflows.adaptiveCard") or _adaptive_card(text, asked.message)
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return HttpMessage((posted(url, {"type": "message", "attachments": [attachment]}),))


def _asked(asked: Asked) -> tuple[Text, str]:
    options = converted(asked.options, Options)
    return converted(asked.text, Text), named(options.recipient_urls, asked.recipient, "recipientUrls")


def _message_card(text: Text, message: str) -> dict[str, Any]:
    sections = list(structured(text.sections, "teams.sections") or [])
    facts = structured(text.facts, "teams.facts")
    if facts:
        sections.append({"facts": facts})
    return without_empty(
        {
            "@type": "MessageCard",
            "@context": "https://schema.org/extensions",
            "themeColor": text.theme_color,
            "title": text.title,
            "summary": text.summary,
            "text": text.text or message,
            "sections": sections,
            "potentialAction": structured(text.potential_action, "teams.potentialAction"),
        }
    )


def _adaptive_card(text: Text, message: str) -> dict[str, Any]:
    body: list[dict[str, Any]] = []
    if text.title:
        body.append({"type": "TextBlock", "text": text.title, "size": "Large", "weight": "Bolder", "wrap": True})
    body.append({"type": "TextBlock", "text": text.text or message, "wrap": True})
    facts = structured(text.facts, "teams-workflows.facts")
    if facts:
        pairs = msgspec.convert(
            [{"title": one.get("name"), "value": one.get("value")} for one in facts], list[dict[str, Any]]
        )
        body.append({"type": "FactSet", "facts": pairs})
    schema = "http://adaptivecards.io/schemas/adaptive-card.json"
    return {"$schema": schema, "type": "AdaptiveCard", "version": "1.4", "body": body}
