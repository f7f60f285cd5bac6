"""Reads the ledger of an application for the commands that show it."""

from __future__ import annotations

import msgspec

from holdfast.cli.app import applications
from holdfast.engine.record import naming, packing
from holdfast.model.errors import Blocked, NotFound
from holdfast.model.kube import name_of, namespace_of
from holdfast.model.names import Label
from holdfast.model.resource_types import SYNC_RECORD
from holdfast.model.sync_record import RecordContent, SyncRecord
from holdfast.ports.cluster import Cluster


async def read_records(cluster: Cluster, name: str, namespace: str) -> list[SyncRecord]:
    """The oldest first. Raises Blocked when there is no such application, or no ledger on this cluster."""
    from holdfast.assembly.stored_records import stored_records

    app = await applications.read_application(cluster, name, namespace)
    stored = await stored_records(cluster, app)
    selector = f"{Label.APPLICATION.value}={naming.label_value(name_of(app))}"
    try:
        listing = await cluster.list(SYNC_RECORD, namespace=namespace_of(app), labels=selector)
        kept = [item.decode() for item in listing.items]
    except NotFound as error:
        if not stored:
            raise Blocked(
                "LedgerMissing", "the cluster does not know SyncRecords: apply deploy/crds/syncrecord.yaml"
            ) from error
        kept = []
    found = [msgspec.convert(one, SyncRecord) for one in (*stored, *kept)]
    return sorted(found, key=lambda one: naming.id_of(one.metadata.name))


def chosen(records: list[SyncRecord], asked: str) -> SyncRecord:
    """Exactly one. Raises Blocked that says what there is."""
    found = naming.matching(records, asked)
    if len(found) == 1:
        return found[0]
    ids = ", ".join(naming.id_of(one.metadata.name) for one in (found or records)) or "none"
    if found:
        raise Blocked("RecordAmbiguous", f"{asked!r} may be any of: {ids}")
    raise Blocked("RecordNotFound", f"no record {asked!r}; there: {ids}")


def content_of(record: SyncRecord) -> RecordContent:
    return packing.unpack(record.spec.content)


def who(record: SyncRecord) -> str:
    initiator = record.spec.initiated_by
    return initiator.username or ("automated" if initiator.automated else "unknown")


def history_id(record: SyncRecord) -> str:
    return "" if record.spec.history_id is None else str(record.spec.history_id)
