"""Other steps for the release that is under way, which may have been aborted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import template_changes
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.model.rollout import Rollout

STEPS = [{"setWeight": 20}, {"pause": {}}]


def followed(current: str, **status: Any) -> Draft:
    """A release of `new` at its second step, with steps that nobody has seen yet."""
    told = {"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 1, "currentStepHash": "other", **status}
    spec = {"strategy": {"canary": {"steps": STEPS}}}
    rollout = msgspec.convert({"metadata": {"name": "web"}, "spec": spec, "status": told}, Rollout)
    draft = Draft(Seen(rollout, {}, {}, datetime(2026, 1, 1, tzinfo=UTC)))
    template_changes.follow(draft, current)
    return draft


@pytest.mark.parametrize(
    ("current", "aborted_at", "is_aborted"),
    [
        ("new", None, True),
        ("new", "2025-12-31T00:00:00Z", False),
        ("newer", None, False),
    ],
)
def test_an_abort_that_came_with_other_steps_is_not_lost(
    current: str, aborted_at: str | None, is_aborted: bool
) -> None:
    draft = followed(current, abort=True, abortedAt=aborted_at)
    assert (draft.status.abort, draft.status.current_step_index) == (is_aborted, 0)
