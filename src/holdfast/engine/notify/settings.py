"""Reads the ConfigMap of notifications.

Source: https://argo-rollouts.readthedocs.io/en/stable/features/notifications/, https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field

from holdfast.engine.kube import selectors
from holdfast.engine.lang import yaml_documents
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression
from holdfast.engine.lang.yaml_documents import YamlInvalid
from holdfast.model.notification import Destination

MOST_LETTERS: Final = 1024**2
"""Of a whole ConfigMap: the server takes no more."""

T = TypeVar("T")


class Service(Struct, frozen=True):
    """`options` as they are written: references to the Secret are not replaced yet."""

    name: str
    type: str
    options: Mapping[str, Any]


class Condition(Struct, frozen=True, rename={"once_per": "oncePer"}):
    """Of a trigger: while `when` holds, the templates in `send` are told once, or once for each value of `once_per`."""

    send: tuple[str, ...] = ()
    when: str = ""
    once_per: str = ""
    description: str = ""


class Subscription(Struct, frozen=True):
    """For all objects with the labels of `selector`; without `triggers` for those that are default."""

    recipients: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    selector: str = ""

    @property
    def destinations(self) -> tuple[Destination, ...]:
        return tuple(destination(one) for one in self.recipients)


class Settings(Struct, frozen=True):
    """`problems` are the keys that cannot be read, with the reason; the others hold. `default_triggers` are by service,
    those for all under ""."""

    services: Mapping[str, Service] = field(default_factory=dict)
    templates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    triggers: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    subscriptions: tuple[Subscription, ...] = ()
    default_triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def defaults_of(self, service: str) -> tuple[str, ...]:
        return self.default_triggers.get(service, self.default_triggers.get("", ()))


def destination(text: str) -> Destination:
    """`service:recipient` or `service`."""
    service, _, recipient = text.strip().partition(":")
    return Destination(service, recipient)


class _Reader:
    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.templates: dict[str, Mapping[str, Any]] = {}
        self.triggers: dict[str, tuple[Condition, ...]] = {}
        self.default_triggers: dict[str, tuple[str, ...]] = {}
        self.subscriptions: tuple[Subscription, ...] = ()
        self.context: dict[str, str] = {}

    def take(self, key: str, text: str) -> None:
        """Raises ValueError."""
        group, _, name = key.partition(".")
        match group:
            case "service" if name:
                kind, _, own = name.partition(".")
                self.services[own or kind] = Service(own or kind, kind, _mapping(text))
            case "template" if name:
                self.templates[name] = _mapping(text)
            case "trigger" if name:
                self.triggers[name] = tuple(_checked(_read(text, list[Condition])))
            case "subscriptions":
                self.subscriptions = tuple(_selecting(_read(text, list[Subscription])))
            case "defaultTriggers":
                self.default_triggers[name] = tuple(_read(text, list[str]))
            case "context":
                self.context = {key: str(value) for key, value in _mapping(text).items()}
            case _:
                pass

    def problems(self) -> Iterator[str]:
        for name, conditions in self.triggers.items():
            for missing in sorted({one for it in conditions for one in it.send} - self.templates.keys()):
                yield f"trigger.{name}: sends {missing}, and there is no template.{missing}"


def read(data: Mapping[str, str]) -> Settings:
    """A key that cannot be read is one of the problems; the others hold."""
    reader, problems = _Reader(), []
    for key, text in sorted(data.items()):
        try:
            reader.take(key, text)
        except ValueError as error:
            problems.append(f"{key}: {error}")
    return Settings(
        services=reader.services,
        templates=reader.templates,
        triggers=reader.triggers,
        subscriptions=reader.subscriptions,
        default_triggers=reader.default_triggers,
        context=reader.context,
        problems=(*problems, *reader.problems()),
    )


def _document(text: str) -> Any:
    if len(text) > MOST_LETTERS:
        raise ValueError(f"is longer than {MOST_LETTERS:,} characters")
    try:
        return yaml_documents.load_one(text)
    except YamlInvalid as error:
        raise ValueError(f"invalid YAML: {error}") from None


def _mapping(text: str) -> dict[str, Any]:
    found = _document(text)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("is to be a mapping, such as `message: …`")
    return found


def _read(text: str, shape: type[T]) -> T:
    try:
        return msgspec.convert(_document(text) or [], shape, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _checked(conditions: list[Condition]) -> Iterator[Condition]:
    for number, condition in enumerate(conditions):
        for name, text in (("when", condition.when), ("oncePer", condition.once_per)):
            try:
                if text:
                    Expression(text)
            except ExpressionError as error:
                raise ValueError(f"[{number}].{name}: {error}") from None
        yield condition


def _selecting(subscriptions: list[Subscription]) -> Iterator[Subscription]:
    for number, one in enumerate(subscriptions):
        try:
            selectors.parse_labels(one.selector)
        except ValueError as error:
            raise ValueError(f"[{number}].selector: {error}") from None
        yield one
