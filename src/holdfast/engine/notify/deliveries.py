"""Which deliveries follow from an event about an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from holdfast.engine.notify import record, subscriptions, triggers
from holdfast.engine.notify.settings import Settings
from holdfast.model.notification import Destination


class Occurrence(Struct, frozen=True):
    """An event about an object. `name` tells it from all others of that object; `variables` are what expressions and
    templates are about, such as `rollout`."""

    name: str
    trigger: str
    variables: Mapping[str, Any]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Place(Struct, frozen=True):
    """Settings, and the namespace of the objects beside which they stand; "" for the controller's, which hold everywhere."""

    settings: Settings
    namespace: str = ""


class Delivery(Struct, frozen=True):
    """`key` is its name in the record of the object."""

    place: Place
    destination: Destination
    templates: tuple[str, ...]
    key: str


class Problem(Struct, frozen=True):
    """Something that keeps a trigger from being asked."""

    message: str


def due(places: Sequence[Place], occurrence: Occurrence) -> Iterator[Delivery | Problem]:
    """Also those that were told before."""
    trigger = occurrence.trigger
    knowing = [place for place in places if trigger in place.settings.triggers]
    for place in knowing:
        yield from _of_place(place, occurrence)
    if not knowing and is_awaited(places, trigger, occurrence.labels, occurrence.annotations):
        said = [one for place in places for one in place.settings.problems if one.startswith(f"trigger.{trigger}:")]
        yield Problem(said[0] if said else f"there is no trigger.{trigger}, and somebody has subscribed to it")


def _of_place(place: Place, occurrence: Occurrence) -> Iterator[Delivery | Problem]:
    trigger = occurrence.trigger
    wanted = subscriptions.destinations(place.settings, trigger, occurrence.labels, occurrence.annotations)
    if not wanted:
        return
    for result in triggers.results(place.settings.triggers[trigger], occurrence.variables):
        if result.problem:
            yield Problem(f"trigger.{trigger}: {result.key.partition('.')[0]}: {result.problem}")
        if not result.holds:
            continue
        once = result.once_per or occurrence.name
        for destination in wanted:
            name = record.key(once, trigger, result.key, destination, place.namespace)
            yield Delivery(place, destination, result.condition.send, name)


def is_awaited(
    places: Sequence[Place], trigger: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> bool:
    """Whether anybody may have to be told."""
    return any(subscriptions.destinations(place.settings, trigger, labels, annotations) for place in places)
