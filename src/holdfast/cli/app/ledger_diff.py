"""`holdfast app ledger diff`: in which fields two recorded syncs differ."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from holdfast.cli.app import records
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.diff import field_line
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document
from holdfast.engine.flow import ledger
from holdfast.engine.flow.ledger import ObjectChange


def diff(
    name: str = typer.Argument(..., metavar="APPNAME"),
    before: str = typer.Argument(..., metavar="ID", help="The earlier sync."),
    after: str = typer.Argument(..., metavar="ID", help="The later one."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    exit_code: bool = typer.Option(True, "--exit-code/--no-exit-code", help="End with 1 when there is a difference."),
    output: Format = OutputOption,
) -> None:
    """Show how the manifests of two recorded syncs differ; Secrets are compared and not shown."""
    found = with_cluster(kubeconfig, lambda it: records.read_records(it, name, app_namespace))
    pair = [records.chosen(found, asked) for asked in (before, after)]
    contents = [records.content_of(one) for one in pair]
    changes = list(ledger.changes(contents[0].manifests, contents[1].manifests))
    if output in (Format.JSON, Format.YAML):
        print_document([document(change) for change in changes], output)
    else:
        for change in changes:
            for line in lines(change):
                typer.echo(line)
    for record in pair:
        for note in record.spec.notes:
            typer.echo(f"note on {record.metadata.name}: {note}", err=True)
    if changes and exit_code:
        raise typer.Exit(1)


def what(change: ObjectChange) -> str:
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"


def lines(change: ObjectChange) -> list[str]:
    return [f"===== {change.key} ({what(change)}) =====", *(field_line(one) for one in change.differences)]


def document(change: ObjectChange) -> dict[str, Any]:
    key = msgspec.structs.asdict(change.key)
    fields = [{"path": one.path, "before": one.before, "after": one.after} for one in change.differences]
    return {**key, "change": what(change), "fields": fields}
