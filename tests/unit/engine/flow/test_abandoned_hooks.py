"""When a hook of another application holds its name no longer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.flow.abandoned_hooks import is_abandoned
from holdfast.engine.plan import hooks
from holdfast.engine.plan.machine import LiveState
from holdfast.model.application import Application
from holdfast.model.health import Health, HealthReport
from holdfast.testing.builders import application_object, job

EARLY, BEGAN, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"
SYNC, DELETION = f"{BEGAN}/0/PreSync", "deletion-1767225660/PostDelete"


def hook(mark: str, health: Health | None = Health.HEALTHY) -> LiveState:
    annotations = {hooks.OPERATION: mark} if mark else {}
    return LiveState(job(annotations=annotations), HealthReport(health) if health is not None else None)


def owner(phase: str = "", started: str = "", *, created: str = EARLY, deleted: str | None = None) -> Application:
    state = {"phase": phase, "startedAt": started, "operation": {}}
    obj: dict[str, Any] = application_object("web", namespace="argocd")
    obj["metadata"] |= {"creationTimestamp": created, "deletionTimestamp": deleted}
    return msgspec.convert({**obj, "status": {"operationState": state} if phase else {}}, Application)


@pytest.mark.parametrize(
    ("state", "application", "abandoned"),
    [
        (hook(SYNC), owner("Succeeded", BEGAN), True),
        (hook(SYNC, Health.DEGRADED), owner("Failed", LATE), True),
        (hook(SYNC, None), owner("Succeeded", BEGAN), True),
        (hook(SYNC), None, True),
        (hook(SYNC), owner(created=LATE), True),
        (hook(DELETION), owner(created=LATE), True),
        (hook(SYNC, Health.PROGRESSING), owner("Succeeded", BEGAN), False),
        (hook(SYNC, Health.PROGRESSING), None, False),
        (hook(SYNC), owner("Running", BEGAN), False),
        (hook(SYNC), owner("Terminating", LATE), False),
        (hook(SYNC), owner("Succeeded", EARLY), False),
        (hook(SYNC), owner(), False),
        (hook(SYNC), owner("Succeeded", BEGAN, deleted=LATE), False),
        (hook(DELETION), owner("Succeeded", EARLY), False),
        (hook(""), None, False),
        (hook("deletion-x/PostDelete"), None, False),
    ],
)
def test_only_the_end_of_its_own_operation_frees_it(
    state: LiveState, application: Application | None, abandoned: bool
) -> None:
    assert is_abandoned(state, application) is abandoned
