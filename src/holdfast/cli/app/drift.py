"""`holdfast app drift`: what was changed past Git, by whom, when, and when it was healed."""

from __future__ import annotations

import msgspec
import typer

from holdfast.cli.app import records
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.model.sync_record import Drift

HEADINGS = ("OBJECT", "FIELD", "SYNCED", "FOUND", "BY", "FIRST SEEN", "TIMES", "HEALED")


def drift(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    open_only: bool = typer.Option(False, "--open", help="Only what is not healed."),
    output: Format = OutputOption,
) -> None:
    """List the drift that the ledger holds, the oldest first."""
    found = with_cluster(kubeconfig, lambda it: records.read_records(it, name, app_namespace))
    entries = [one for record in found for one in record.status.drift if not (open_only and one.healed_at)]
    entries.sort(key=lambda one: one.first_seen or "")
    match output:
        case Format.JSON | Format.YAML:
            print_document(msgspec.to_builtins(entries), output)
        case Format.NAME:
            for one in entries:
                typer.echo(object_of(one))
        case Format.TABLE | Format.WIDE:
            print_table(HEADINGS, [row(one) for one in entries])


def object_of(one: Drift) -> str:
    kind = f"{one.group}/{one.kind}" if one.group else one.kind
    return f"{kind} {one.namespace + '/' if one.namespace else ''}{one.name}"


def row(one: Drift) -> tuple[str, ...]:
    deleted = not one.field
    return (
        object_of(one),
        one.field or "-",
        "-" if deleted else one.before or "(absent)",
        "deleted" if deleted else one.after or "(absent)",
        one.manager or "unknown",
        one.first_seen or "",
        str(one.times),
        one.healed_at or "not yet",
    )
