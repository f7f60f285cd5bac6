"""Where the records of an application stand: in the object storage that argocd-cm names, else beside the Application.

While the storage is away, records are kept in the cluster; once it answers again they are moved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

from holdfast.controllers.application import events
from holdfast.controllers.application.cluster_records import SYNC_RECORD, ClusterRecords
from holdfast.controllers.application.world import World
from holdfast.engine.record import naming
from holdfast.model.application import Application
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.ports.records import RecordOwner, Records

T = TypeVar("T")


class Shelved(Struct, frozen=True):
    """A record, and the shelf that it stands on."""

    name: str
    open_drift: str
    shelf: Records


def owner_of(app: Application) -> RecordOwner:
    return RecordOwner(app.metadata.namespace, app.metadata.name, app.metadata.uid)


def has_place(world: World) -> bool:
    """False where neither a storage is named nor the kind SyncRecord is installed."""
    return _is_stored(world) or world.resource(SYNC_RECORD) is not None


async def write(world: World, app: Application, document: KubeObject) -> None:
    owner = owner_of(app)
    if not await _stored(world, app, lambda storage: _written(storage, owner, document)):
        cluster = _cluster(world)
        if cluster is not None:
            await cluster.write(owner, document)


async def headers(world: World, app: Application) -> list[Shelved]:
    """The oldest first; without those of a storage that is away."""
    owner = owner_of(app)
    found = await _stored(world, app, lambda storage: _shelved(storage, owner)) or []
    cluster = _cluster(world)
    if cluster is not None:
        found = found + await _shelved(cluster, owner)
    return sorted(found, key=lambda one: naming.id_of(one.name))


async def newest_first(world: World, app: Application) -> list[KubeObject]:
    """Every record, whole."""
    owner = owner_of(app)
    found = [await one.shelf.read(owner, one.name) for one in reversed(await headers(world, app))]
    return [one for one in found if one is not None]


async def tidy(world: World, app: Application) -> None:
    """Moves the records that stand in the cluster to the storage that is set."""
    owner, cluster = owner_of(app), _cluster(world)
    if cluster is None or not _is_stored(world):
        return
    for header in await cluster.headers(owner):
        document = await cluster.read(owner, header.name)
        if document is None:
            continue
        kept = _kept(document)
        if not await _stored(world, app, lambda storage, kept=kept: _written(storage, owner, kept)):  # type: ignore[misc]
            return
        await cluster.remove(owner, header.name)


async def is_untidy(world: World, app: Application) -> bool:
    """Whether records in the cluster wait for the storage to answer again."""
    cluster = _cluster(world)
    return cluster is not None and _is_stored(world) and bool(await cluster.headers(owner_of(app)))


def _is_stored(world: World) -> bool:
    return world.record_storage.is_wanted(world.config_map("argocd-cm"))


def _cluster(world: World) -> ClusterRecords | None:
    resource = world.resource(SYNC_RECORD)
    return ClusterRecords(world, resource) if resource is not None else None


async def _stored(world: World, app: Application, work: Callable[[Records], Awaitable[T]]) -> T | None:
    """What the work on the storage answers; None when there is no storage, or it is away, which is told once."""
    storage = world.record_storage
    settings = world.config_map("argocd-cm")
    if not storage.is_wanted(settings) or storage.rests():
        return None
    try:
        return await work(await storage.opened(world.cluster, world.namespace, settings))
    except HoldfastError as error:
        message = f"The storage of the ledger fails, so records stay in the cluster until it answers again: {error}"
        events.emit(world, app, events.Reason.LEDGER_UNAVAILABLE, message, warning=True)
        return None


async def _written(storage: Records, owner: RecordOwner, document: KubeObject) -> bool:
    await storage.write(owner, document)
    return True


async def _shelved(shelf: Records, owner: RecordOwner) -> list[Shelved]:
    return [Shelved(one.name, one.open_drift, shelf) for one in await shelf.headers(owner)]


def _kept(document: KubeObject) -> KubeObject:
    """Without what the cluster added to it."""
    metadata = document.get("metadata") or {}
    ours = ("name", "namespace", "labels", "annotations", "ownerReferences")
    return {**document, "metadata": {name: metadata[name] for name in ours if name in metadata}}
