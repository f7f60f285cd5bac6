"""What is told of a paused Rollout, and the command that goes on."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.why.pauses import way_on
from holdfast.model.keys import ObjectKey

KEY = ObjectKey("argoproj.io", "Rollout", "shop", "web")
STEPS: list[dict[str, Any]] = [
    {"setWeight": 10},
    {"pause": {}},
    {"pause": {"duration": "5m"}},
    {"pause": {"duration": 90}},
]
ENDLESS = {"canary": {"steps": [{"pause": {"duration": "9" * 5000}}]}}
PROMOTE = "holdfast rollout promote shop/web"


def at(step: int, **status: Any) -> dict[str, Any]:
    return {"spec": {"strategy": {"canary": {"steps": STEPS}}}, "status": {"currentStepIndex": step, **status}}


def blue_green(seconds: int | None) -> dict[str, Any]:
    began = {"reason": "BlueGreenPause", "startTime": "2026-01-01T00:00:00Z"}
    promoted = {"autoPromotionSeconds": seconds}
    return {"spec": {"strategy": {"blueGreen": promoted}}, "status": {"pauseConditions": [began]}}


SINCE = [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]


@pytest.mark.parametrize(
    ("message", "obj", "words", "command"),
    [
        ("CanaryPauseStep", at(1), "it waits for a person at step 2 of 4", PROMOTE),
        ("CanaryPauseStep", at(2), "by itself 5m after the pause began at step 3 of 4", PROMOTE),
        ("CanaryPauseStep", at(3), "by itself 90s after", PROMOTE),
        (
            "CanaryPauseStep",
            at(3, pauseConditions=SINCE),
            "by itself at 2026-01-01T00:01:30Z, 90s after the pause began at step 4 of 4, or now",
            PROMOTE,
        ),
        (
            "CanaryPauseStep",
            {"spec": {"strategy": ENDLESS}, "status": {"currentStepIndex": 0}},
            "it waits for a person at step 1 of 1",
            PROMOTE,
        ),
        ("CanaryPauseStep", None, "it waits for a person: promote", PROMOTE),
        ("BlueGreenPause", {}, "behind the preview service", PROMOTE),
        ("BlueGreenPause", blue_green(0), "behind the preview service for a person", PROMOTE),
        ("BlueGreenPause", blue_green(600), "by itself at 2026-01-01T00:10:00Z, 10m after the pause began", PROMOTE),
        ("InconclusiveAnalysisRun", at(1), "an analysis could not tell", PROMOTE),
        ("InconclusiveExperiment", at(1), "an experiment could not tell", PROMOTE),
        ("manually paused", at(1), "spec.paused is true", ""),
    ],
)
def test_every_pause_is_told_with_the_way_on(
    message: str, obj: dict[str, Any] | None, words: str, command: str
) -> None:
    way = way_on(KEY, message, obj)
    assert way is not None
    assert words in way.unblock
    assert way.command == command
    assert not command or "holdfast rollout abort shop/web" in way.unblock


def test_what_else_is_suspended_is_not_taken_for_a_rollout() -> None:
    assert way_on(ObjectKey("batch", "CronJob", "shop", "web"), "CanaryPauseStep", None) is None
    assert way_on(KEY, "something new", None) is None
