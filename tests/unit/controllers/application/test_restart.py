"""A process that is killed at any write of a sync is carried on by the next one."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP, SYNC_RECORD
from holdfast.testing.builders import config_map, deployment, job
from tests.unit.controllers.application.harness import DEPLOYMENT, JOB, Stage, WatchedTransport, namespace, stage

# More than a whole sync of `prepare` takes: beyond its last write nothing is killed any more.
MOST_WRITES = 36


async def prepare(world: Stage) -> None:
    """A sync with a hook of a generated name, two waves, an object to prune and a hook after it."""
    before = {**job("x", annotations={Annotation.HOOK.value: "PreSync"})}
    before["metadata"] = {"generateName": "migrate-", "annotations": before["metadata"]["annotations"]}
    after = job(
        "smoke", annotations={Annotation.HOOK.value: "PostSync", Annotation.HOOK_DELETE_POLICY.value: "HookSucceeded"}
    )
    world.push(
        before, config_map(), config_map("late", annotations={Annotation.SYNC_WAVE.value: "1"}), deployment(), after
    )
    await namespace(world, "attic")
    owned = {Annotation.TRACKING_ID.value: "web:/ConfigMap:attic/old"}
    await world.put(config_map("old", namespace="attic", annotations=owned), CONFIG_MAP)
    await world.create_application(
        policy={"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
    )


async def finish_jobs(world: Stage, created: list[str]) -> None:
    """Lets every Job succeed as soon as it appears, and keeps a list of those that were ever made."""
    while True:
        for live in (await world.cluster.list(JOB, namespace="shop")).items:
            if live.metadata.uid not in created:
                created.append(live.metadata.uid)
                status = {"conditions": [{"type": "Complete", "status": "True"}]}
                await world.patch(JOB, live.metadata.name, {"status": status}, subresource="status")
        for live in (await world.cluster.list(DEPLOYMENT, namespace="shop")).items:
            obj = live.decode()
            if (obj.get("status") or {}).get("observedGeneration") != live.metadata.generation:
                counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
                ready = {"observedGeneration": live.metadata.generation, **counts}
                await world.patch(DEPLOYMENT, live.metadata.name, {"status": ready}, subresource="status")
        await world.clock.sleep(2)


@pytest.mark.parametrize("number", range(1, MOST_WRITES + 1))
async def test_a_sync_survives_a_kill(number: int) -> None:
    """The write has reached the server; its answer reached nobody."""
    async with stage() as world:
        created: list[str] = []
        jobs = asyncio.create_task(finish_jobs(world, created))
        await prepare(world)
        world.transport = WatchedTransport(world.server)
        world.transport.kill_at = number
        async with world.controller():
            if not world.transport.killed.is_set():
                await asyncio.wait(
                    {
                        asyncio.ensure_future(world.transport.killed.wait()),
                        asyncio.ensure_future(world.clock.sleep(30)),
                    },
                    return_when=asyncio.FIRST_COMPLETED,
                )
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 40)
            app = await world.application()
            assert app.operation is None
            state = app.status.operation_state
            assert state is not None
            assert (state.phase, state.retry_count) == ("Succeeded", 0), state.message
            assert (app.status.sync.status, app.status.health.status) == ("Synced", "Healthy")
            assert [entry.id for entry in app.status.history] == [0]
            assert len(created) == 2, "each hook is created once"
            for name in ("settings", "late"):
                assert await world.get(CONFIG_MAP, name) is not None
            assert await world.get(CONFIG_MAP, "old", "attic") is None
            records = (await world.cluster.list(SYNC_RECORD, namespace="argocd")).items
            assert len(records) == 1, "a sync is recorded once"
            jobs_left = (await world.cluster.list(JOB, namespace="shop")).items
            assert [live.metadata.name[:8] for live in jobs_left] == ["migrate-"]
            before = list(world.transport.writes)
            await world.settle(controller, 130)
            assert world.transport.writes == before
        jobs.cancel()
