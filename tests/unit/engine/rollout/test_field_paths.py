"""Fields of a Rollout that analyses are given."""

from __future__ import annotations

import pytest

from holdfast.engine.rollout import field_paths
from holdfast.model.metadata import ObjectMeta
from holdfast.model.rollout import PauseCondition, Rollout, RolloutSpec, RolloutStatus

FOUND = Rollout(
    metadata=ObjectMeta(name="web", labels={"env": "prod", "app.kubernetes.io/name": "shop"}),
    spec=RolloutSpec(replicas=3, paused=True),
    status=RolloutStatus(pause_conditions=(PauseCondition(reason="CanaryPauseStep"),)),
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web"),
        ("metadata.labels.env", "prod"),
        ("metadata.labels['app.kubernetes.io/name']", "shop"),
        ("metadata.annotations['absent']", ""),
        ("spec.replicas", "3"),
        ("spec.paused", "true"),
        ("status.pauseConditions[0].reason", "CanaryPauseStep"),
    ],
)
def test_a_field_is_found(path: str, value: str) -> None:
    assert field_paths.value(FOUND, path) == value


@pytest.mark.parametrize(
    "path",
    [
        "",
        "metadata",
        "metadata.labels",
        "status.pauseConditions",
        "status.pauseConditions[0]",
        "status.pauseConditions[1].reason",
        "status.pauseConditions[-1].reason",
        "status.pauseConditions[x].reason",
        "status.pauseConditions[0].startTime",
        "metadata.name[0]",
        "metadata..name",
    ],
)
def test_what_is_no_field_with_a_value_is_told(path: str) -> None:
    with pytest.raises(ValueError, match="the Rollout has no field"):
        field_paths.value(FOUND, path)
