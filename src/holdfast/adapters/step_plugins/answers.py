"""The documents that a step plugin reads and writes; docs/features/step-plugins.md describes them to its authors."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from holdfast.engine.lang import durations
from holdfast.model.step_plugins import Answer, PluginPhase, Question


class InvalidAnswer(ValueError):
    """What a program wrote is no answer; the text goes on from "what PROGRAM wrote"."""


class _Answer(Struct, forbid_unknown_fields=True, rename="camel"):
    phase: PluginPhase
    message: str = ""
    requeue_after: str | UnsetType = UNSET
    status: dict[str, Any] | None = None


def document(question: Question) -> bytes:
    execution = question.execution
    return msgspec.json.encode(
        {
            "rollout": {"namespace": question.namespace, "name": question.rollout},
            "step": {"index": execution.index, "plugin": execution.name},
            "operation": execution.operation.lower(),
            "startedAt": execution.began,
            "execution": execution.number,
            "config": question.config,
            "status": question.status,
        }
    )


def read(output: bytes) -> Answer:
    """Raises InvalidAnswer."""
    try:
        found = msgspec.json.decode(output, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = "is nothing" if not output.strip() else f"is no answer: {error}"
        raise InvalidAnswer(what) from None
    pause = None
    if found.requeue_after is not UNSET:
        pause = durations.parse(found.requeue_after)
        if pause is None:
            raise InvalidAnswer(f"has a requeueAfter that is no duration such as 30s: {found.requeue_after!r}")
    return Answer(found.phase, found.message, pause, found.status)
