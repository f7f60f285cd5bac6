"""Writes down how far an operation has come, and how it ended."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from holdfast.controllers.application import events, ledger, observe, report
from holdfast.controllers.application.findings import findings
from holdfast.controllers.application.observe import Desired, Observed
from holdfast.controllers.application.world import World
from holdfast.engine.flow import patience
from holdfast.engine.plan.tasks import SyncPlan
from holdfast.engine.status import compose, conditions, operation, resources
from holdfast.model.application import Application, ApplicationStatus, OperationState
from holdfast.model.errors import HoldfastError
from holdfast.model.names import OperationPhase, SyncCode


class Work(Struct, frozen=True):
    """What the operation had to do."""

    plan: SyncPlan
    desired: Desired


async def note(world: World, app: Application, state: OperationState) -> Application:
    state = patience.noted(state, world.now())
    return await report.write_status(world, app, msgspec.structs.replace(app.status, operation_state=state))


async def end(
    world: World,
    app: Application,
    state: OperationState,
    phase: OperationPhase,
    message: str,
    work: Work | None = None,
) -> Application:
    """The end alone: what the application looks like by now is for the next look."""
    status = operation.ended(app, state, phase, message, world.now())
    await _in_ledger(world, app, status, work)
    written = await report.write_status(world, app, status)
    _tell(world, written, message)
    return written


async def end_and_look(
    world: World, app: Application, state: OperationState, message: str, work: Work
) -> tuple[Application, compose.Findings | None]:
    """The success of a whole sync, in one write with what the application looks like by now; without that where more than
    the objects is to be looked at."""
    status = operation.ended(app, state, OperationPhase.SUCCEEDED, message, world.now())
    await _in_ledger(world, app, status, work)
    ended = msgspec.structs.replace(app, status=status)
    found = await _seen(world, ended, work.desired)
    if found is not None:
        ended = report.found_only(world, ended, found)
    written = await report.write_status(world, app, ended.status)
    _tell(world, written, message)
    report.tell(world, written, app.status, ended.status)
    return written, found


async def _seen(world: World, app: Application, desired: Desired) -> compose.Findings | None:
    """None when not all is as wished: then there is more to decide."""
    if conditions.unsettled(app.status.conditions):
        return None
    try:
        now = await observe.desired_of(world, app, desired.pinned, desired.targets, desired.source_types)
    except HoldfastError:
        return None
    found = findings(world, app, Observed(now.live, now))
    is_as_wished = resources.sync_code(found.states) is SyncCode.SYNCED and not conditions.unsettled(found.conditions)
    return found if is_as_wished else None


async def _in_ledger(world: World, app: Application, status: ApplicationStatus, work: Work | None) -> None:
    done = (work.plan, work.desired.targets) if work else None
    await ledger.record(world, app, status, done, work.desired.sealed if work else ())


def _tell(world: World, written: Application, message: str) -> None:
    ended = written.status.operation_state
    if ended is not None and not operation.is_in_progress(ended):
        revision = operation.revision_text(ended.sync_result)
        failed = ended.phase != OperationPhase.SUCCEEDED
        text = f"Sync operation to {revision} " + (f"failed: {message}" if failed else "succeeded")
        events.emit(world, written, events.Reason.OPERATION_COMPLETED, text, warning=failed)
