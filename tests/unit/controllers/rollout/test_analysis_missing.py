"""An analysis that cannot be started is told before anything happens, and the Rollout goes on when it can."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)

CLUSTER_TEMPLATE = resource("argoproj.io/v1alpha1", "ClusterAnalysisTemplate", namespaced=False)
METRIC = {"name": "errors", "provider": {"prometheus": {"address": "http://p", "query": "up{app='{{args.app}}'}"}}}
ASKED: dict[str, Any] = {"templates": [{"templateName": "errors"}]}
EXPERIMENT: dict[str, Any] = {
    "templates": [{"name": "a", "specRef": "stable"}],
    "analyses": [{"name": "it", "templateName": "errors"}],
}
CANARY = "spec.strategy.canary"
BLUE_GREEN = "spec.strategy.blueGreen"
PLACES: list[tuple[dict[str, Any], str]] = [
    ({"canary": {"steps": [{"setWeight": 50}, {"analysis": ASKED}]}}, f"{CANARY}.steps[1].analysis"),
    ({"canary": {"steps": [{"experiment": EXPERIMENT}]}}, f"{CANARY}.steps[0].experiment.analyses[0]"),
    ({"canary": {"steps": [{"setWeight": 50}], "analysis": ASKED}}, f"{CANARY}.analysis"),
    ({"blueGreen": {"activeService": "a", "prePromotionAnalysis": ASKED}}, f"{BLUE_GREEN}.prePromotionAnalysis"),
    ({"blueGreen": {"activeService": "a", "postPromotionAnalysis": ASKED}}, f"{BLUE_GREEN}.postPromotionAnalysis"),
]


def template(name: str = "errors", *, kind: str = "AnalysisTemplate", **spec: Any) -> KubeObject:
    metadata = {"name": name, **({"namespace": "shop"} if kind == "AnalysisTemplate" else {})}
    spec = spec or {"args": [{"name": "app", "value": "web"}], "metrics": [METRIC]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


async def invalid(world: Stage) -> str:
    found = await world.until(lambda it: any(one.type == "InvalidSpec" for one in it.status.conditions))
    assert found.status.phase == "Degraded"
    assert found.status.message.startswith("InvalidSpec: ")
    assert (await world.events()).count("InvalidSpec") == 1
    return next(one.message for one in found.status.conditions if one.type == "InvalidSpec")


@pytest.mark.parametrize(("strategy", "place"), PLACES, ids=[place for _, place in PLACES])
async def test_a_missing_template_is_told_before_anything_happens(strategy: dict[str, Any], place: str) -> None:
    async with stage() as world, world.controller():
        await world.put(SERVICE, service_object("a"))
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        told = f"The Rollout \"web\" is invalid: {place}: Invalid value: AnalysisTemplate 'errors' not found"
        assert await invalid(world) == told
        assert await world.sets() == {}
        await world.put(ANALYSIS_TEMPLATE, template())
        await world.until_phase("Healthy", seconds=30)


async def test_a_release_waits_for_its_template_with_the_old_pods_and_then_begins() -> None:
    async with stage() as world, world.controller():
        await world.put(ANALYSIS_TEMPLATE, template())
        await world.put(ROLLOUT, rollout_object(PLACES[0][0], replicas=2))
        await world.until_phase("Healthy")
        await world.cluster.delete(ANALYSIS_TEMPLATE, "shop", "errors")
        await invalid(world)
        await world.set_image("web:2")
        await world.clock.sleep(30)
        assert await world.sets() == {"web:1": 2}
        await world.put(ANALYSIS_TEMPLATE, template())
        await world.until(lambda it: it.status.current_step_index == 1, seconds=30)


async def test_it_wakes_when_a_template_comes_that_its_template_names() -> None:
    async with stage() as world, world.controller():
        inner: dict[str, Any] = {"templates": [{"templateName": "shared", "clusterScope": True}]}
        await world.put(ANALYSIS_TEMPLATE, template(**inner))
        await world.put(ROLLOUT, rollout_object(PLACES[0][0], replicas=2))
        assert (await invalid(world)).endswith("ClusterAnalysisTemplate 'shared' not found")
        last: dict[str, Any] = {"templates": [{"templateName": "last"}]}
        await world.put(CLUSTER_TEMPLATE, template("shared", kind="ClusterAnalysisTemplate", **last))
        await world.until(lambda it: "AnalysisTemplate 'last' not found" in it.status.message, seconds=30)
        await world.put(ANALYSIS_TEMPLATE, template("last"))
        await world.until_phase("Healthy", seconds=30)


@pytest.mark.parametrize(
    ("args", "spec", "fault"),
    [
        ([], {"args": [{"name": "app"}], "metrics": [METRIC]}, "args.app was not resolved"),
        ([], {"metrics": [METRIC]}, "metrics[0]: failed to resolve {{args.app}}"),
        (
            [{"name": "app", "valueFrom": {"fieldRef": {"fieldPath": "spec.nothing"}}}],
            {"args": [{"name": "app"}], "metrics": [METRIC]},
            "the Rollout has no field spec.nothing",
        ),
        (
            [{"name": "app", "value": "web"}],
            {"args": [{"name": "app"}], "metrics": [METRIC, METRIC]},
            "two metrics have the name 'errors'",
        ),
        (
            [{"name": "app", "value": "web"}],
            {"args": [{"name": "app"}], "metrics": [{**METRIC, "count": 3}]},
            "metrics[0]: interval must be specified when count > 1",
        ),
    ],
)
async def test_arguments_and_metrics_that_make_no_run(
    args: list[dict[str, Any]], spec: dict[str, Any], fault: str
) -> None:
    async with stage() as world, world.controller():
        await world.put(ANALYSIS_TEMPLATE, template(**spec))
        steps = [{"setWeight": 50}, {"analysis": {**ASKED, "args": args}}]
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=2))
        place = 'spec.strategy.canary.steps[1].analysis: Invalid value: "errors"'
        assert (await invalid(world)).endswith(f"{place}: {fault}")


async def test_what_only_the_run_will_know_is_no_fault() -> None:
    async with stage() as world, world.controller():
        secret = {"name": "app", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
        await world.put(ANALYSIS_TEMPLATE, template(args=[secret, {"name": "step"}], metrics=[METRIC]))
        step = {"name": "step", "valueFrom": {"fieldRef": {"fieldPath": "status.abortedAt"}}}
        steps = [{"setWeight": 50}, {"analysis": {**ASKED, "args": [step]}}]
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        # The step has come, and the status still has no such field: told as well, and nothing is hidden.
        assert (await invalid(world)).endswith("the Rollout has no field status.abortedAt")
        assert (await world.cluster.list(ANALYSIS_RUN, namespace="shop")).items == ()


async def test_what_the_cluster_refuses_is_told() -> None:
    async with stage() as world, world.controller():
        pods = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
        obj = rollout_object({"canary": {}})
        await world.put(ROLLOUT, {**obj, "spec": {**obj["spec"], "template": pods, "replicas": 2}})
        assert "the cluster refuses what the Rollout asks for" in await invalid(world)
