"""When a run measures, how it ends, and what stands in it."""

from __future__ import annotations

import base64
from typing import Any

from holdfast.engine.analysis.phases import Phase
from holdfast.model.keys import NamespacedName
from holdfast.ports.metrics import Judged
from tests.unit.controllers.analysis.stage import SECRET, Answers, ended, measuring, run_object, status, until, web
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, NAMESPACE_NAME, Stage, stage

GOOD = {"successCondition": "result < 5"}


def phases(found: dict[str, Any], number: int = 0) -> list[str]:
    return [one["phase"] for one in found["metricResults"][number]["measurements"]]


async def put(world: Stage, *metrics: dict[str, Any], **spec: Any) -> None:
    await world.put(ANALYSIS_RUN, run_object(*metrics, **spec))


async def test_a_metric_without_count_and_interval_is_measured_once() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors", **GOOD))
        found = await ended(world)
    assert (found["phase"], found["runSummary"]) == ("Successful", {"count": 1, "successful": 1})
    (measurement,) = found["metricResults"][0]["measurements"]
    assert (measurement["value"], measurement["phase"]) == ("1", "Successful")
    assert found["completedAt"] >= measurement["finishedAt"] >= measurement["startedAt"] >= found["startedAt"]


async def test_count_interval_and_delay_set_the_times() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors", count=3, interval="20s", initialDelay="1m", **GOOD))
        began = world.clock.monotonic()
        await until(world, lambda it: bool(it.get("metricResults")))
        assert 59 <= world.clock.monotonic() - began <= 62
        await ended(world)
        assert 98 <= world.clock.monotonic() - began <= 105


async def test_more_failures_than_the_limit_fail_the_run_and_end_the_other_metrics() -> None:
    async with stage() as world, measuring(world, Answers(errors=[9], latency=[1])):
        bad = web("errors", interval="10s", failureLimit=1, **GOOD)
        await put(world, bad, web("latency", interval="10s", **GOOD))
        found = await ended(world)
    assert found["phase"] == "Failed"
    assert found["message"] == 'Metric "errors" assessed Failed due to failed (2) > failureLimit (1)'
    assert [result["phase"] for result in found["metricResults"]] == ["Failed", "Successful"]


async def test_errors_in_a_row_end_the_run_with_what_was_said() -> None:
    async with stage() as world, measuring(world, Answers(errors=["no answer from metrics.example within 10 s"])):
        await put(world, web("errors", consecutiveErrorLimit=1, **GOOD))
        found = await ended(world)
    assert found["phase"] == "Error"
    assert "no answer from metrics.example" in found["message"]
    assert phases(found) == ["Error", "Error"]


async def test_a_condition_that_cannot_be_answered_is_an_error_measurement() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors", consecutiveErrorLimit=0, successCondition="result.rate < 1"))
        found = await ended(world)
    assert found["phase"] == "Error"
    assert found["metricResults"][0]["measurements"][0]["value"] == "1"


async def test_a_dry_run_never_counts() -> None:
    async with stage() as world, measuring(world, Answers(errors=[9], latency=[1])):
        await put(world, web("errors", **GOOD), web("latency", **GOOD), dryRun=[{"metricName": "err.*"}])
        found = await ended(world)
    assert found["phase"] == "Successful"
    assert found["dryRunSummary"] == {"count": 1, "failed": 1}
    assert found["metricResults"][0]["dryRun"] is True


async def test_so_many_measurements_are_kept_as_asked() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(
            world,
            web("errors", count=6, interval="5s", **GOOD),
            measurementRetention=[{"metricName": "errors", "limit": 2}],
        )
        found = await ended(world)
    assert (found["metricResults"][0]["count"], len(phases(found))) == (6, 2)


async def test_an_interval_of_nothing_asks_once_a_second_at_most() -> None:
    answers = Answers(errors=[1])
    async with stage() as world, measuring(world, answers):
        await put(world, web("errors", interval="0s", **GOOD))
        await world.clock.sleep(20)
    assert 10 <= len(answers.asked) <= 22


async def test_a_run_that_is_ended_measures_no_more() -> None:
    answers = Answers(errors=[1])
    async with stage() as world, measuring(world, answers):
        await put(world, web("errors", interval="10s", **GOOD))
        await until(world, lambda it: bool(it.get("metricResults")))
        await world.patch(ANALYSIS_RUN, "check", {"spec": {"terminate": True}})
        found = await ended(world, seconds=2)
        asked = len(answers.asked)
        await world.clock.sleep(60)
    assert (found["phase"], len(answers.asked)) == ("Successful", asked)


async def test_the_next_process_goes_on_where_the_last_one_ended() -> None:
    answers = Answers(errors=[1])
    async with stage() as world:
        async with measuring(world, answers):
            await put(world, web("errors", count=3, interval="30s", **GOOD))
            await until(world, lambda it: bool(it.get("metricResults")))
        await world.clock.sleep(10)
        async with measuring(world, answers):
            found = await ended(world)
    assert (len(answers.asked), found["metricResults"][0]["count"]) == (3, 3)


async def test_a_run_whose_time_to_live_is_over_goes_away() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors", **GOOD), ttlStrategy={"secondsAfterSuccess": 60})
        await ended(world)
        await world.clock.sleep(50)
        assert await world.cluster.get(ANALYSIS_RUN, NAMESPACE_NAME, "check") is not None
        await world.clock.sleep(15)
        assert await world.cluster.get(ANALYSIS_RUN, NAMESPACE_NAME, "check") is None


async def test_a_waiting_run_writes_nothing() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])) as controller:
        await put(world, web("errors", interval="1h", **GOOD))
        await until(world, lambda it: bool(it.get("metricResults")))
        before = await world.get(ANALYSIS_RUN, "check")
        controller.loop.add(NamespacedName(NAMESPACE_NAME, "check"))
        await world.clock.sleep(30)
        assert (await world.get(ANALYSIS_RUN, "check"))["metadata"] == before["metadata"]


async def secret(world: Stage, value: str) -> None:
    data = {"token": base64.b64encode(value.encode()).decode()}
    metadata = {"name": "metrics", "namespace": NAMESPACE_NAME}
    await world.put(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


ARGUMENT = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "metrics", "key": "token"}}}


async def test_what_comes_from_a_secret_is_sent_and_never_told() -> None:
    answers = Answers(errors=["s3cr3t-t0ken is not known here"])
    headers = [{"key": "Authorization", "value": "Bearer {{args.token}}"}]
    metric = web("errors", consecutiveErrorLimit=0, provider={"web": {"url": "http://m.example", "headers": headers}})
    async with stage() as world, measuring(world, answers):
        await secret(world, "s3cr3t-t0ken")
        await put(world, metric, args=[ARGUMENT])
        await ended(world)
        obj = await world.get(ANALYSIS_RUN, "check")
    asked = answers.asked[0].provider.web
    assert asked is not None
    assert asked.headers[0].value == "Bearer s3cr3t-t0ken"
    assert "s3cr3t" not in str(obj)
    assert "***** is not known here" in obj["status"]["message"]


async def test_a_secret_that_is_not_there_ends_the_run_with_the_place() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors"), args=[ARGUMENT])
        found = await ended(world)
    assert (found["phase"], found["message"]) == (
        "Error",
        "args.token: there is no Secret metrics in namespace shop",
    )


async def test_metrics_that_make_no_sense_end_the_run_at_once() -> None:
    async with stage() as world, measuring(world, Answers(errors=[1])):
        await put(world, web("errors", count=2))
        found = await ended(world)
        assert found["message"] == "metrics[0]: interval must be specified when count > 1"
        assert (await status(world))["phase"] == "Error"


async def test_a_verdict_of_the_provider_is_told_with_its_words() -> None:
    async with stage() as world, measuring(world, Answers(errors=[Judged(Phase.FAILED, "many", "the store says no")])):
        await put(world, web("errors"))
        found = await ended(world)
    (measurement,) = found["metricResults"][0]["measurements"]
    assert (measurement["value"], measurement["message"]) == ("many", "the store says no")
