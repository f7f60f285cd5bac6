"""Until when `holdfast rollout status` waits: pipelines take its end for that of the release."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.cli.rollout.looking import goes_on
from holdfast.model.rollout import Rollout

TIMED: dict[str, Any] = {"canary": {"steps": [{"setWeight": 10}, {"pause": {"duration": "5m"}}]}}
UNTIMED: dict[str, Any] = {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}]}}
BY_ITSELF: dict[str, Any] = {"blueGreen": {"activeService": "web", "autoPromotionSeconds": 60}}
BY_HAND: dict[str, Any] = {"blueGreen": {"activeService": "web", "autoPromotionEnabled": False}}


def waits(
    strategy: dict[str, Any], phase: str, reason: str = "", *, through: bool = False, paused: bool = False
) -> bool:
    status: dict[str, Any] = {"phase": phase, "currentStepIndex": 1, "observedGeneration": "2"}
    if reason:
        status |= {
            "pauseConditions": [{"reason": reason, "startTime": "2026-01-01T00:00:00Z"}],
            "controllerPause": True,
        }
    obj = {
        "metadata": {"name": "web", "generation": 2},
        "spec": {"strategy": strategy, "paused": paused},
        "status": status,
    }
    return goes_on(msgspec.convert(obj, Rollout), through_pauses=through)


@pytest.mark.parametrize(
    ("strategy", "phase", "reason", "by_default", "through"),
    [
        (TIMED, "Progressing", "", True, True),
        (TIMED, "Healthy", "", False, False),
        (TIMED, "Degraded", "", False, False),
        (TIMED, "Paused", "CanaryPauseStep", True, True),
        (TIMED, "Paused", "InconclusiveAnalysisRun", False, True),
        (UNTIMED, "Paused", "CanaryPauseStep", False, True),
        (BY_ITSELF, "Paused", "BlueGreenPause", True, True),
        (BY_HAND, "Paused", "BlueGreenPause", False, True),
    ],
)
def test_a_pause_that_ends_by_itself_is_waited_for(
    strategy: dict[str, Any], phase: str, reason: str, by_default: bool, through: bool
) -> None:
    assert waits(strategy, phase, reason) is by_default
    assert waits(strategy, phase, reason, through=True) is through


def test_a_person_who_has_paused_it_is_not_waited_for() -> None:
    assert not waits(TIMED, "Paused", "CanaryPauseStep", paused=True)
