"""The step plugin of a simulation."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from holdfast.model.step_plugins import Answer, Execution, Operation, PluginPhase, Question
from holdfast.runtime.clock import LoopClock
from holdfast.testing.rollout_plans import GOOD, SICK
from holdfast.testing.simulated_step_plugins import LONGEST_ANSWER, SimulatedStepPlugins

SEED = Random(1)


async def asked(
    mood: str = GOOD,
    operation: Operation = Operation.RUN,
    status: Any = None,
    *,
    strength: float = 0.0,
    stops_at: float = 0.0,
) -> Answer:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    plugins = SimulatedStepPlugins(lambda _: mood, random=SEED, clock=clock, strength=strength, stops_at=stops_at)
    execution = Execution(0, "soak", operation, "", 1)
    return await plugins.ask(Question(execution, "shop", "web", {"times": 2}, status))


async def test_it_is_asked_as_often_as_its_config_says() -> None:
    first = await asked()
    assert (first.phase, first.status) == (PluginPhase.RUNNING, {"good": 1})
    assert (await asked(status=first.status)).phase == PluginPhase.SUCCESSFUL


@pytest.mark.parametrize(
    ("operation", "phase"), [(Operation.RUN, PluginPhase.FAILED), (Operation.ABORT, PluginPhase.SUCCESSFUL)]
)
async def test_sick_pods_fail_its_run_and_nothing_else(operation: Operation, phase: PluginPhase) -> None:
    assert (await asked(SICK, operation)).phase == phase


async def test_in_trouble_it_hangs_until_it_is_killed() -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    before = clock.monotonic()
    answer = await asked(strength=100.0, stops_at=before + 1)
    assert (answer.phase, clock.monotonic() - before) == (PluginPhase.ERROR, LONGEST_ANSWER)
