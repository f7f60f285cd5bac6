"""What an action of our own is made of, and the few effects that most of them are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from msgspec import Struct

from holdfast.engine.actions.editing import annotate, at, put, without_annotation
from holdfast.model.actions import Action, ActionParameter, Impact, Operation
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject

Parameters: TypeAlias = Mapping[str, str]
Effect: TypeAlias = Callable[[KubeObject, Parameters, datetime], list[Impact]]
Question: TypeAlias = Callable[[KubeObject], bool]

PAUSE, PLAY, STOP, REDO = ("fa fa-fw fa-pause", "fa fa-fw fa-play", "fa fa-fw fa-stop", "fa fa-fw fa-redo")
PAUSE_CIRCLE, PLAY_CIRCLE = ("fa fa-fw fa-pause-circle", "fa fa-fw fa-play-circle")


def _never(_: KubeObject) -> bool:
    return False


def _no_parameters(_: KubeObject) -> tuple[ActionParameter, ...]:
    return ()


class Builtin(Struct, frozen=True):
    """An action that is `hidden` is not offered; one that is `disabled` is offered and refused."""

    name: str
    effect: Effect
    icon: str = ""
    title: str | Callable[[KubeObject], str] = ""
    disabled: Question = _never
    hidden: Question = _never
    parameters: Callable[[KubeObject], tuple[ActionParameter, ...]] = _no_parameters

    def offer(self, obj: KubeObject) -> Action:
        return Action(
            name=self.name,
            disabled=self.disabled(obj),
            icon_class=self.icon,
            display_name=self.title if isinstance(self.title, str) else self.title(obj),
            params=self.parameters(obj),
        )


def patch(obj: KubeObject) -> list[Impact]:
    return [Impact(Operation.PATCH, obj)]


def create(obj: KubeObject) -> list[Impact]:
    return [Impact(Operation.CREATE, obj)]


def changing(change: Callable[[KubeObject], KubeObject]) -> Effect:
    """An effect that needs neither parameters nor the time."""
    return lambda obj, _, __: patch(change(obj))


def setting(value: Any, *path: str) -> Effect:
    return changing(lambda obj: put(obj, value, *path))


def annotating(name: str, value: str) -> Effect:
    return changing(lambda obj: annotate(obj, name, value))


def unannotating(name: str) -> Effect:
    return changing(lambda obj: without_annotation(obj, name))


def stamping(*path: str) -> Effect:
    """Writes the time at the end of the path."""
    return lambda obj, _, now: patch(put(obj, stamp(now), *path))


def is_at(value: Any, *path: str) -> Question:
    return lambda obj: bool(at(obj, *path) == value)


def is_not(question: Question) -> Question:
    return lambda obj: not question(obj)


def suspending(paused: Question, *path: str, icons: tuple[str, str] = ("", "")) -> tuple[Builtin, Builtin]:
    """The pair of `suspend` and `resume` on a field that is true or false."""
    return (
        Builtin("suspend", setting(True, *path), icon=icons[0], disabled=paused),
        Builtin("resume", setting(False, *path), icon=icons[1], disabled=is_not(paused)),
    )


def stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_number(parameters: Parameters, name: str, *, bound: str = "") -> int:
    """Raises Blocked, in Argo CD's words, to which `bound` adds what is allowed."""
    text = parameters.get(name, "").strip()
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise Blocked("ParameterInvalid", f"invalid number: {parameters.get(name, '')}{bound}")
    return int(text)
