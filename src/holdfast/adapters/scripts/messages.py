"""What a script pool and its workers say to one another, as JSON, and how the questions are named to people."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from holdfast.model.errors import Blocked
from holdfast.model.scripts import PathsQuestion, ScriptRun


class Done(Struct, frozen=True, tag="done"):
    value: Any


class Failed(Struct, frozen=True, tag="failed"):
    reason: str
    message: str


Question = ScriptRun | PathsQuestion
Answer = Done | Failed


def name_of(question: Question) -> str:
    return question.script.key if isinstance(question, ScriptRun) else f"the jq expression {question.expression!r}"


def out_of_memory(question: Question) -> Blocked:
    return Blocked(
        "ScriptOutOfMemory",
        f"{name_of(question)}: the script needed more than {question.limits.memory_bytes // 1024**2:,} MiB: "
        "look for a loop or a repetition that makes very much",
    )
