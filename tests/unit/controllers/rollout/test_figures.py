"""What monitoring reads while a release goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, web

from holdfast.adapters.kube.counted import CountedCluster
from holdfast.controllers.rollout.figures import exposition
from holdfast.controllers.tally import Tally
from holdfast.engine.rollout import figures, process_figures
from holdfast.model.analysis import (
    AnalysisRun,
    AnalysisRunSpec,
    AnalysisRunStatus,
    AnalysisTemplateSpec,
    ClusterAnalysisTemplate,
    Metric,
    MetricResult,
)
from holdfast.model.errors import AlreadyExists, ApiError
from holdfast.model.figures import ObjectFigures
from holdfast.model.keys import GroupKind, NamespacedName
from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import API_VERSION
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import PatchKind
from holdfast.runtime.clock import LoopClock
from holdfast.runtime.queue import KeyedQueue
from holdfast.server import monitoring
from tests.unit.controllers.analysis.stage import Answers, measuring
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, ROLLOUT, rollout_object, stage


async def test_a_rollout_is_told_with_its_phase_and_its_pods() -> None:
    async with stage() as world, world.controller() as controller:
        steps = [{"setWeight": 50}, {"pause": {}}]
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=4))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.clock.sleep(1)
        nobody = Tally(controller.world.store, GroupKind("", "Nobody"))
        told = exposition(controller.tally, nobody, nobody).splitlines()
    place = 'namespace="shop",name="web"'
    assert f'rollout_info{{{place},strategy="canary",traffic_router="",phase="Paused"}} 1' in told
    assert f"rollout_info_replicas_desired{{{place}}} 4" in told
    assert f"rollout_info_replicas_available{{{place}}} 4" in told
    assert f"rollout_info_replicas_updated{{{place}}} 2" in told
    assert f"rollout_info_replicas_unavailable{{{place}}} 0" in told
    assert "# TYPE experiment_info gauge" in told


def test_a_label_is_one_line_whatever_is_in_it() -> None:
    strange = Rollout(metadata=ObjectMeta(name='a"b\\c\nd', namespace="shop"))
    told = figures.exposition(figures.Seen([strange]), figures.Seen([]), figures.Seen([]))
    assert 'name="a\\"b\\\\c\\nd"' in told


@pytest.mark.real_time
async def test_it_is_answered_at_the_path_that_prometheus_asks() -> None:
    runner = web.AppRunner(monitoring.application(lambda: "up 1\n"))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
        async with ClientSession() as session, session.get(address) as answer:
            assert await answer.text() == "up 1\n"
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    finally:
        await runner.cleanup()


def test_the_work_on_an_object_is_told_in_buckets_that_hold_the_smaller_ones_too() -> None:
    worked = ObjectFigures().with_run(0.2, failed=False).with_run(3.0, failed=True)
    worked = worked.with_event("Warning", "RolloutAborted").with_event("Warning", "RolloutAborted")
    seen = figures.Seen([], {NamespacedName("shop", "web"): worked})
    told = figures.exposition(seen, figures.Seen([]), figures.Seen([])).splitlines()
    place = 'namespace="shop",name="web"'
    buckets = [line for line in told if line.startswith("rollout_reconcile_bucket")]
    assert buckets == [
        f'rollout_reconcile_bucket{{{place},le="0.01"}} 0',
        f'rollout_reconcile_bucket{{{place},le="0.15"}} 0',
        f'rollout_reconcile_bucket{{{place},le="0.25"}} 1',
        f'rollout_reconcile_bucket{{{place},le="0.5"}} 1',
        f'rollout_reconcile_bucket{{{place},le="1"}} 1',
        f'rollout_reconcile_bucket{{{place},le="+Inf"}} 2',
    ]
    assert f"rollout_reconcile_sum{{{place}}} 3.2" in told
    assert f"rollout_reconcile_count{{{place}}} 2" in told
    assert f"rollout_reconcile_error{{{place}}} 1" in told
    assert f'rollout_events_total{{{place},type="Warning",reason="RolloutAborted"}} 2' in told


def test_of_each_phase_it_is_told_whether_it_is_that_of_the_run() -> None:
    results = (MetricResult(name="errors", phase="Failed", dry_run=True),)
    run = AnalysisRun(
        metadata=ObjectMeta(name="web", namespace="shop"),
        status=AnalysisRunStatus(phase="Successful", metric_results=results),
    )
    told = figures.exposition(figures.Seen([]), figures.Seen([]), figures.Seen([run])).splitlines()
    place = 'namespace="shop",name="web"'
    assert f'analysis_run_phase{{{place},phase="Successful"}} 1' in told
    assert f'analysis_run_phase{{{place},phase="Failed"}} 0' in told
    assert f'analysis_run_metric_phase{{{place},metric="errors",dry_run="true",phase="Failed"}} 1' in told


async def test_a_release_is_counted_until_its_rollout_is_gone() -> None:
    async with stage() as world, world.controller() as controller:
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": [{"setWeight": 50}]}}))
        await world.until_phase("Healthy")
        await world.clock.sleep(1)
        (figures_of_web,) = controller.tally.figures.values()
        assert controller.loop.counters.runs == figures_of_web.work.count > 0
        assert figures_of_web.failures == 0
        assert sum(figures_of_web.events.values()) == len(await world.events())
        await world.cluster.delete(ROLLOUT, "shop", "web")
        await world.clock.sleep(5)
        assert not controller.tally.figures


async def test_experiments_and_analyses_are_counted_too() -> None:
    answers = Answers(good=[0.0, 1.0])
    spec = {"metrics": [{"name": "good", "successCondition": "result == 1", "provider": {"web": {"url": "http://x"}}}]}
    run = {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": {"name": "r", "namespace": "shop"},
        "spec": spec,
    }
    async with stage() as world, measuring(world, answers) as analyses:
        await world.put(ANALYSIS_RUN, run)
        await world.clock.sleep(5)
        told = exposition(analyses.tally, analyses.tally, analyses.tally)
        assert 'analysis_run_info{namespace="shop",name="r",phase="Failed"} 1' in told
        assert analyses.tally.figures[NamespacedName("shop", "r")].work.count > 0


def metric(name: str, provider: dict[str, Any]) -> Metric:
    return msgspec.convert({"name": name, "provider": provider}, Metric)


PROVIDERS: list[tuple[dict[str, Any], str]] = [
    ({"prometheus": {"query": "up"}}, "Prometheus"),
    ({"newRelic": {"query": "x"}}, "NewRelic"),
    ({"cloudWatch": {"metricDataQueries": []}}, "CloudWatch"),
    ({"job": {"spec": {}}}, "Job"),
    ({"plugin": {"acme/counter": {}}}, "acme/counter"),
    ({}, ""),
]


@pytest.mark.parametrize(("provider", "word"), PROVIDERS)
def test_who_measures_is_told_of_templates_and_runs(provider: dict[str, Any], word: str) -> None:
    metrics = (metric("good", provider),)
    run = AnalysisRun(metadata=ObjectMeta(name="web", namespace="shop"), spec=AnalysisRunSpec(metrics=metrics))
    told = figures.exposition(figures.Seen([]), figures.Seen([]), figures.Seen([run])).splitlines()
    assert f'analysis_run_metric_type{{namespace="shop",name="web",type="{word}",metric="good"}} 1' in told
    template = ClusterAnalysisTemplate(metadata=ObjectMeta(name="all"), spec=AnalysisTemplateSpec(metrics=metrics))
    known = process_figures.of_templates([template]).splitlines()
    assert 'analysis_template_info{namespace="",name="all"} 1' in known
    assert f'analysis_template_metric_info{{namespace="",name="all",type="{word}",metric="good"}} 1' in known


async def test_what_the_cluster_was_asked_is_counted_with_its_answer() -> None:
    async with stage() as world:
        cluster = CountedCluster(world.cluster)
        obj = rollout_object({"canary": {}})
        await cluster.create(ROLLOUT, obj, field_manager="t")
        with pytest.raises(AlreadyExists):
            await cluster.create(ROLLOUT, obj, field_manager="t")
        assert await cluster.get(ROLLOUT, "shop", "nobody") is None
        await cluster.as_user("system:admin").list(ROLLOUT)
        await cluster.patch(ROLLOUT, "shop", "web", {"spec": {"replicas": 3}}, PatchKind.MERGE, field_manager="t")
        listing = await cluster.list(ROLLOUT)
        await cluster.delete(ROLLOUT, "shop", "web")
        async for _ in cluster.watch(ROLLOUT, resource_version=listing.resource_version):
            break
        with pytest.raises(ApiError) as refused:
            _ = [one async for one in cluster.watch(ROLLOUT, resource_version="not a version")]
    lines = [line for line in process_figures.of_process(cluster.requests, "1").splitlines() if "{kind" in line]
    place = 'kind="rollouts",namespace="{}",verb="{}",status_code="{}"'
    for namespace, verb, status, count in (
        ("shop", "Create", 201, 1),
        ("shop", "Create", 409, 1),
        ("shop", "Get", 404, 1),
        ("", "List", 200, 2),
        ("shop", "Patch", 200, 1),
        ("shop", "Delete", 200, 1),
        ("", "Watch", refused.value.status, 1),
    ):
        assert f"controller_clientset_k8s_request_total{{{place.format(namespace, verb, status)}}} {count}" in lines


def test_notifications_are_told_as_a_whole() -> None:
    told = process_figures.of_process({}, "1", delivered=3, failed=1).splitlines()
    assert [line for line in told if line.startswith("notification")] == [
        "notification_send_success{} 3",
        "notification_send_error{} 1",
    ]


async def test_a_queue_is_told_as_those_of_other_controllers_are() -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    queue: KeyedQueue[str] = KeyedQueue(clock)
    for key in ("web", "pay", "web"):
        queue.add(key)
    queue.add("later", timedelta(seconds=60))
    await clock.sleep(2)
    assert await queue.get() == "web"
    await clock.sleep(3)
    queue.done("web")
    await queue.get()
    await clock.sleep(0.5)
    told = process_figures.of_queues({"Rollouts": queue.figures()}).splitlines()
    for name, value in (
        ("depth", "0"),
        ("adds_total", "2"),
        ("retries_total", "1"),
        ("queue_duration_seconds_count", "2"),
        ("queue_duration_seconds_sum", "7.0"),
        ("work_duration_seconds_count", "1"),
        ("work_duration_seconds_sum", "3.0"),
        ("unfinished_work_seconds", "0.5"),
        ("longest_running_processor_seconds", "0.5"),
    ):
        assert f'workqueue_{name}{{name="Rollouts"}} {value}' in told
    assert 'workqueue_queue_duration_seconds_bucket{name="Rollouts",le="1e-08"} 0' in told
    assert 'workqueue_queue_duration_seconds_bucket{name="Rollouts",le="10"} 2' in told
    await clock.sleep(60)
    assert queue.figures().depth == 1


async def test_the_queue_of_a_controller_is_counted() -> None:
    async with stage() as world, world.controller() as controller:
        await world.put(ROLLOUT, rollout_object({"canary": {}}))
        await world.until_phase("Healthy")
        await world.clock.sleep(1)
        figures_of_queue = controller.loop.queue.figures()
        assert figures_of_queue.worked.count == controller.loop.counters.runs > 0
        assert figures_of_queue.adds == figures_of_queue.waited.count + figures_of_queue.depth
