"""Keeps the ledger of an application: a record of each sync, and in the newest one what has drifted since.

The ledger is told after the fact and never in the way: what cannot be written is logged, and the work goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from holdfast.controllers.application import digest_key, gates, shelves
from holdfast.controllers.application.shelves import Shelved
from holdfast.controllers.application.world import World
from holdfast.engine.flow import gates as gates_flow
from holdfast.engine.flow import ledger as flow
from holdfast.engine.plan.tasks import SyncPlan
from holdfast.engine.record import drift, entry, naming, sealing
from holdfast.engine.status import compose
from holdfast.model.application import Application, ApplicationStatus, OperationState
from holdfast.model.desired import Targets
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.model.names import SyncCode
from holdfast.model.sync_record import Drift, RecordedManifest, SyncRecord

LIMIT_SETTING = "holdfast.ledger.records"
PATIENCE = 10.0

log = logging.getLogger("holdfast.application")


async def record(
    world: World,
    app: Application,
    status: ApplicationStatus,
    work: tuple[SyncPlan, Targets] | None,
    kept: Sequence[RecordedManifest] = (),
) -> None:
    """Writes the record of the operation that `status` says has ended, before anybody reports its end.

    `kept` are sealed manifests that the operation left alone, as they stand in an earlier record.
    """
    state = status.operation_state
    limit = _limit(world)
    if not limit or state is None or not flow.deserves_record(state):
        return
    done = state.sync_result.resources if state.sync_result else ()
    manifests = flow.manifests(app, *work, done) if work is not None else ()
    async with _not_in_the_way(app, "the record of the sync was not written"):
        key = await digest_key.of(world) if any(sealing.is_secret(one.object) for one in manifests) else b""
        id_in_history = flow.history_id(status)
        document = entry.document(
            app,
            state,
            manifests,
            key=key,
            history_id=id_in_history,
            approvals=gates.given(world, app, state),
            notes=gates_flow.notes(state),
            kept=kept,
            masked_annotations=world.customized.comparing.masked_annotations,
        )
        await shelves.write(world, app, document)
        await _make_room(world, app, limit)


async def look(world: World, app: Application, found: compose.Findings) -> None:
    """Notes drift that is new, and that drift is healed; writes nothing when neither is so."""
    if not _limit(world) or not found.compared:
        return
    async with _not_in_the_way(app, "the drift was not noted"):
        await shelves.tidy(world, app)
        records = await shelves.headers(world, app)
        opened = [one for one in records if one.open_drift]
        if app.status.sync.status == SyncCode.SYNCED:
            seen: tuple[Drift, ...] | None = ()
        else:
            seen = flow.drifted(app, found.states, found.revision, found.revisions)
        if seen is None or (not seen and not opened):
            return
        if not records and app.status.operation_state is not None:
            await shelves.write(world, app, _first(app, app.status.operation_state))
            records = await shelves.headers(world, app)
        if not records:
            return
        newest = records[-1]
        for one in opened:
            if one.name != newest.name:
                await _note(world, app, one, ())
        if newest.open_drift != drift.mark_of(seen):
            await _note(world, app, newest, seen)


def _limit(world: World) -> int:
    """How many records are kept; 0 when the ledger is off or has no place."""
    limit = naming.limit_of(world.config_map("argocd-cm").get(LIMIT_SETTING, ""))
    return limit if shelves.has_place(world) else 0


def _first(app: Application, state: OperationState) -> KubeObject:
    """For the drift of an application whose last sync nobody recorded."""
    return entry.document(app, state, (), key=b"", notes=("the manifests of this sync were not recorded",))


async def _note(world: World, app: Application, one: Shelved, seen: Sequence[Drift]) -> None:
    owner = shelves.owner_of(app)
    obj = await one.shelf.read(owner, one.name)
    if obj is None:
        return
    known = msgspec.convert(obj, SyncRecord)
    noted = drift.noted(known.status.drift, seen, world.stamp())
    await one.shelf.note(owner, one.name, noted.entries, noted.mark)


async def _make_room(world: World, app: Application, limit: int) -> None:
    by_name = {one.name: one for one in await shelves.headers(world, app)}
    for name in naming.surplus(by_name, limit):
        await by_name[name].shelf.remove(shelves.owner_of(app), name)


@asynccontextmanager
async def _not_in_the_way(app: Application, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (HoldfastError, TimeoutError, ValueError, TypeError, msgspec.MsgspecError) as error:
        # A manifest that was refused may hold what JSON cannot say.
        log.warning("%s: %s: %s", app.metadata.key, what, str(error) or "the server took too long")
