"""What becomes of a hook whose name another application's hook has left taken."""

from __future__ import annotations

import json

from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map, job
from tests.unit.controllers.application.harness import JOB, Stage, stage

AUTOMATED = {"automated": {}, "syncOptions": ["CreateNamespace=true"]}
TRACKING = Annotation.TRACKING_ID.value


def migrate(phase: str = "PreSync") -> KubeObject:
    return job(annotations={Annotation.HOOK.value: phase})


async def finish(world: Stage) -> None:
    condition = {"type": "Complete", "status": "True", "message": "it ended"}
    await world.patch(JOB, "migrate", {"status": {"conditions": [condition]}}, subresource="status")


async def owner(world: Stage) -> str:
    live = await world.get(JOB, "migrate")
    return str(live["metadata"]["annotations"][TRACKING]).partition(":")[0] if live is not None else ""


async def test_a_hook_waits_for_the_sync_that_uses_its_name_and_takes_the_place_of_what_it_leaves() -> None:
    async with stage() as world:
        other = {"pay/00.json": _text(migrate()), "pay/01.json": _text(config_map("prices"))}
        world.push(migrate(), config_map(), **other)
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.create_application("pay", path="pay", policy={**AUTOMATED, "retry": {"limit": 5}})
            await world.settle(controller, 1)
            assert await owner(world) == "web"
            await finish(world)
            await world.settle(controller, 60)
            assert await owner(world) == "pay"
            assert await world.get(CONFIG_MAP, "prices") is None
            await finish(world)
            await world.settle(controller, 1)
            assert await world.get(CONFIG_MAP, "prices") is not None
            assert (await world.application("pay")).status.sync.status == "Synced"


async def test_an_application_goes_although_another_left_a_hook_of_the_name_of_its_own() -> None:
    async with stage() as world:
        world.push(migrate(), config_map(), **{"pay/00.json": _text(migrate("PostDelete"))})
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await finish(world)
            await world.create_application("pay", path="pay")
            await world.settle(controller, 60)
            await world.cluster.delete(APPLICATION, "argocd", "pay")
            await world.settle(controller, 60)
            assert await owner(world) == "pay"
            await finish(world)
            await world.settle(controller, 60)
            assert await world.get(APPLICATION, "pay", "argocd") is None


def _text(obj: KubeObject) -> str:
    return json.dumps(obj)
