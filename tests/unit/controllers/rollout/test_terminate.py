"""An AnalysisRun or an Experiment is ended before its time by a person."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cli.rollout.ending import Ended, end
from holdfast.model.errors import Blocked
from holdfast.model.names import API_VERSION
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import ANALYSIS_RUN, NAMESPACE_NAME, stage

EXPERIMENT = resource(API_VERSION, "Experiment")
POD_TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
SPECS: dict[Ended, dict[str, Any]] = {
    Ended.ANALYSIS_RUN: {
        "metrics": [{"name": "m", "provider": {"prometheus": {"address": "http://p", "query": "up"}}}]
    },
    Ended.EXPERIMENT: {
        "templates": [{"name": "one", "selector": {"matchLabels": {"a": "b"}}, "template": POD_TEMPLATE}]
    },
}


@pytest.mark.parametrize("kind", Ended)
async def test_terminating_is_asked_for_in_the_spec_and_a_wrong_name_is_answered_with_the_right_ones(
    kind: Ended,
) -> None:
    chosen = ANALYSIS_RUN if kind is Ended.ANALYSIS_RUN else EXPERIMENT
    async with stage() as world:
        metadata = {"name": "there", "namespace": NAMESPACE_NAME}
        obj = {"apiVersion": API_VERSION, "kind": chosen.kind, "metadata": metadata, "spec": SPECS[kind]}
        await world.put(chosen, obj)
        await end(world.cluster, kind, NAMESPACE_NAME, "there")
        assert (await world.get(chosen, "there"))["spec"]["terminate"] is True
        with pytest.raises(Blocked, match="there: there"):
            await end(world.cluster, kind, NAMESPACE_NAME, "elsewhere")
