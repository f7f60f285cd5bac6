"""What a render notes stands in the status, for as long as it holds."""

from __future__ import annotations

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
