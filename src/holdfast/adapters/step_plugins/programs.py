"""Asks step plugins that are programs in a folder, one process a question: `PROGRAM run|terminate|abort`."""

from __future__ import annotations

from pathlib import Path

from holdfast.adapters.step_plugins import answers
from holdfast.model.step_plugins import Answer, PluginPhase, Question
from holdfast.runtime.programs import LARGEST_OUTPUT, SECONDS, Programs, Unusable


class PluginPrograms:
    """`seconds` is how long a program may take for one question, `largest_output` how many bytes it may write."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS, largest_output: int = LARGEST_OUTPUT) -> None:
        self._programs = Programs(folder, seconds=seconds, largest_output=largest_output)

    async def ask(self, question: Question) -> Answer:
        name, operation = question.execution.name, question.execution.operation.lower()
        try:
            return answers.read(await self._programs.run(name, operation, answers.document(question)))
        except answers.InvalidAnswer as error:
            return Answer(PluginPhase.ERROR, f"what step plugin {name} wrote {error}")
        except Unusable as error:
            return Answer(PluginPhase.ERROR, f"step plugin {name} {error}")
