"""What several tests of features do and ask."""

from __future__ import annotations

from typing import Any

from holdfast.model.application import Application, OperationState
from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject
from holdfast.model.names import OperationPhase
from tests.features.house import House

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}
SOON = 3
"""Seconds between two polls of the repository where a test pushes a second commit."""


async def exists(house: House, kind: ResourceType, name: str, namespace: str = "") -> bool:
    """An object on its way out is gone."""
    found = await house.get(kind, name, namespace)
    return found is not None and not found["metadata"].get("deletionTimestamp")


async def until_gone(house: House, kind: ResourceType, name: str) -> None:
    async def is_gone() -> bool:
        return await house.get(kind, name) is None

    await house.until(is_gone, f"{kind.kind} {name} is gone")


async def until_there(house: House, kind: ResourceType, name: str, namespace: str = "") -> KubeObject:
    async def is_there() -> bool:
        return await exists(house, kind, name, namespace)

    await house.until(is_there, f"{kind.kind} {name} is there")
    found = await house.get(kind, name, namespace)
    assert found is not None
    return found


async def synced(house: House, phase: OperationPhase = OperationPhase.SUCCEEDED, **sync: Any) -> OperationState:
    """Asks for a sync and waits for the end of this one."""
    before = (await house.application(house.app)).status.operation_state
    await house.ask_sync(**sync)

    def has_ended(app: Application) -> bool:
        state = app.status.operation_state
        is_new = state is not None and (before is None or state.started_at != before.started_at)
        return app.operation is None and is_new and state is not None and state.phase == phase

    app = await house.until_app(has_ended, f"the sync ends {phase}")
    assert app.status.operation_state is not None
    return app.status.operation_state


def results(state: OperationState) -> dict[str, str]:
    """The status, or the phase of a hook, by the name of the object."""
    done = state.sync_result.resources if state.sync_result else ()
    return {one.name: one.hook_phase if one.hook_type else one.status for one in done}


def messages(state: OperationState) -> dict[str, str]:
    done = state.sync_result.resources if state.sync_result else ()
    return {one.name: one.message for one in done}


def condition(app: Application, kind: str) -> str:
    return " ".join(one.message for one in app.status.conditions if one.type == kind)


async def until_message(house: House, text: str) -> Application:
    """Waits until the operation says so."""

    def says(app: Application) -> bool:
        return app.status.operation_state is not None and text in app.status.operation_state.message

    return await house.until_app(says, f"the operation says {text!r}")


async def until_condition(house: House, kind: str, text: str) -> Application:
    return await house.until_app(lambda app: text in condition(app, kind), f"the condition {kind} says {text!r}")


async def data_of(house: House, kind: ResourceType, name: str) -> dict[str, str]:
    found = await house.get(kind, name)
    assert found is not None, f"there is no {kind.kind} {name}"
    return dict(found.get("data") or {})
