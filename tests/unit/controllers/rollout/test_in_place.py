"""Canaries of StatefulSets and DaemonSets by workloadRef."""

from __future__ import annotations

import pytest

from holdfast.cli.rollout import in_place, tree
from holdfast.model.names import API_VERSION
from holdfast.ports.cluster import PatchKind
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, ANALYSIS_TEMPLATE, NAMESPACE_NAME, POD, ROLLOUT, stage
from tests.unit.controllers.rollout.in_place import KINDS, Deployed, workload_object

both = pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])


@both
async def test_a_new_template_waits_for_its_steps_and_then_takes_over(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start()
        await db.commit("db:2")
        await db.until_phase("Paused")
        assert await world.pods() == {"db:1": 2, "db:2": 2}
        await world.clock.sleep(120)
        assert await world.pods() == {"db:1": 2, "db:2": 2}, "more pods became new while it was paused"
        assert (await db.rollout()).status.current_step_index == 1
        await db.promote()
        await db.until_phase("Healthy")
        assert await world.pods() == {"db:2": 4}


@both
async def test_an_abort_brings_the_pods_back_and_leaves_the_template_to_git(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start()
        await db.commit("db:2")
        await db.until_phase("Paused")
        await db.status(abort=True)
        found = await db.until_phase("Degraded")
        assert "RolloutAborted" in found.status.message
        await db.until_pods(v1=4)
        await world.clock.sleep(60)
        assert await world.pods() == {"db:1": 4}
        template = (await db.workload())["spec"]["template"]
        assert template["spec"]["containers"][0]["image"] == "db:2", "the template of Git was kept from it"
        await db.status(abort=False)
        await db.until_phase("Paused")
        assert await world.pods() == {"db:1": 2, "db:2": 2}, "a retry begins again"
        await db.commit("db:1")
        await db.until_phase("Healthy")
        assert await world.pods() == {"db:1": 4}


async def test_a_template_that_has_more_than_one_owner_is_brought_back_whole() -> None:
    """Git applies it, and a person has added to it what an applied template without it would leave there."""
    async with stage() as world, world.controller():
        db = Deployed(world, "DaemonSet")
        await db.start()
        added = {
            "metadata": {"annotations": {"mood": "slow"}},
            "spec": {"containers": [{"name": "db", "image": "db:2"}]},
        }
        await world.cluster.patch(
            KINDS["DaemonSet"],
            NAMESPACE_NAME,
            "db",
            {"spec": {"template": added}},
            PatchKind.MERGE,
            field_manager="kubectl",
        )
        await db.until_phase("Paused")
        await db.status(abort=True)
        await db.until_pods(v1=4)
        await world.clock.sleep(60)
        assert (await db.rollout()).status.abort
        template = (await db.workload())["spec"]["template"]
        assert template["metadata"]["annotations"] == {"mood": "slow"}, "the newest template was not given back"


@both
async def test_no_more_pods_are_away_than_allowed(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start(steps=[{"setWeight": 50}])
        await db.commit("db:2")
        fewest = 4
        while (await db.rollout()).status.phase != "Healthy" or await world.pods() != {"db:2": 4}:
            fewest = min(fewest, await db.ready())
            await world.clock.sleep(0.2)
        assert fewest == 3


async def test_a_stateful_set_is_updated_from_the_highest_ordinal_and_scales_in_the_middle() -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, "StatefulSet")
        await db.start(steps=[{"setWeight": 25}, {"pause": {}}])
        await db.commit("db:2")
        await db.until_phase("Paused")
        assert await db.images() == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:1", "db-3": "db:2"}
        await world.patch(KINDS["StatefulSet"], "db", {"spec": {"replicas": 8}})
        await db.until_pods(v1=6, v2=2)
        await world.clock.sleep(60)
        assert await world.pods() == {"db:1": 6, "db:2": 2}


async def test_a_pod_that_dies_comes_back_as_it_was() -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, "StatefulSet")
        await db.start()
        await db.commit("db:2")
        await db.until_phase("Paused")
        await world.cluster.delete(POD, NAMESPACE_NAME, "db-0")
        await world.clock.sleep(60)
        assert (await db.images())["db-0"] == "db:1"


@both
async def test_what_is_not_served_is_refused(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start()
        await world.patch(ROLLOUT, "db", {"spec": {"strategy": {"canary": {"maxSurge": 1}}}})
        found = await world.until(lambda it: "maxSurge" in it.status.message, name="db")
        assert "replaced in place" in found.status.message


@both
async def test_git_going_back_within_the_window_takes_no_steps(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start(steps=[{"setWeight": 50}, {"pause": {"duration": 600}}], rollbackWindow={"revisions": 1})
        await db.commit("db:2")
        await db.until_phase("Paused")
        await db.until_phase("Healthy", 900)
        began = world.clock.monotonic()
        await db.commit("db:1")
        await db.until_pods(v1=4)
        await db.until_phase("Healthy")
        assert world.clock.monotonic() - began < 300, "it went through the steps"


@both
async def test_a_newer_template_in_the_middle_begins_again(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start()
        await db.commit("db:2")
        await db.until_phase("Paused")
        await db.commit("db:3")
        await db.until_pods(v1=2, v3=2)
        await db.until_phase("Paused")
        await db.status(abort=True)
        await db.until_pods(v1=4)


@both
async def test_a_failing_analysis_brings_the_pods_back(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        metric = {"name": "errors", "failureLimit": 0, "provider": {"web": {"url": "http://x.example.com"}}}
        template = {"metadata": {"name": "check", "namespace": NAMESPACE_NAME}, "spec": {"metrics": [metric]}}
        await world.put(ANALYSIS_TEMPLATE, {"apiVersion": API_VERSION, "kind": "AnalysisTemplate", **template})
        await db.start(steps=[{"setWeight": 25}, {"analysis": {"templates": [{"templateName": "check"}]}}])
        await db.commit("db:2")
        found = await world.until(lambda it: it.status.canary.current_step_analysis_run_status is not None, name="db")
        run = found.status.canary.current_step_analysis_run_status
        assert run is not None
        assert await world.pods() == {"db:1": 3, "db:2": 1}
        failed = {"status": {"phase": "Failed", "message": "too many errors"}}
        await world.patch(ANALYSIS_RUN, run.name, failed)
        found = await db.until_phase("Degraded")
        assert "too many errors" in found.status.message
        await db.until_pods(v1=4)


@both
async def test_a_restart_makes_all_pods_anew_one_by_one(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start()
        await world.clock.sleep(30)
        before = await db.uids()
        await world.patch(ROLLOUT, "db", {"spec": {"restartAt": world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")}})
        fewest = 4
        while before & await db.uids() or await db.ready() < 4:
            fewest = min(fewest, await db.ready())
            await world.clock.sleep(0.2)
        assert fewest >= 3


async def test_what_a_refused_template_added_goes_with_the_next_one() -> None:
    """The pods were brought back by the stable template: who deploys still owns every field of his own."""
    async with stage() as world, world.controller():
        db = Deployed(world, "DaemonSet")
        await db.start()
        added = workload_object("DaemonSet", "db:2")
        added["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "MODE", "value": "new"}]
        await world.put(KINDS["DaemonSet"], added)
        await db.until_phase("Paused")
        await db.status(abort=True)
        await db.until_pods(v1=4)
        await world.clock.sleep(15)
        container = (await db.workload())["spec"]["template"]["spec"]["containers"][0]
        assert container["env"] == [{"name": "MODE", "value": "new"}]
        await db.commit("db:3")
        assert "env" not in (await db.workload())["spec"]["template"]["spec"]["containers"][0]


@both
async def test_the_commands_show_its_revisions_and_undo_one(kind: str) -> None:
    async with stage() as world, world.controller():
        db = Deployed(world, kind)
        await db.start(steps=[{"setWeight": 25}, {"pause": {}}])
        await db.commit("db:2")
        found = await db.until_phase("Paused")
        family = await tree.gather(world.cluster, found)
        rows = tree.rows(found, family, world.clock.now())
        assert tree.images(found, family) == ["db:2 (canary)", "db:1 (stable)"]
        told = [(row[0].strip(), row[1], row[4]) for row in rows if row[1] != "Pod"]
        assert [name for name, kind_, _ in told if not kind_] == ["# revision:2", "# revision:1"]
        assert [info for _, kind_, info in told if kind_ == "ControllerRevision"] == ["canary", "stable"]
        assert sum(row[1] == "Pod" for row in rows) == 4
        said = await in_place.undo(world.cluster, found, await db.workload(), 0)
        assert said == "rollout 'db' undone to revision 1"
        await db.until_pods(v1=4)
        await db.until_phase("Healthy")
