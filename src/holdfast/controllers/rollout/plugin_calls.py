"""The calls of step plugins that are under way, beside the reconciles: a slow program holds up nobody but its own step.

Nothing here needs to outlive the process: what is lost is asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from holdfast.engine.rollout import step_plugins
from holdfast.model.keys import NamespacedName
from holdfast.model.rollout import Rollout
from holdfast.model.step_plugins import Answer, Execution, PluginPhase, Question
from holdfast.ports.step_plugins import StepPlugins

MOST_AT_ONCE: Final = 8
LOG: Final = logging.getLogger("holdfast.step_plugins")


class PluginCalls:
    """Of all Rollouts. `answered` is told whose question has an answer."""

    def __init__(self, plugins: StepPlugins | None, answered: Callable[[NamespacedName], None]) -> None:
        self._plugins = plugins
        self._answered = answered
        self._running: dict[NamespacedName, dict[Execution, asyncio.Task[None]]] = {}
        self._answers: dict[NamespacedName, dict[Execution, Answer]] = {}
        self._free = asyncio.Semaphore(MOST_AT_ONCE)

    def problem(self, rollout: Rollout) -> str:
        """Why the Rollout's plugins cannot be asked at all, "" for nothing."""
        if self._plugins is not None:
            return ""
        for at, name in step_plugins.named(rollout):
            place = f"spec.strategy.canary.steps[{at}].plugin"
            return f"{place}: Invalid value: {name}: step plugins are not served: start Holdfast with --step-plugins FOLDER"
        return ""

    def answers(self, key: NamespacedName) -> Mapping[Execution, Answer]:
        return dict(self._answers.get(key, {}))

    def settle(self, key: NamespacedName, wanted: Iterable[Question]) -> None:
        """Of this Rollout exactly these questions are wanted: others are given up, and answers to others are forgotten."""
        questions = {question.execution: question for question in wanted}
        running, answers = self._running.pop(key, {}), self._answers.pop(key, {})
        for execution, task in running.items():
            if execution not in questions:
                task.cancel()
        running = {execution: task for execution, task in running.items() if execution in questions}
        answers = {execution: answer for execution, answer in answers.items() if execution in questions}
        for execution, question in questions.items():
            if execution not in running and execution not in answers:
                name = f"step plugin {execution.name} of {key}"
                running[execution] = asyncio.create_task(self._ask(key, question), name=name)
        if running:
            self._running[key] = running
        if answers:
            self._answers[key] = answers

    async def close(self) -> None:
        """Ends what runs."""
        tasks = [task for running in self._running.values() for task in running.values()]
        self._running.clear()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _ask(self, key: NamespacedName, question: Question) -> None:
        if self._plugins is None:
            return
        try:
            async with self._free:
                answer = await self._plugins.ask(question)
        except Exception:
            # A bug of ours must show in the Rollout, not leave it waiting for ever.
            LOG.exception("step plugin %s of %s", question.execution.name, key)
            answer = Answer(PluginPhase.ERROR, "the plugin could not be asked, see the log of Holdfast")
        self._running.get(key, {}).pop(question.execution, None)
        self._answers.setdefault(key, {})[question.execution] = answer
        self._answered(key)
