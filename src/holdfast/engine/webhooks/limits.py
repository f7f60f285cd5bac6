"""Reads from argocd-cm how many webhooks are taken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from holdfast.model.webhook import WebhookLimits

AT_ONCE: Final = "holdfast.webhook.atOnce"
PER_MINUTE: Final = "holdfast.webhook.unprovenPerMinute"
PER_MINUTE_OF_ADDRESS: Final = "holdfast.webhook.unprovenPerMinuteOfAddress"
_MOST: Final = 1_000_000


def from_settings(data: Mapping[str, str]) -> WebhookLimits:
    """A value that is no number from 1 on counts as not there: a typing error must neither open nor close the door."""
    known = WebhookLimits()
    return WebhookLimits(
        at_once=_number(data, AT_ONCE, known.at_once),
        per_minute_of_address=_number(data, PER_MINUTE_OF_ADDRESS, known.per_minute_of_address),
        per_minute=_number(data, PER_MINUTE, known.per_minute),
    )


def _number(data: Mapping[str, str], key: str, default: int) -> int:
    text = data.get(key, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST))):
        return default
    return min(int(text), _MOST) or default
