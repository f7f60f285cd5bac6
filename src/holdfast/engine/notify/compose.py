"""Makes the message of a delivery: which texts are to be filled with what, and the message once they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from holdfast.engine.notify import secret_values, templates
from holdfast.engine.notify.deliveries import Delivery
from holdfast.engine.notify.services import table
from holdfast.engine.notify.services.asked import Asked
from holdfast.engine.notify.settings import Service, Settings
from holdfast.model.notification import Destination, Message


class Draft(Struct, frozen=True):
    """`part` is what the templates have for the service; `texts` are those in it that are to be filled, at `paths`."""

    service: Service
    destination: Destination
    part: Mapping[str, Any]
    paths: tuple[templates.Path, ...]
    texts: tuple[str, ...]

    def place_of(self, at: int) -> str:
        return templates.shown(self.paths[at]) if at < len(self.paths) else "a text"


def draft(delivery: Delivery) -> Draft:
    """Raises ValueError that names the key of the settings."""
    settings, destination = delivery.place.settings, delivery.destination
    service = settings.services.get(destination.service)
    if service is None:
        raise ValueError(_missing(settings, "service", destination.service, settings.services))
    return of_templates(settings, delivery.templates, service, destination)


def of_templates(settings: Settings, names: Sequence[str], service: Service, destination: Destination) -> Draft:
    """Raises ValueError that names the key of the settings."""
    part = templates.wanted(_whole(settings, names), service.type, service.name)
    return _drafted(service, destination, part)


def of_all(settings: Settings, names: Sequence[str], service: Service, destination: Destination) -> Draft:
    """With what the templates have for every service, to be looked at. Raises ValueError."""
    return _drafted(service, destination, _whole(settings, names))


def _whole(settings: Settings, names: Sequence[str]) -> dict[str, Any]:
    for name in names:
        if name not in settings.templates:
            raise ValueError(_missing(settings, "template", name, settings.templates))
    return templates.merged(settings.templates[name] for name in names)


def _drafted(service: Service, destination: Destination, part: Mapping[str, Any]) -> Draft:
    found = templates.texts(part)
    return Draft(service, destination, part, tuple(path for path, _ in found), tuple(text for _, text in found))


def _missing(settings: Settings, kind: str, name: str, known: Mapping[str, Any]) -> str:
    said = [one for one in settings.problems if one.startswith(f"{kind}.") and name in one.partition(":")[0]]
    return said[0] if said else f"there is no {kind} {name!r}; there: {', '.join(sorted(known)) or 'none'}"


def variables(
    draft: Draft, about: Mapping[str, Any], context: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """What templates see besides the object, which `about` has under its name."""
    return {
        **about,
        "context": dict(context),
        "secrets": dict(secrets),
        "serviceType": draft.service.name,
        "recipient": draft.destination.recipient,
    }


def filled(draft: Draft, texts: Sequence[str]) -> dict[str, Any]:
    return templates.filled(draft.part, draft.paths, texts)


def message(draft: Draft, part: Mapping[str, Any], secrets: Mapping[str, str], now: datetime) -> Message:
    """Raises ValueError that names the key of the settings."""
    service = draft.service
    try:
        options = secret_values.resolved(service.options, secrets)
        own = part.get(service.type) or {}
        asked = Asked(options, own, str(part[templates.MESSAGE]), draft.destination.recipient, now)
        return table.message(service.type, asked)
    except ValueError as error:
        raise ValueError(f"service {service.name} ({service.type}): {error}") from None
