"""`holdfast app ledger list`."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from holdfast.cli.app import records
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.engine.record import naming
from holdfast.model.sync_record import SyncRecord

HEADINGS = ("ID", "HISTORY", "STARTED", "PHASE", "REVISION", "INITIATED BY", "RESOURCES", "DRIFT")
WIDE_HEADINGS = (*HEADINGS, "SOURCE", "MESSAGE")


def list_(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """List the recorded syncs, the oldest first."""
    found = with_cluster(kubeconfig, lambda it: records.read_records(it, name, app_namespace))
    match output:
        case Format.JSON | Format.YAML:
            print_document([document(one) for one in found], output)
        case Format.NAME:
            for one in found:
                typer.echo(one.metadata.name)
        case Format.TABLE:
            print_table(HEADINGS, [row(one) for one in found])
        case Format.WIDE:
            print_table(WIDE_HEADINGS, [(*row(one), source(one), one.spec.message) for one in found])


def row(record: SyncRecord) -> tuple[str, ...]:
    spec = record.spec
    return (
        naming.id_of(record.metadata.name),
        records.history_id(record) or "-",
        spec.started_at,
        spec.phase,
        spec.revision[:8],
        records.who(record),
        str(spec.resources),
        str(len(record.status.drift)),
    )


def source(record: SyncRecord) -> str:
    return f"{record.spec.repo_url} {record.spec.path or record.spec.chart}".strip()


def document(record: SyncRecord) -> dict[str, Any]:
    """Without the packed content: `show` prints that."""
    spec = msgspec.structs.replace(record.spec, content="")
    told = {"id": naming.id_of(record.metadata.name), "name": record.metadata.name}
    return {**told, **msgspec.to_builtins(spec), "drift": msgspec.to_builtins(record.status.drift)}
