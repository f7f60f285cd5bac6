"""What monitoring reads while a release goes on."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, web

from holdfast.controllers.rollout.figures import exposition
from holdfast.engine.rollout import figures
from holdfast.model.metadata import ObjectMeta
from holdfast.model.rollout import Rollout
from holdfast.server import monitoring
from tests.unit.controllers.rollout.harness import ROLLOUT, rollout_object, stage


async def test_a_rollout_is_told_with_its_phase_and_its_pods() -> None:
    async with stage() as world, world.controller() as controller:
        steps = [{"setWeight": 50}, {"pause": {}}]
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=4))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.clock.sleep(1)
        told = exposition(controller.world.store).splitlines()
    place = 'namespace="shop",name="web"'
    assert f'rollout_info{{{place},strategy="canary",traffic_router="",phase="Paused"}} 1' in told
    assert f"rollout_info_replicas_desired{{{place}}} 4" in told
    assert f"rollout_info_replicas_available{{{place}}} 4" in told
    assert f"rollout_info_replicas_updated{{{place}}} 2" in told
    assert f"rollout_info_replicas_unavailable{{{place}}} 0" in told
    assert "# TYPE experiment_info gauge" in told


def test_a_label_is_one_line_whatever_is_in_it() -> None:
    strange = Rollout(metadata=ObjectMeta(name='a"b\\c\nd', namespace="shop"))
    told = figures.exposition([strange], [], [])
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
