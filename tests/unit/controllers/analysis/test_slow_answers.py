"""Answers that take their time: what happens to the run meanwhile, and when they are given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from holdfast.engine.analysis.phases import Phase
from holdfast.model.analysis import Metric
from holdfast.ports.clock import Clock
from holdfast.ports.metrics import Finding, Judged, UnderWay
from tests.unit.controllers.analysis.stage import Answers, ended, measuring, run_object, until, web
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, Stage, stage

GOOD = {"successCondition": "result < 5"}


class SlowAnswers(Answers):
    """Says the same as its parent, after so many seconds."""

    def __init__(self, clock: Clock, seconds: float, **answers: list[Any]) -> None:
        super().__init__(**answers)
        self._clock = clock
        self._seconds = seconds

    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] | None = None
    ) -> Finding:
        found = await super().measure(metric, namespace=namespace, now=now)
        await self._clock.sleep(self._seconds)
        return found


async def change(world: Stage, **spec: Any) -> None:
    await world.patch(ANALYSIS_RUN, "check", {"metadata": {"annotations": {"seen-by": "somebody"}}, "spec": spec})


async def begun(world: Stage, answers: Answers) -> None:
    while not answers.asked:
        await world.clock.sleep(0.2)


async def test_a_measurement_is_not_lost_when_the_run_is_changed_meanwhile() -> None:
    async with stage() as world:
        answers = SlowAnswers(world.clock, 20, errors=[1])
        async with measuring(world, answers):
            await world.put(ANALYSIS_RUN, run_object(web("errors", **GOOD)))
            await begun(world, answers)
            await change(world)
            found = await ended(world)
    assert found["phase"] == "Successful"
    assert len(answers.asked) == 1


async def test_a_run_that_is_ended_while_it_is_measured_keeps_the_measurement_and_ends() -> None:
    async with stage() as world:
        answers = SlowAnswers(world.clock, 20, errors=[1])
        async with measuring(world, answers):
            await world.put(ANALYSIS_RUN, run_object(web("errors", interval="1m", **GOOD)))
            await begun(world, answers)
            await change(world, terminate=True)
            found = await ended(world)
    assert [one["value"] for one in found["metricResults"][0]["measurements"]] == ["1"]
    assert len(answers.asked) == 1


async def test_what_was_measured_for_another_question_is_asked_for_anew() -> None:
    async with stage() as world:
        answers = SlowAnswers(world.clock, 20, errors=[1])
        async with measuring(world, answers):
            await world.put(ANALYSIS_RUN, run_object(web("errors", **GOOD)))
            await begun(world, answers)
            await change(world, metrics=[web("errors", successCondition="result > 5")])
            found = await ended(world)
    assert found["phase"] == "Failed"
    assert len(answers.asked) == 2


async def test_a_judgement_that_takes_its_time_is_asked_for_again_with_what_it_was_begun_with() -> None:
    async with stage() as world:
        begun = UnderWay({"id": "42"}, timedelta(seconds=15))
        answers = Answers(errors=[begun, begun, Judged(Phase.FAILED, "60")])
        async with measuring(world, answers):
            await world.put(ANALYSIS_RUN, run_object(web("errors")))
            found = await ended(world)
            waited = world.clock.monotonic()
    assert (found["phase"], found["metricResults"][0]["count"]) == ("Failed", 1)
    assert answers.resumed == [{}, {"id": "42"}, {"id": "42"}]
    assert waited >= 30


async def test_a_system_that_never_answers_is_an_error_and_holds_up_no_other_metric() -> None:
    async with stage() as world:
        answers = SlowAnswers(world.clock, 1e6, errors=[1])
        async with measuring(world, answers):
            await world.put(ANALYSIS_RUN, run_object(web("errors", consecutiveErrorLimit=0, **GOOD)))
            found = await until(world, lambda it: it.get("phase") == "Error", seconds=300)
    assert "no value within 240 s" in found["message"]
