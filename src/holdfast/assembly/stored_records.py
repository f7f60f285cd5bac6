"""Reads the records of an Application out of the object storage that argocd-cm names, for the commands that show them."""

from __future__ import annotations

from holdfast.adapters.records.object_storage import ObjectStorages
from holdfast.controllers.application.record_storage import STORAGE_SECRET, STORAGE_SETTING, place_of
from holdfast.model.errors import Blocked, Forbidden
from holdfast.model.kube import KubeObject, name_of, namespace_of, uid_of
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.cluster import Cluster
from holdfast.ports.records import RecordOwner


async def stored_records(cluster: Cluster, app: KubeObject, storages: ObjectStorages | None = None) -> list[KubeObject]:
    """The oldest first; none where no storage is named. Raises Blocked and Transient as the storage does."""
    namespace = str(((app.get("status") or {}).get("controllerNamespace")) or namespace_of(app))
    settings = (await cluster.get(CONFIG_MAP, namespace, "argocd-cm") or {}).get("data") or {}
    if not settings.get(STORAGE_SETTING):
        return []
    try:
        secret = await cluster.get(SECRET, namespace, STORAGE_SECRET)
    except Forbidden:
        secret = None  # the person's own credentials may do
    place = place_of(settings, secret)
    if place is None:
        return []
    storages = storages or ObjectStorages()
    try:
        records = storages.open(place)
        owner = RecordOwner(namespace_of(app), name_of(app), uid_of(app))
        found = [await records.read(owner, one.name) for one in await records.headers(owner)]
    except Blocked as blocked:
        raise Blocked(blocked.reason, f"the storage of the ledger: {blocked.message}") from blocked
    finally:
        storages.close()
    return [one for one in found if one is not None]
