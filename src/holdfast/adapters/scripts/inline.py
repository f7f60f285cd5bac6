"""Runs scripts in the process that asks: for tests and simulators, without a limit of time."""

from __future__ import annotations

from holdfast.adapters.scripts.perform import perform
from holdfast.model.scripts import JsonPath, PathsQuestion, ScriptAnswer, ScriptRun


class InlineScripts:
    """A Scripts."""

    async def run(self, run: ScriptRun) -> ScriptAnswer:
        return perform(run)

    async def paths(self, question: PathsQuestion) -> tuple[JsonPath, ...]:
        return tuple(perform(question))

    async def close(self) -> None:
        pass
