"""`holdfast repo list` and `holdfast repo get`."""

from __future__ import annotations

import msgspec
import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_fields, print_table
from holdfast.cli.repo.registered import (
    KubeconfigOption,
    KubeconfigPath,
    NamespaceOption,
    ProjectOption,
    only,
    registered,
)
from holdfast.engine.access.repository_urls import shown_url


def list_(
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """List the repositories and credential templates that Secrets register."""
    found = with_cluster(kubeconfig, lambda cluster: registered(cluster, namespace))
    if output in (Format.JSON, Format.YAML):
        print_document([msgspec.to_builtins(one) for one in found], output)
        return
    if output is Format.NAME:
        for one in found:
            typer.echo(shown_url(one.url))
        return
    rows = [
        (
            one.kind,
            one.name or "-",
            shown_url(one.url) + ("*" if one.is_template else ""),
            one.project or "-",
            ", ".join(one.opens_by) or "-",
            one.secret,
        )
        for one in found
    ]
    print_table(("TYPE", "NAME", "REPO", "PROJECT", "CREDENTIALS", "SECRET"), rows)


def get(
    url: str = typer.Argument(..., metavar="REPO"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    project: str = ProjectOption,
    output: Format = OutputOption,
) -> None:
    """Show how one repository is registered; what is secret is not shown."""
    one = with_cluster(kubeconfig, lambda cluster: only(cluster, namespace, url, project))
    if output in (Format.JSON, Format.YAML):
        print_document(msgspec.to_builtins(one), output)
        return
    print_fields(
        [
            ("Repo", shown_url(one.url)),
            ("Type", one.kind + (" (template)" if one.is_template else "")),
            ("Name", one.name or "-"),
            ("Project", one.project or "-"),
            ("Username", one.username or "-"),
            ("Credentials", ", ".join(one.opens_by) or "-"),
            ("Secret", one.secret),
            *one.settings.items(),
        ]
    )
