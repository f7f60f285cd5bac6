"""Scripts that users give, in Lua and in jq: what they are asked about, and within which bounds they run."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from holdfast.model.kube import KubeObject


class ScriptLimits(Struct, frozen=True):
    """`instructions` and `memory_bytes` bind what the script itself does; `seconds` is wall time, after which it is
    killed even inside one endless library call."""

    seconds: float = 2.0
    instructions: int = 20_000_000
    memory_bytes: int = 64 * 1024**2
    answer_bytes: int = 8 * 1024**2


class Script(Struct, frozen=True):
    """`key` is where it stands in argocd-cm, for messages. `open_libs` is what useOpenLibs says of its kind."""

    key: str
    text: str
    open_libs: bool = False


class ScriptRun(Struct, frozen=True, tag="run"):
    """One script, asked about one object. An action also has parameters."""

    script: Script
    obj: KubeObject
    parameters: dict[str, str] = {}
    limits: ScriptLimits = ScriptLimits()


class PathsQuestion(Struct, frozen=True, tag="paths"):
    """Which paths of the object a jq expression means: those that `del(expression)` would delete."""

    expression: str
    obj: KubeObject
    limits: ScriptLimits = ScriptLimits(seconds=1.0)


class ScriptedAction(Struct, frozen=True):
    name: str
    script: Script


class ScriptedActions(Struct, frozen=True):
    """The actions of one kind. With `merge_builtin` those of ours that it does not name are there too."""

    discovery: Script | None
    definitions: tuple[ScriptedAction, ...]
    merge_builtin: bool = False

    def script_of(self, name: str) -> Script | None:
        return next((action.script for action in self.definitions if action.name == name), None)


JsonPath = tuple[str | int, ...]
"""Keys of objects and numbers of items, from the outside in."""

ScriptAnswer = Any
"""A JSON value. An empty table of Lua is an empty list, since Lua does not tell the two apart."""
