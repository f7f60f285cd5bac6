"""An Experiment from its first pods to the last; the test itself plays the measuring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from holdfast.model.experiment import Experiment
from holdfast.model.kube import KubeObject
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    EXPERIMENT,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    VIRTUAL_SERVICE,
    Stage,
    rollout_object,
    stage,
)
from tests.unit.controllers.rollout.test_analysis import judged, runs, template
from tests.unit.controllers.rollout.test_istio import deployed
from tests.unit.controllers.rollout.test_restart import STRIDE

Told = Callable[[Experiment], bool]


def pods_of(name: str, image: str, **more: Any) -> KubeObject:
    ports = [{"containerPort": 8080}]
    return {
        "name": name,
        "selector": {"matchLabels": {"app": "try"}},
        "template": {
            "metadata": {"labels": {"app": "try"}},
            "spec": {"containers": [{"name": "web", "image": image, "ports": ports}]},
        },
        **more,
    }


def experiment_object(**spec: Any) -> KubeObject:
    templates = [pods_of("old", "web:1", replicas=2), pods_of("new", "web:2", replicas=2)]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Experiment",
        "metadata": {"name": "try", "namespace": "shop"},
        "spec": {"templates": templates, **spec},
    }


def analysis(name: str, **more: Any) -> dict[str, Any]:
    args = [{"name": "service", "value": "{{templates.new.podTemplateHash}}"}]
    return {"name": name, "templateName": "errors", "args": args, **more}


async def until(world: Stage, told: Told, seconds: float = 120, name: str = "try") -> Experiment:
    ends = world.clock.monotonic() + seconds
    while True:
        obj = await world.cluster.get(EXPERIMENT, "shop", name)
        found = msgspec.convert(obj, Experiment) if obj is not None else Experiment()
        if told(found):
            return found
        assert world.clock.monotonic() < ends, f"not within {seconds} s: {found.status}"
        await world.clock.sleep(0.5)


async def until_phase(world: Stage, phase: str, seconds: float = 120, name: str = "try") -> Experiment:
    return await until(world, lambda it: it.status.phase == phase, seconds, name)


async def test_the_pods_run_side_by_side_for_the_duration_and_go_after_the_delay() -> None:
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(duration="60s", scaleDownDelaySeconds=20))
        found = await until_phase(world, "Running")
        assert await world.pods() == {"web:1": 2, "web:2": 2}
        assert [(one.status, one.available_replicas) for one in found.status.template_statuses] == [("Running", 2)] * 2
        hashes = {one.pod_template_hash for one in found.status.template_statuses}
        assert len(hashes) == 2
        assert "" not in hashes
        await world.clock.sleep(55)
        assert (await until(world, lambda _: True)).status.phase == "Running"
        found = await until_phase(world, "Successful", 10)
        assert {one.status for one in found.status.template_statuses} == {"Successful"}
        assert await world.pods() == {"web:1": 2, "web:2": 2}
        await world.clock.sleep(25)
        assert await world.pods() == {}
        conditions = {one.type: (one.status, one.reason) for one in found.status.conditions}
        assert conditions == {"Progressing": ("False", "ExperimentCompleted")}


async def test_an_analysis_is_told_the_hashes_and_its_failure_ends_it_at_once() -> None:
    async with stage() as world, world.controller():
        await template(world)
        await world.put(EXPERIMENT, experiment_object(duration="1h", analyses=[analysis("errors"), analysis("more")]))
        found = await until(world, lambda it: len(it.status.analysis_runs) == 2)
        first, second = await runs(world)
        assert (first["metadata"]["name"], second["metadata"]["name"]) == ("try-errors", "try-more")
        assert first["spec"]["args"] == [
            {"name": "service", "value": found.status.template_statuses[1].pod_template_hash}
        ]
        await judged(world, "try-errors", "Failed", "too many errors")
        await world.clock.sleep(1)
        assert (await world.get(ANALYSIS_RUN, "try-more"))["spec"]["terminate"] is True
        await judged(world, "try-more", "Successful")
        found = await until_phase(world, "Failed", 5)
        assert found.status.message == "too many errors"
        await world.clock.sleep(40)
        assert await world.pods() == {}


async def test_one_without_duration_ends_with_the_analyses_that_it_must_wait_for() -> None:
    analyses = [analysis("errors", requiredForCompletion=True), analysis("more")]
    async with stage() as world, world.controller():
        await template(world)
        await world.put(EXPERIMENT, experiment_object(analyses=analyses))
        await until(world, lambda it: len(it.status.analysis_runs) == 2)
        await world.clock.sleep(600)
        assert (await until(world, lambda _: True)).status.phase == "Running"
        await judged(world, "try-errors", "Successful")
        await world.clock.sleep(1)
        assert (await world.get(ANALYSIS_RUN, "try-more"))["spec"]["terminate"] is True
        await judged(world, "try-more", "Inconclusive")
        await until_phase(world, "Inconclusive", 5)


async def test_the_duration_waits_for_an_analysis_that_is_needed() -> None:
    analyses = [analysis("errors", requiredForCompletion=True)]
    async with stage() as world, world.controller():
        await template(world)
        await world.put(EXPERIMENT, experiment_object(duration="10s", analyses=analyses))
        await until_phase(world, "Running")
        await world.clock.sleep(30)
        assert (await until(world, lambda _: True)).status.phase == "Running"
        await judged(world, "try-errors", "Successful")
        await until_phase(world, "Successful", 5)


async def test_a_person_ends_it() -> None:
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(scaleDownDelaySeconds=0))
        await until_phase(world, "Running")
        await world.patch(EXPERIMENT, "try", {"spec": {"terminate": True}})
        await until_phase(world, "Successful", 5)
        await world.clock.sleep(5)
        assert await world.pods() == {}


async def test_pods_that_never_serve_fail_it() -> None:
    templates = [pods_of("old", "web:1"), pods_of("new", "web:2", minReadySeconds=50)]
    async with stage() as world, world.controller():
        spec = {"templates": templates, "progressDeadlineSeconds": 51, "duration": "1h"}
        await world.put(EXPERIMENT, experiment_object(**spec))
        found = await until_phase(world, "Failed", 60)
        assert "template new are not available after 51 s" in found.status.message
        assert [one.status for one in found.status.template_statuses] == ["Successful", "Failed"]


async def test_services_select_the_pods_of_their_template_and_go_with_them() -> None:
    templates = [pods_of("old", "web:1", service={}), pods_of("new", "web:2", service={"name": "beta"})]
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(templates=templates, duration="20s"))
        found = await until(world, lambda it: it.status.available_at is not None)
        assert [one.service_name for one in found.status.template_statuses] == ["try-old", "beta"]
        for status in found.status.template_statuses:
            spec = (await world.get(SERVICE, status.service_name))["spec"]
            assert spec["selector"]["rollouts-pod-template-hash"] == status.pod_template_hash
            assert spec["ports"][0]["port"] == 8080
        await until_phase(world, "Successful")
        await world.get(SERVICE, "beta")
        await world.clock.sleep(35)
        assert await world.cluster.get(SERVICE, "shop", "beta") is None


async def test_a_service_of_somebody_else_is_left_alone() -> None:
    stranger = {"metadata": {"name": "beta", "namespace": "shop"}, "spec": {"ports": [{"port": 1}]}}
    async with stage() as world, world.controller():
        await world.put(SERVICE, {"apiVersion": "v1", "kind": "Service", **stranger})
        await world.clock.sleep(1)
        templates = [pods_of("new", "web:2", service={"name": "beta"})]
        await world.put(EXPERIMENT, experiment_object(templates=templates, duration="20s"))
        found = await until_phase(world, "Error")
        assert found.status.message == "Service beta is there and belongs to something else"
        await world.clock.sleep(60)
        assert (await world.get(SERVICE, "beta"))["spec"].get("selector") is None


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"templates": []}, "between 1 and 20"),
        ({"duration": "soon"}, "spec.duration"),
        ({"templates": [pods_of("a", "web:1"), pods_of("a", "web:2")]}, "another one is called 'a'"),
        ({"templates": [pods_of("a", "web:1", selector={"matchLabels": {"app": "x"}})]}, "does not match them"),
        ({"templates": [pods_of("a", "web:1", selector={})]}, "empty selector"),
    ],
)
async def test_one_that_is_not_sound_makes_nothing(spec: dict[str, Any], said: str) -> None:
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(**spec))
        found = await until_phase(world, "Error", 5)
        assert said in found.status.message
        assert (await world.cluster.list(REPLICA_SET, namespace="shop")).items == ()


async def test_an_analysis_without_its_template_is_an_error() -> None:
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(analyses=[analysis("errors")]))
        found = await until_phase(world, "Error")
        assert "AnalysisTemplate 'errors' not found" in found.status.message


async def test_a_retry_begins_anew_with_new_runs() -> None:
    async with stage() as world, world.controller():
        await template(world)
        await world.put(EXPERIMENT, experiment_object(duration="30s", analyses=[analysis("errors")]))
        await until(world, lambda it: bool(it.status.analysis_runs))
        await judged(world, "try-errors", "Failed")
        await until_phase(world, "Failed")
        await world.clock.sleep(40)
        await world.patch(EXPERIMENT, "try", {"status": None}, subresource="status")
        found = await until(world, lambda it: bool(it.status.analysis_runs))
        assert found.status.analysis_runs[0].analysis_run == "try-errors.1"
        assert await world.pods() == {"web:1": 2, "web:2": 2}
        await judged(world, "try-errors.1", "Successful")
        await until_phase(world, "Successful")


@pytest.mark.parametrize("writes", range(1, 16, STRIDE))
async def test_a_controller_that_is_killed_between_two_writes_goes_on(writes: int) -> None:
    templates = [pods_of("old", "web:1", service={}), pods_of("new", "web:2")]
    spec = {"templates": templates, "duration": "30s", "analyses": [analysis("errors", requiredForCompletion=True)]}
    async with stage() as world:
        await template(world)
        world.transport.kill_at = writes
        async with world.controller():
            await world.put(EXPERIMENT, experiment_object(**spec))
            await world.clock.sleep(20)
        world.survive()
        async with world.controller():
            await until(world, lambda it: bool(it.status.analysis_runs))
            assert [run["metadata"]["name"] for run in await runs(world)] == ["try-errors"]
            await judged(world, "try-errors", "Successful")
            await until_phase(world, "Successful")
            await world.clock.sleep(40)
            assert await world.pods() == {}


STEP = {
    "duration": "30s",
    "templates": [{"name": "old", "specRef": "stable"}, {"name": "new", "specRef": "canary", "replicas": 2}],
    "analyses": [{"name": "errors", "templateName": "errors", "args": [{"name": "service", "value": "web"}]}],
}


async def at_experiment(world: Stage) -> Experiment:
    steps: list[dict[str, Any]] = [{"setWeight": 25}, {"experiment": STEP}, {"pause": {}}]
    await template(world)
    await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=4))
    await world.until_phase("Healthy")
    await world.set_image("web:2")
    found = await world.until(lambda it: bool(it.status.canary.current_experiment))
    name = found.status.canary.current_experiment
    return await until(world, lambda it: bool(it.status.analysis_runs), name=name)


async def test_a_canary_goes_on_when_its_experiment_succeeds() -> None:
    async with stage() as world, world.controller():
        found = await at_experiment(world)
        assert await world.pods() == {"web:1": 3 + 1, "web:2": 1 + 2}
        assert (await world.rollout()).status.current_step_index == 1
        await judged(world, f"{found.metadata.name}-errors", "Successful")
        done = await world.until_phase("Paused")
        assert (done.status.current_step_index, done.status.canary.current_experiment) == (2, "")
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 3, "web:2": 1}


async def test_a_canary_goes_back_when_its_experiment_fails() -> None:
    async with stage() as world, world.controller():
        found = await at_experiment(world)
        await judged(world, f"{found.metadata.name}-errors", "Failed", "too many errors")
        done = await world.until_phase("Degraded")
        assert "too many errors" in done.status.message
        await world.clock.sleep(60)
        assert await world.pods() == {"web:1": 4}


async def test_an_abort_ends_the_experiment() -> None:
    async with stage() as world, world.controller():
        found = await at_experiment(world)
        await world.status({"abort": True})
        await world.clock.sleep(2)
        assert (await until(world, lambda _: True, name=found.metadata.name)).spec.terminate
        await judged(world, f"{found.metadata.name}-errors", "Successful")
        await world.clock.sleep(60)
        assert await world.pods() == {"web:1": 4}


async def test_istio_sends_the_experiment_its_share_while_it_runs() -> None:
    new = {"name": "new", "specRef": "canary", "replicas": 2, "weight": 15}
    steps: list[dict[str, Any]] = [
        {"setWeight": 20},
        {"experiment": {"templates": [new], "duration": "30s"}},
        {"pause": {}},
    ]

    async def shares() -> dict[str, int]:
        found = (await world.get(VIRTUAL_SERVICE, "web"))["spec"]["http"][0]["route"]
        return {one["destination"]["host"]: one.get("weight", 0) for one in found}

    async with stage() as world, world.controller():
        await deployed(world, steps=steps)
        await world.set_image("web:2")
        found = await world.until(lambda it: bool(it.status.canary.current_experiment))
        name = found.status.canary.current_experiment
        assert await shares() == {"web-stable": 80, "web-canary": 20}
        await until_phase(world, "Running", name=name)
        await world.clock.sleep(1)
        assert await shares() == {"web-stable": 65, "web-canary": 20, f"{name}-new": 15}
        await world.until_phase("Paused")
        await world.clock.sleep(1)
        assert await shares() == {"web-stable": 80, "web-canary": 20}
