"""Answers any question to a script of a user, in the process that asks."""

from __future__ import annotations

from typing import Any

from holdfast.adapters.scripts.messages import Question
from holdfast.model.scripts import PathsQuestion


def perform(question: Question) -> Any:
    """Raises Blocked. Each language is loaded when it is first needed."""
    if isinstance(question, PathsQuestion):
        from holdfast.adapters.scripts import jq_paths

        return jq_paths.paths(question)
    from holdfast.adapters.scripts import lua

    return lua.run(question)
