"""`holdfast app ledger show`."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from holdfast.cli.app import drift, records
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.ledger_list import document, source
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_fields, print_table
from holdfast.engine.flow import ledger
from holdfast.engine.record import naming
from holdfast.model.application import ResourceResult
from holdfast.model.sync_record import RecordContent, SyncRecord

HEADINGS = ("GROUP", "KIND", "NAMESPACE", "NAME", "PHASE", "STATUS", "MESSAGE")


def show(
    name: str = typer.Argument(..., metavar="APPNAME"),
    record_id: str = typer.Argument(
        ..., metavar="ID", help="From `ledger list`, its beginning, or an id of `history`."
    ),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """Show one recorded sync; yaml and json hold its manifests too, with the values of Secrets masked."""
    found = with_cluster(kubeconfig, lambda it: records.read_records(it, name, app_namespace))
    record = records.chosen(found, record_id)
    content = records.content_of(record)
    match output:
        case Format.JSON | Format.YAML:
            print_document(whole(record, content), output)
        case Format.NAME:
            typer.echo(record.metadata.name)
        case Format.TABLE | Format.WIDE:
            print_fields(fields(record, content))
            if content.results:
                typer.echo()
                print_table(HEADINGS, [row(result) for result in content.results])
            if record.status.drift:
                typer.echo()
                print_table(drift.HEADINGS, [drift.row(one) for one in record.status.drift])


def whole(record: SyncRecord, content: RecordContent) -> dict[str, Any]:
    shown = msgspec.structs.replace(content, manifests=tuple(map(ledger.masked, content.manifests)))
    return {**document(record), **msgspec.to_builtins(shown)}


def fields(record: SyncRecord, content: RecordContent) -> list[tuple[str, str]]:
    spec = record.spec
    found = [
        ("Id", naming.id_of(record.metadata.name)),
        ("History", records.history_id(record)),
        ("Source", source(record)),
        ("Target", spec.target_revision),
        ("Revision", spec.revision),
        ("Initiated By", records.who(record)),
        ("Approved By", ", ".join(f"{one.user} at {one.given_at}" for one in spec.approvals)),
        ("Options", ", ".join(options(content))),
        ("Started", spec.started_at),
        ("Finished", spec.finished_at or ""),
        ("Phase", f"{spec.phase}: {spec.message}".rstrip(": ")),
        ("Manifests", manifests(content)),
    ]
    return [(name, value) for name, value in found if value] + [("Note", note) for note in spec.notes]


def options(content: RecordContent) -> list[str]:
    sync = content.operation.sync
    if sync is None:
        return []
    found = ["prune"] if sync.prune else []
    found += [f"only {one.kind}/{one.name}" for one in sync.resources]
    return [*found, *sync.sync_options]


def manifests(content: RecordContent) -> str:
    applied = sum(one.applied for one in content.manifests)
    left = len(content.manifests) - applied
    return f"{applied} applied" + (f", {left} not" if left else "")


def row(result: ResourceResult) -> tuple[str, ...]:
    return (
        result.group,
        result.kind,
        result.namespace,
        result.name,
        result.sync_phase,
        result.status or result.hook_phase,
        result.message,
    )
