"""`holdfast app history`."""

from __future__ import annotations

from typing import Any

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table

HEADINGS = ("ID", "DATE", "REVISION", "INITIATED BY", "SOURCE")


def history(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """List what was deployed, the oldest first."""
    app = with_cluster(kubeconfig, lambda it: applications.read_application(it, name, app_namespace))
    entries: list[dict[str, Any]] = applications.status_of(app).get("history") or []
    match output:
        case Format.JSON | Format.YAML:
            print_document(entries, output)
        case Format.NAME:
            for entry in entries:
                typer.echo(str(entry.get("id", 0)))
        case Format.TABLE | Format.WIDE:
            print_table(HEADINGS, [row(entry) for entry in entries])


def row(entry: dict[str, Any]) -> tuple[str, ...]:
    who = entry.get("initiatedBy") or {}
    source: dict[str, Any] = entry.get("source") or next(iter(entry.get("sources") or []), {})
    revisions = entry.get("revisions") or [entry.get("revision") or ""]
    return (
        str(entry.get("id", 0)),
        str(entry.get("deployedAt") or ""),
        ",".join(str(revision)[:8] for revision in revisions),
        str(who.get("username") or ("automated" if who.get("automated") else "unknown")),
        f"{source.get('repoURL', '')} {source.get('path') or source.get('chart') or ''}".strip(),
    )
