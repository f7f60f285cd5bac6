"""Keeps the ledger of an application: a record of each sync, and in the newest one what has drifted since.

The ledger is told after the fact and never in the way: what cannot be written is logged, and the work goes on.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from holdfast.controllers.application.world import World
from holdfast.engine.flow import ledger as flow
from holdfast.engine.plan.tasks import SyncPlan
from holdfast.engine.record import drift, entry, naming, sealing
from holdfast.engine.status import compose
from holdfast.model.application import Application, ApplicationStatus, OperationState
from holdfast.model.desired import Targets
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import AlreadyExists, HoldfastError, NotFound
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import FIELD_MANAGER, Annotation, SyncCode
from holdfast.model.resource_types import SECRET
from holdfast.model.sync_record import Drift, SyncRecord
from holdfast.ports.cluster import PatchKind

SYNC_RECORD = GroupKind("holdfast.dev", "SyncRecord")
LIMIT_SETTING = "holdfast.ledger.records"
KEY_SECRET = "holdfast-ledger-key"  # noqa: S105 - an object's name
KEY_BYTES = 32
PATIENCE = 10.0

log = logging.getLogger("holdfast.application")


async def record(
    world: World, app: Application, status: ApplicationStatus, work: tuple[SyncPlan, Targets] | None
) -> None:
    """Writes the record of the operation that `status` says has ended, before anybody reports its end."""
    state = status.operation_state
    resource, limit = _place(world)
    if resource is None or state is None or not flow.deserves_record(state):
        return
    done = state.sync_result.resources if state.sync_result else ()
    manifests = flow.manifests(app, *work, done) if work is not None else ()
    async with _not_in_the_way(app, "the record of the sync was not written"):
        key = await _key(world) if any(sealing.is_secret(one.object) for one in manifests) else b""
        id_in_history = flow.history_id(status)
        await _write(world, resource, entry.document(app, state, manifests, key=key, history_id=id_in_history))
        await _make_room(world, resource, app, limit)


async def look(world: World, app: Application, found: compose.Findings) -> None:
    """Notes drift that is new, and that drift is healed; writes nothing when neither is so."""
    resource, _ = _place(world)
    if resource is None or not found.compared:
        return
    records = _records(world, app)
    opened = [one for one in records if _mark(one)]
    if app.status.sync.status == SyncCode.SYNCED:
        seen: tuple[Drift, ...] | None = ()
    else:
        seen = flow.drifted(app, found.states, found.revision, found.revisions)
    if seen is None or (not seen and not opened):
        return
    async with _not_in_the_way(app, "the drift was not noted"):
        if not records and app.status.operation_state is not None:
            await _write(world, resource, _first(app, app.status.operation_state))
            records = _records(world, app)
        newest = records[-1]
        for one in opened:
            if one.key != newest.key:
                await _note(world, resource, one, ())
        if _mark(newest) != drift.mark_of(seen):
            await _note(world, resource, newest, seen)


def _place(world: World) -> tuple[ResourceType | None, int]:
    """Where records go, and how many are kept; nowhere when the ledger is off or its kind not installed."""
    limit = naming.limit_of(world.config_map("argocd-cm").get(LIMIT_SETTING, ""))
    return (world.resource(SYNC_RECORD) if limit else None), limit


def _records(world: World, app: Application) -> list[LiveObject]:
    """The oldest first."""
    owned = world.view.owned_by_uid(app.metadata.uid, SYNC_RECORD)
    return sorted(owned, key=lambda one: naming.id_of(one.metadata.name))


def _mark(live: LiveObject) -> str:
    return (live.metadata.annotations or {}).get(Annotation.OPEN_DRIFT, "")


def _first(app: Application, state: OperationState) -> KubeObject:
    """For the drift of an application whose last sync nobody recorded."""
    return entry.document(app, state, (), key=b"", notes=("the manifests of this sync were not recorded",))


async def _write(world: World, resource: ResourceType, document: KubeObject) -> None:
    world.view.wrote(await world.cluster.apply(resource, document, field_manager=FIELD_MANAGER))


async def _note(world: World, resource: ResourceType, live: LiveObject, seen: Sequence[Drift]) -> None:
    namespace, name = live.metadata.namespace, live.metadata.name
    obj = await world.cluster.get(resource, namespace, name)
    if obj is None:
        return
    known = msgspec.convert(obj, SyncRecord)
    noted = drift.noted(known.status.drift, seen, world.stamp())
    body = {
        "metadata": {"annotations": {Annotation.OPEN_DRIFT.value: noted.mark or None}},
        "status": {"drift": msgspec.to_builtins(noted.entries)},
    }
    world.view.wrote(
        await world.cluster.patch(resource, namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
    )


async def _make_room(world: World, resource: ResourceType, app: Application, limit: int) -> None:
    by_name = {one.metadata.name: one for one in _records(world, app)}
    for name in naming.surplus(by_name, limit):
        live = by_name[name]
        with suppress(NotFound):
            await world.cluster.delete(resource, live.metadata.namespace, name)
        world.view.deleted(live.key, live.metadata.uid)


async def _key(world: World) -> bytes:
    """The key of the digests; none when it cannot be had: then values leave only a mask."""
    try:
        return await _key_of_cluster(world)
    except HoldfastError as error:
        log.warning("the Secret %s cannot be had: %s; values of Secrets are masked", KEY_SECRET, error)
        return b""


async def _key_of_cluster(world: World) -> bytes:
    """Made when it is missing."""
    for _ in range(2):
        found = await world.cluster.get(SECRET, world.namespace, KEY_SECRET)
        if found is not None:
            return _decoded((found.get("data") or {}).get("key"))
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        obj = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": KEY_SECRET, "namespace": world.namespace},
            "type": "Opaque",
            "data": {"key": fresh},
        }
        try:
            await world.cluster.create(SECRET, obj, field_manager=FIELD_MANAGER)
        except AlreadyExists:
            continue
        return _decoded(fresh)
    return b""


def _decoded(text: object) -> bytes:
    try:
        key = base64.b64decode(str(text or ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < KEY_BYTES:
        log.warning("the Secret %s holds no key of %d bytes: values of Secrets are masked", KEY_SECRET, KEY_BYTES)
        return b""
    return key


@asynccontextmanager
async def _not_in_the_way(app: Application, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (HoldfastError, TimeoutError, ValueError, TypeError, msgspec.MsgspecError) as error:
        # A manifest that was refused may hold what JSON cannot say.
        log.warning("%s: %s: %s", app.metadata.key, what, str(error) or "the server took too long")
