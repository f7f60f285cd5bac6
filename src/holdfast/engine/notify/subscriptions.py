"""Who wants to be told of an object: by its own annotations, and by the settings for all.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/subscriptions/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.kube import selectors
from holdfast.engine.lang import yaml_documents
from holdfast.engine.lang.yaml_documents import YamlInvalid
from holdfast.engine.notify.settings import Settings
from holdfast.model.notification import Destination

PREFIX: Final = "notifications.argoproj.io/subscribe."
LISTED: Final = "notifications.argoproj.io/subscriptions"
MOST: Final = 100
"""Destinations of one trigger for one object."""


class _Target(Struct, frozen=True):
    service: str = ""
    recipients: tuple[str, ...] = ()


class _Listed(Struct, frozen=True):
    trigger: tuple[str, ...] = ()
    destinations: tuple[_Target, ...] = ()


def destinations(
    settings: Settings, trigger: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> tuple[Destination, ...]:
    """Each once, in a fixed order."""
    found = dict.fromkeys(
        wanted
        for name, wanted in (*_of_all(settings, labels), *_of_annotations(settings, annotations))
        if name == trigger
    )
    return tuple(found)[:MOST]


def _of_all(settings: Settings, labels: Mapping[str, str]) -> Iterator[tuple[str, Destination]]:
    for subscription in settings.subscriptions:
        if not selectors.parse_labels(subscription.selector).matches(labels):
            continue
        for wanted in subscription.destinations:
            for trigger in subscription.triggers or settings.defaults_of(wanted.service):
                yield trigger, wanted


def _of_annotations(settings: Settings, annotations: Mapping[str, str]) -> Iterator[tuple[str, Destination]]:
    for key, value in sorted(annotations.items()):
        if key == LISTED:
            yield from _of_list(settings, value)
        if not key.startswith(PREFIX):
            continue
        trigger, dot, service = key.removeprefix(PREFIX).partition(".")
        if not dot:
            trigger, service = "", trigger
        for name in (trigger,) if trigger else settings.defaults_of(service):
            for recipient in _recipients(value):
                yield name, Destination(service, recipient)


def _recipients(value: str) -> list[str]:
    """One that knows by itself whom it reaches, as a webhook does, has the annotation without a value."""
    return [one.strip() for one in value.split(";") if one.strip()] or [""]


def _of_list(settings: Settings, text: str) -> Iterator[tuple[str, Destination]]:
    """What cannot be read subscribes nobody."""
    for one in _listed(text):
        for target in one.destinations:
            for trigger in one.trigger or settings.defaults_of(target.service):
                for recipient in target.recipients or ("",):
                    yield trigger, Destination(target.service, recipient)


def _listed(text: str) -> list[_Listed]:
    try:
        found: Any = yaml_documents.load_one(text)
        return msgspec.convert(found or [], list[_Listed], strict=False)
    except (YamlInvalid, msgspec.ValidationError):
        return []
