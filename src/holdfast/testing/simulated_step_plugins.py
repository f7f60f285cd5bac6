"""A step plugin that takes its time, fails where the pods are sick, and breaks by a seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final

from holdfast.model.step_plugins import Answer, Operation, PluginPhase, Question
from holdfast.ports.clock import Clock
from holdfast.testing.rollout_plans import SICK

BROKEN: Final = 0.1
LONGEST_ANSWER: Final = 30.0
"""As long as a program may take until it is killed."""


class SimulatedStepPlugins:
    """Implements ports.step_plugins.StepPlugins; `mood_of` gives the mood of the pods that a Rollout releases."""

    def __init__(
        self, mood_of: Callable[[str], str], *, random: Random, clock: Clock, strength: float, stops_at: float
    ) -> None:
        self._mood_of = mood_of
        self._random = random
        self._clock = clock
        self._strength = strength
        self._stops_at = stops_at

    async def ask(self, question: Question) -> Answer:
        if self._clock.monotonic() < self._stops_at:
            if self._random.random() < BROKEN * self._strength:
                await self._clock.sleep(LONGEST_ANSWER)
                return Answer(PluginPhase.ERROR, "soak was killed after 30 seconds")
            await self._clock.sleep(self._random.choice((0.0, 0.5, 5.0)))
        if question.execution.operation != Operation.RUN:
            return Answer(PluginPhase.SUCCESSFUL)
        good = (question.status or {}).get("good", 0) + 1
        if self._mood_of(question.rollout) == SICK:
            return Answer(PluginPhase.FAILED, "the pods are sick")
        if good < (question.config or {}).get("times", 1):
            return Answer(PluginPhase.RUNNING, f"well {good} times", timedelta(seconds=3), {"good": good})
        return Answer(PluginPhase.SUCCESSFUL, status={"good": good})
