"""Numbers that make no sense are told with their place, and none of them can break the arithmetic."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang import durations
from holdfast.engine.rollout import steps, validation
from holdfast.model.canary import RolloutPause
from holdfast.model.rollout import Rollout

ROUTED = {
    "canaryService": "c",
    "stableService": "s",
    "trafficRouting": {"istio": {"virtualService": {"name": "v"}}},
}


def problems(strategy: dict[str, Any], **spec: Any) -> list[str]:
    obj = {"spec": {"selector": {"matchLabels": {"app": "web"}}, "strategy": strategy, **spec}}
    return list(validation.problems(msgspec.convert(obj, Rollout)))


CANARY = "spec.strategy.canary"
BLUE_GREEN = "spec.strategy.blueGreen"
TOO_LONG = "Duration is longer than a century: a plain number means seconds"
LEAST = "must be greater than or equal to 0"


def canary(step: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"canary": {**ROUTED, "steps": [step] if step is not None else [], **more}}


def blue_green(**more: Any) -> dict[str, Any]:
    return {"blueGreen": {"activeService": "a", **more}}


@pytest.mark.parametrize(
    ("strategy", "place", "said"),
    [
        (canary({"pause": {"duration": 300000000000}}), f"{CANARY}.steps[0].pause.duration", TOO_LONG),
        (canary({"pause": {"duration": 99999999999999}}), f"{CANARY}.steps[0].pause.duration", TOO_LONG),
        (canary({"pause": {"duration": "99999999h"}}), f"{CANARY}.steps[0].pause.duration", TOO_LONG),
        (canary({"pause": {"duration": -5}}), f"{CANARY}.steps[0].pause.duration", "greater than 0"),
        (canary({"pause": {"duration": "9" * 5000}}), f"{CANARY}.steps[0].pause.duration", "greater than 0"),
        (canary({"setCanaryScale": {"replicas": -4}}), f"{CANARY}.steps[0].setCanaryScale.replicas", LEAST),
        (canary({"setCanaryScale": {"weight": -4}}), f"{CANARY}.steps[0].setCanaryScale.weight", LEAST),
        (
            canary({"experiment": {"templates": [{"name": "a", "specRef": "canary", "weight": -1}]}}),
            f"{CANARY}.steps[0].experiment.templates[0].weight",
            LEAST,
        ),
        (
            canary({"experiment": {"duration": "soon", "templates": [{"name": "new", "specRef": "canary"}]}}),
            f"{CANARY}.steps[0].experiment.duration",
            "no duration",
        ),
        (canary(minPodsPerReplicaSet=-1), f"{CANARY}.minPodsPerReplicaSet", LEAST),
        (canary(abortScaleDownDelaySeconds=-1), f"{CANARY}.abortScaleDownDelaySeconds", LEAST),
        (blue_green(autoPromotionSeconds=-5, autoPromotionEnabled=False), f"{BLUE_GREEN}.autoPromotionSeconds", LEAST),
        (blue_green(autoPromotionSeconds=10**18), f"{BLUE_GREEN}.autoPromotionSeconds", "less than or equal to"),
        (blue_green(previewReplicaCount=-1), f"{BLUE_GREEN}.previewReplicaCount", LEAST),
        (blue_green(scaleDownDelaySeconds=-1), f"{BLUE_GREEN}.scaleDownDelaySeconds", LEAST),
    ],
)
def test_a_number_that_makes_no_sense_has_its_place(strategy: dict[str, Any], place: str, said: str) -> None:
    (found,) = problems(strategy)
    assert found.startswith(f"{place}: Invalid value: ")
    assert said in found


def test_numbers_of_the_spec_itself() -> None:
    assert problems(canary(), replicas=-1) == [f"spec.replicas: Invalid value: -1: {LEAST}"]
    assert problems(canary(), revisionHistoryLimit=-1) == [f"spec.revisionHistoryLimit: Invalid value: -1: {LEAST}"]
    (found,) = problems(canary(), progressDeadlineSeconds=10**15)
    assert found.startswith("spec.progressDeadlineSeconds: Invalid value: ")


@pytest.mark.parametrize(
    ("threshold", "is_sound"),
    [
        ({"type": "Percent", "value": 90}, True),
        ({"type": "Percentage", "value": 90}, True),
        ({"type": "Pods", "value": 120}, True),
        ({"type": "Percent", "value": 101}, False),
        ({"type": "percent", "value": 90}, False),
    ],
)
def test_how_many_pods_are_enough(threshold: dict[str, Any], is_sound: bool) -> None:
    assert (not problems(canary(replicaProgressThreshold=threshold))) is is_sound


@pytest.mark.parametrize("duration", [0, 1, "5", "5m", "720h", 31536000])
def test_a_sound_pause_is_none(duration: int | str) -> None:
    assert problems(canary({"pause": {"duration": duration}})) == []


@given(st.one_of(st.integers(), st.text(max_size=30), st.integers(0).map(str), st.integers(0).map("{}h".format)))
def test_no_pause_overflows(duration: int | str) -> None:
    length = steps.pause_length(RolloutPause(duration=duration))
    assert length is None or timedelta(0) <= length <= durations.LONGEST
