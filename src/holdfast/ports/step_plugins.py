"""What a Rollout needs of the programs that carry out steps of its own kind."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.step_plugins import Answer, Question


class StepPlugins(Protocol):
    async def ask(self, question: Question) -> Answer:
        """In bounded time. A program that is not there, hangs or talks nonsense is an answer of the phase Error, whose
        message says what to do. Cancelled, it ends the program."""
        ...
