"""Plugin steps on a whole sandbox cluster, with programs that live in the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from holdfast.engine.rollout import requests
from holdfast.model.rollout import Rollout, StepPluginStatus
from holdfast.model.step_plugins import Answer, Operation, PluginPhase, Question
from tests.unit.controllers.rollout.harness import ROLLOUT, Stage, rollout_object, stage

STEPS: list[dict[str, Any]] = [
    {"setWeight": 20},
    {"plugin": {"name": "soak", "config": {"level": 1}}},
    {"plugin": {"name": "acme/announce"}},
    {"pause": {}},
]
SUCCESSFUL = Answer(PluginPhase.SUCCESSFUL)


class Programs:
    """Answers as told, by operation and name; what is not told is Successful."""

    def __init__(self, **answers: Callable[[Question], Answer]) -> None:
        self.answers = answers
        self.asked: list[Question] = []
        self.hanging: set[str] = set()
        self.ended: list[str] = []

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if question.execution.name in self.hanging:
            try:
                await asyncio.sleep(1e9)
            finally:
                self.ended.append(question.execution.name)
        await asyncio.sleep(0.2)
        say = self.answers.get(question.execution.operation.lower())
        return SUCCESSFUL if say is None else say(question)

    def told(self) -> list[str]:
        return [f"{it.execution.operation.lower()} {it.execution.name}" for it in self.asked]


async def released(world: Stage, steps: list[dict[str, Any]] | None = None) -> None:
    canary = {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS if steps is None else steps}
    await world.put(ROLLOUT, rollout_object({"canary": canary}, replicas=5))
    await world.until_phase("Healthy")
    await world.set_image("web:2")


async def send(world: Stage, request: requests.Request) -> None:
    assert request.spec is None
    assert request.status is not None
    await world.status(request.status)


def entries(rollout: Rollout) -> dict[tuple[int, str], StepPluginStatus]:
    return {(one.index, one.operation): one for one in rollout.status.canary.step_plugin_statuses}


def all_closed(rollout: Rollout) -> bool:
    found = rollout.status.canary.step_plugin_statuses
    return all(one.finished_at for one in found if one.operation != Operation.RUN)


async def test_the_first_deployment_asks_nobody() -> None:
    programs = Programs()
    async with stage() as world, world.controller(programs):
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": STEPS}}, replicas=2))
        await world.until_phase("Healthy")
        assert programs.asked == []


async def test_steps_are_passed_one_after_another_and_kept_in_status() -> None:
    def soak(question: Question) -> Answer:
        if question.execution.name != "soak" or question.execution.number == 3:
            return SUCCESSFUL
        status = {"seen": question.execution.number}
        return Answer(PluginPhase.RUNNING, "soaking", timedelta(seconds=40), status)

    programs = Programs(run=soak)
    async with stage() as world, world.controller(programs):
        await released(world)
        began = world.clock.monotonic()
        await world.until_phase("Paused")
        assert world.clock.monotonic() - began >= 80
        assert programs.told() == ["run soak"] * 3 + ["run acme/announce"]
        assert [it.status for it in programs.asked] == [None, {"seen": 1}, {"seen": 2}, None]
        assert [it.config for it in programs.asked] == [{"level": 1}] * 3 + [None]
        raw = (await world.get(ROLLOUT, "web"))["status"]["canary"]["stepPluginStatuses"][0]
        assert {**raw, "startedAt": "", "updatedAt": "", "finishedAt": ""} == {
            "index": 1,
            "name": "soak",
            "operation": "Run",
            "phase": "Successful",
            "executions": 3,
            "status": {"seen": 2},
            "startedAt": "",
            "updatedAt": "",
            "finishedAt": "",
        }


async def test_a_failed_one_aborts_the_release_and_what_ran_is_taken_back_in_reverse() -> None:
    def run(question: Question) -> Answer:
        if question.execution.name == "soak":
            return Answer(PluginPhase.SUCCESSFUL, status={"ticket": 7})
        return Answer(PluginPhase.FAILED, "nobody listens")

    programs = Programs(run=run)
    async with stage() as world, world.controller(programs):
        await released(world)
        found = await world.until(lambda it: it.status.abort and len(entries(it)) == 4 and all_closed(it))
        assert programs.told() == ["run soak", "run acme/announce", "abort acme/announce", "abort soak"]
        assert programs.asked[-1].status == {"ticket": 7}
        assert found.status.phase == "Degraded"
        assert "step plugin acme/announce failed: nobody listens" in found.status.message
        await world.clock.sleep(120)
        assert await world.pods() == {"web:1": 5}
        assert len(programs.asked) == 4


async def test_a_retry_waits_for_the_abort_and_runs_everything_anew() -> None:
    verdicts = [PluginPhase.FAILED, PluginPhase.SUCCESSFUL]
    slow = [PluginPhase.RUNNING, PluginPhase.SUCCESSFUL]
    programs = Programs(
        run=lambda _: Answer(verdicts.pop(0)), abort=lambda _: Answer(slow.pop(0), "", timedelta(seconds=50))
    )
    async with stage() as world, world.controller(programs):
        await released(world, STEPS[:2] + STEPS[3:])
        await world.until(lambda it: (1, "Abort") in entries(it) and entries(it)[(1, "Abort")].executions == 1)
        await send(world, requests.retry(await world.rollout()))
        found = await world.until_phase("Paused")
        assert programs.told() == ["run soak", "abort soak", "abort soak", "run soak"]
        assert [(one.operation, one.phase) for one in found.status.canary.step_plugin_statuses] == [
            ("Run", "Successful")
        ]


async def test_an_error_is_tried_again_and_told_once() -> None:
    def run(question: Question) -> Answer:
        return SUCCESSFUL if question.execution.number == 4 else Answer(PluginPhase.ERROR, "no route")

    programs = Programs(run=run)
    async with stage() as world, world.controller(programs):
        await released(world, STEPS[:2] + STEPS[3:])
        await world.until_phase("Paused")
        assert programs.told() == ["run soak"] * 4
        assert (await world.events()).count("StepPluginError") == 1


async def test_an_abort_that_only_errs_is_given_up() -> None:
    programs = Programs(
        run=lambda _: Answer(PluginPhase.FAILED), abort=lambda _: Answer(PluginPhase.ERROR, "", timedelta(seconds=2))
    )
    async with stage() as world, world.controller(programs):
        await released(world)
        found = await world.until(lambda it: (1, "Abort") in entries(it) and all_closed(it))
        assert entries(found)[(1, "Abort")].phase == "Error"
        assert programs.told() == ["run soak"] + ["abort soak"] * 5


async def test_a_step_that_is_skipped_is_terminated() -> None:
    programs = Programs()
    programs.hanging.add("soak")
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda it: (1, "Run") in entries(it))
        await world.clock.sleep(1)
        programs.hanging.clear()
        await send(world, requests.promote(await world.rollout()))
        await world.until_phase("Paused")
        found = await world.until(lambda it: (1, "Terminate") in entries(it) and all_closed(it))
        assert programs.ended == ["soak"]
        assert sorted(programs.told()) == ["run acme/announce", "run soak", "terminate soak"]
        assert entries(found)[(1, "Run")].phase == "Running"


async def test_a_full_promotion_terminates_what_runs() -> None:
    programs = Programs(run=lambda _: Answer(PluginPhase.RUNNING, "", timedelta(hours=1)))
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda it: (1, "Run") in entries(it) and entries(it)[(1, "Run")].executions == 1)
        await send(world, requests.promote(await world.rollout(), full=True))
        await world.until_phase("Healthy")
        await world.until(all_closed)
        assert programs.told() == ["run soak", "terminate soak"]
        await world.status({"abort": True})
        await world.clock.sleep(60)
        assert programs.told() == ["run soak", "terminate soak"]


async def test_a_newer_release_terminates_what_runs_before_it_runs_it_anew() -> None:
    programs = Programs(run=lambda _: Answer(PluginPhase.RUNNING, "", timedelta(hours=1)))
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda it: (1, "Run") in entries(it) and entries(it)[(1, "Run")].executions == 1)
        await world.set_image("web:3")
        await world.until(lambda _: len(programs.asked) == 3)
        assert programs.told() == ["run soak", "terminate soak", "run soak"]
        assert programs.asked[-1].execution.number == 1


async def test_going_back_to_the_stable_version_terminates_what_runs() -> None:
    programs = Programs(run=lambda _: Answer(PluginPhase.RUNNING, "", timedelta(hours=1)))
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda it: (1, "Run") in entries(it) and entries(it)[(1, "Run")].executions == 1)
        await world.set_image("web:1")
        await world.until_phase("Healthy")
        found = await world.until(all_closed)
        assert [one.operation for one in found.status.canary.step_plugin_statuses] == ["Terminate"]
        assert programs.told() == ["run soak", "terminate soak"]


async def test_a_paused_rollout_ends_its_program_and_asks_it_again_when_it_goes_on() -> None:
    programs = Programs()
    programs.hanging.add("soak")
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda _: bool(programs.asked))
        await world.patch(ROLLOUT, "web", {"spec": {"paused": True}})
        await world.until(lambda _: programs.ended == ["soak"])
        await world.clock.sleep(60)
        assert programs.told() == ["run soak"]
        programs.hanging.clear()
        await world.patch(ROLLOUT, "web", {"spec": {"paused": False}})
        await world.until(lambda it: it.status.current_step_index == 3)
        assert programs.asked[1] == programs.asked[0]


async def test_a_long_plugin_is_not_taken_for_a_release_that_is_stuck() -> None:
    programs = Programs(run=lambda _: Answer(PluginPhase.RUNNING, "", timedelta(minutes=1)))
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda it: (1, "Run") in entries(it))
        await world.clock.sleep(3600)
        assert (await world.rollout()).status.phase == "Progressing"


async def test_a_process_that_is_killed_leaves_the_question_to_the_next() -> None:
    programs = Programs()
    programs.hanging.add("soak")
    async with stage() as world:
        async with world.controller(programs):
            await released(world)
            await world.until(lambda _: programs.told() == ["run soak"])
        assert programs.ended == ["soak"]
        programs.hanging.clear()
        async with world.controller(programs):
            await world.until_phase("Paused")
            assert programs.asked[1] == programs.asked[0]


async def test_programs_that_hang_hold_up_no_other_rollout() -> None:
    programs = Programs()
    programs.hanging.add("soak")
    async with stage() as world, world.controller(programs):
        steps = [{"setWeight": 20}, {"plugin": {"name": "soak"}}]
        names = [f"web-{number}" for number in range(12)]
        for name in names:
            obj = rollout_object({"canary": {"steps": steps}}, replicas=1)
            await world.put(ROLLOUT, {**obj, "metadata": {"name": name, "namespace": "shop"}})
        for name in names:
            await world.until(lambda it: it.status.phase == "Healthy", name=name)
            await world.set_image("web:2", name)
        for name in names:
            await world.until(lambda it: (1, "Run") in entries(it), name=name)
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": [{"setWeight": 20}]}}, replicas=2))
        await world.until_phase("Healthy", 30)
        await world.set_image("web:2")
        await world.until(lambda it: it.status.phase == "Healthy" and it.status.observed_generation != "1", 60)


async def test_a_bug_in_the_port_shows_in_the_rollout() -> None:
    def run(_: Question) -> Answer:
        raise RuntimeError("unforeseen")

    async with stage() as world, world.controller(Programs(run=run)):
        await released(world)
        found = await world.until(lambda it: (1, "Run") in entries(it) and entries(it)[(1, "Run")].phase == "Error")
        assert "see the log" in entries(found)[(1, "Run")].message


async def test_without_a_folder_the_rollout_is_refused_before_anything_happens() -> None:
    async with stage() as world, world.controller():
        obj = rollout_object({"canary": {"steps": STEPS}})
        await world.put(ROLLOUT, obj)
        found = await world.until_phase("Degraded")
        assert "steps[1].plugin: Invalid value: soak" in found.status.message
        assert "--step-plugins" in found.status.message
        assert await world.sets() == {}


async def test_a_rollout_that_is_deleted_ends_its_program() -> None:
    programs = Programs()
    programs.hanging.add("soak")
    async with stage() as world, world.controller(programs):
        await released(world)
        await world.until(lambda _: bool(programs.asked))
        await world.cluster.delete(ROLLOUT, "shop", "web")
        await world.clock.sleep(5)
        assert programs.ended == ["soak"]


async def test_a_second_look_at_the_same_state_writes_and_asks_nothing() -> None:
    programs = Programs(run=lambda _: Answer(PluginPhase.RUNNING, "", timedelta(hours=1)))
    async with stage() as world, world.controller(programs) as controller:
        await released(world)
        found = await world.until(lambda it: (1, "Run") in entries(it) and entries(it)[(1, "Run")].executions == 1)
        await controller.settle()
        before = await world.rollout()
        controller.loop.add(found.metadata.key)
        await world.clock.sleep(10)
        assert msgspec.json.encode(await world.rollout()) == msgspec.json.encode(before)
        assert len(programs.asked) == 1
