"""What a render notes stands in the status, for as long as it holds."""

from __future__ import annotations

import json

from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import namespace, stage


async def test_a_file_that_is_left_out_is_a_warning_until_it_is_gone() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map("a"), **{"app/notes.yaml": "just: text\n"})
        await world.create_application(policy={"automated": {"prune": True}})
        async with world.controller() as controller:
            await world.settle(controller, 5)
            app = await world.application()
            assert app.status.sync.status == "Synced"
            (warning,) = app.status.conditions
            assert warning.type == "RenderWarning"
            assert "notes.yaml" in warning.message
            assert app.metadata.key in controller.world.at_rest, "it is not looked at more often than others"
            world.push(config_map("a"))
            await world.settle(controller, 300)
            assert (await world.application()).status.conditions == ()


async def test_an_object_that_is_there_twice_is_told_once_with_its_places() -> None:
    async with stage() as world:
        await namespace(world)
        hook = config_map("h")
        hook["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
        twice = {
            f"app/{name}.yaml": json.dumps([config_map("x"), hook][at])
            for at in (0, 1)
            for name in ("pq"[at], "rs"[at])
        }
        world.push(config_map("a"), **twice)
        await world.create_application()
        async with world.controller() as controller:
            await world.settle(controller, 5)
            said = {one.type: one.message for one in (await world.application()).status.conditions}
            assert said == {
                "RepeatedResourceWarning": "Resource /ConfigMap/shop/x appeared 2 times among application resources. "
                "ConfigMap x is in app/p.yaml and again in app/r.yaml: the later one is used last",
                "RenderWarning": "ConfigMap h is in app/q.yaml and again in app/s.yaml: the later one is used last",
            }
