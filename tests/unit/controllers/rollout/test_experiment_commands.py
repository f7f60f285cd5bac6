"""What `holdfast rollout` tells of Experiments and asks of them."""

from __future__ import annotations

import re

import pytest

from holdfast.cli.rollout import experiments, tree
from holdfast.model.errors import Blocked
from tests.unit.controllers.rollout.harness import EXPERIMENT, Stage, stage
from tests.unit.controllers.rollout.test_analysis import judged, runs, template
from tests.unit.controllers.rollout.test_experiment import (
    analysis,
    at_experiment,
    experiment_object,
    until,
    until_phase,
)


async def shown(world: Stage) -> list[tuple[int, str, str]]:
    """Depth, kind and state of each line of the tree."""
    rollout = await world.rollout()
    rows = tree.rows(rollout, await tree.gather(world.cluster, rollout), world.clock.now())
    return [((len(name) - len(name.lstrip())) // 2, kind, state) for name, kind, state, *_ in rows]


async def test_the_tree_shows_what_the_revision_has_running() -> None:
    async with stage() as world, world.controller():
        await at_experiment(world)
        await judged(world, (await runs(world))[0]["metadata"]["name"], "Running")
        await world.clock.sleep(1)
        rows = await shown(world)
        assert rows[:4] == [
            (0, "Rollout", "Progressing"),
            (1, "", ""),
            (2, "Experiment", "Running"),
            (3, "ReplicaSet", "Healthy"),
        ]
        assert (3, "AnalysisRun", "Running") in rows
        assert rows.count((4, "Pod", "Running")) == 3
        assert rows.count((3, "Pod", "Running")) == 4


async def test_an_experiment_alone_has_a_tree_of_its_own() -> None:
    async with stage() as world, world.controller():
        await world.put(EXPERIMENT, experiment_object(duration="60s"))
        await until_phase(world, "Running")
        obj = await experiments.read_object(world.cluster, "try", "shop")
        rows = tree.experiment_rows(obj, await tree.owned(world.cluster, "shop"), world.clock.now())
        assert tree.without_ages(rows)[0] == ("try", "Experiment", "Running", "")
        assert all(re.fullmatch(r"\d+s", age) for *_, age, _ in rows)
        assert {(kind, state, info) for _, kind, state, _, info in rows[1:]} == {
            ("ReplicaSet", "Healthy", ""),
            ("Pod", "Running", "ready:1/1"),
        }
        fields = dict(experiments.summary(await until_phase(world, "Running"), world.clock.now()))
        assert (fields["Status"], fields["Duration"], fields["Ready"]) == ("Running", "60s", "4/4")
        with pytest.raises(Blocked, match="no experiment 'other' in namespace 'shop'; there: shop/try"):
            await experiments.read_object(world.cluster, "other", "shop")


async def test_a_line_of_the_list_and_a_retry() -> None:
    async with stage() as world, world.controller():
        await template(world)
        await world.put(EXPERIMENT, experiment_object(duration="60s", analyses=[analysis("errors")]))
        found = await until(world, lambda it: bool(it.status.analysis_runs))
        with pytest.raises(Blocked, match="has not ended: it is running"):
            await experiments.retry(world.cluster, "shop", "try")
        await world.clock.sleep(10)
        line = experiments.row(found, world.clock.now())
        assert line[:4] == ("shop", "try", "Running", "60s")
        assert 45 <= int(line[4].removesuffix("s")) <= 50
        assert line[5:] == ("4/4", "0/1", "")
        await world.patch(EXPERIMENT, "try", {"spec": {"terminate": True}})
        await judged(world, "try-errors", "Failed", "no")
        assert experiments.row(await until_phase(world, "Failed"), world.clock.now())[4:] == ("-", "4/4", "1/1", "no")
        await experiments.retry(world.cluster, "shop", "try")
        await until_phase(world, "Running")
        with pytest.raises(Blocked, match="no experiment 'other'"):
            await experiments.retry(world.cluster, "shop", "other")
