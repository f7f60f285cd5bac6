"""A step that a program of the user carries out: the one that the page shows."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from holdfast.adapters.step_plugins.programs import PluginPrograms
from holdfast.cli.rollout.looking import summary
from tests.features.house import House
from tests.features.metrics_server import Metrics
from tests.features.page import Page
from tests.features.test_rollouts import controllers, rollout_of, until_health, until_pods, with_image

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def released(house: House, page: Page, folder: Path, metrics: Metrics) -> AsyncIterator[None]:
    """The second version, with the program of the page in the folder."""
    shebang, _, text = page.block("soak").partition("\n")
    assert shebang == "#!/usr/bin/env python3"
    program = folder / "soak"
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o755)
    async with metrics.open(), controllers(house, PluginPrograms(folder)):
        rollout = metrics.measured_by(page.yaml("rollout"))
        house.push(rollout)
        await house.create(page.yaml("application"))
        await house.until_settled()
        house.push(with_image(rollout, 2))
        yield


@pytest.mark.feature("step-plugins")
async def test_a_program_holds_the_canary_until_it_is_content(house: House, page: Page, tmp_path: Path) -> None:
    metrics = Metrics(well=True)
    async with released(house, page, tmp_path, metrics):
        await until_pods(house, v2=4)
        await house.until_settled()
        found = await rollout_of(house)
        assert metrics.asked == ["/health"] * 3
        (entry,) = found.status.canary.step_plugin_statuses
        assert (entry.operation, entry.phase, entry.executions) == ("Run", "Successful", 3)
        assert entry.status == {"good": 3}
        assert ("Plugin", "step 2, Run soak: Successful") in [
            (name, value.partition(" well")[0]) for name, value in summary(found)
        ]


@pytest.mark.feature("step-plugins")
async def test_a_program_that_fails_aborts_the_release(house: House, page: Page, tmp_path: Path) -> None:
    metrics = Metrics(well=False)
    async with released(house, page, tmp_path, metrics):
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)

        async def is_taken_back() -> bool:
            statuses = (await rollout_of(house)).status.canary.step_plugin_statuses
            return [(one.operation, one.phase) for one in statuses] == [("Run", "Failed"), ("Abort", "Successful")]

        await house.until(is_taken_back, "the program was asked to abort")
        said = msgspec.json.encode(await rollout_of(house)).decode()
        assert "step plugin soak failed: http://" in said
        assert metrics.asked == ["/health"]
