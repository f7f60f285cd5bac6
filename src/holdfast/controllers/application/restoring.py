"""Finds in the ledger what a person wants deployed again and Git does not give any more."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from holdfast.controllers.application import observe, shelves
from holdfast.controllers.application.observe import Desired
from holdfast.controllers.application.signatures import SIGNATURE_REQUIRED
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import restoring, spec
from holdfast.model.application import Application, OperationState
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.pinned import Pinned
from holdfast.model.sync_record import SyncRecord

LONGEST_WHY = 300


class Asked(Struct, frozen=True):
    """What one operation is to deploy."""

    app: Application
    state: OperationState
    pinned: Pinned

    @property
    def mark(self) -> str:
        return f"{self.state.started_at} {self.pinned.text}"


async def desired(world: World, asked: Asked) -> Desired:
    """From Git, and for a person's operation from the ledger where Git does not give it.

    The ledger is read once for each operation, which then keeps to it: Git is not asked at each of its steps.
    """
    known = world.restored.get(asked.app.metadata.key)
    if known is None or known[0] != asked.mark:
        try:
            return await observe.desired_at(world, asked.app, asked.pinned)
        except (Blocked, Transient) as trouble:
            if trouble.reason == SIGNATURE_REQUIRED:
                raise  # the ledger knows what was deployed, not who had signed it
            found = await _in_ledger(world, asked, trouble)
            if found is None:
                raise
            known = asked.mark, found, trouble.message[:LONGEST_WHY]
        world.restored[asked.app.metadata.key] = known
    return await _from(world, asked, known[1], known[2])


async def _in_ledger(world: World, asked: Asked, trouble: Blocked | Transient) -> restoring.Restored | None:
    if asked.state.operation.initiated_by.automated:
        return None
    try:
        records = [msgspec.convert(one, SyncRecord) for one in await shelves.newest_first(world, asked.app)]
        return restoring.restored(records, asked.pinned)
    except (HoldfastError, msgspec.ValidationError) as error:
        raise Blocked("LedgerUnreadable", f"{trouble.message}; and the ledger does not help: {error}") from error


async def _from(world: World, asked: Asked, found: restoring.Restored, why: str) -> Desired:
    app = asked.app
    project = world.project(spec.project_of(app))
    if project is None:
        raise Blocked("InvalidSpecError", f"project {spec.project_of(app)} does not exist")
    targets = flow.desired(app, found.objects, project, world.discovery, world.namespace)
    targets = msgspec.structs.replace(targets, skipped=targets.skipped | found.kept)
    live = await observe.live_objects(world, app, found.kept)
    known = app.status.source_types if asked.pinned.several else (app.status.source_type,)
    plain = await observe.desired_of(world, app, asked.pinned, targets, known)
    note = restoring.note(found, why, lambda key: key in live.objects)
    return msgspec.structs.replace(plain, note=note, sealed=found.secrets)
