"""`holdfast app diff`: what a sync would change, field by field, and who made it differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.output import Format, OutputOption, print_document
from holdfast.cli.plugin_options import PluginsOption
from holdfast.model.comparison import Difference
from holdfast.model.desired import ObjectState
from holdfast.model.errors import Blocked
from holdfast.model.names import SyncCode
from holdfast.ports.cluster import Cluster


def diff(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    revision: str = typer.Option("", "--revision", help="Compare with this revision instead of the target's newest."),
    local: str = typer.Option("", "--local", help="Compare with the files of this folder instead of a revision."),
    local_repo_root: str = typer.Option(
        "", "--local-repo-root", help="The folder of the whole repository, for --local; by default that folder itself."
    ),
    plugins: Path | None = PluginsOption,
    exit_code: bool = typer.Option(True, "--exit-code/--no-exit-code", help="End with 1 when there is a difference."),
    output: Format = OutputOption,
) -> None:
    """Show what a sync would change; nothing is changed."""
    if local and revision:
        raise Blocked("OptionsInvalid", "--local and --revision name two things to compare with: give one")

    async def work(cluster: Cluster) -> list[ObjectState]:
        from holdfast.assembly.inspection import Local, inspect

        app = await applications.read_application(cluster, name, app_namespace)
        files = Local(Path(local), Path(local_repo_root or local)) if local else None
        found = await inspect(
            cluster, find_kubeconfig(kubeconfig), app, revision=revision, local=files, plugins=str(plugins or "")
        )
        return [state for state in found.states if is_changed(state)]

    changed = with_cluster(kubeconfig, work)
    if output in (Format.JSON, Format.YAML):
        print_document([as_document(state) for state in changed], output)
    else:
        for state in changed:
            for line in lines(state):
                typer.echo(line)
    if changed and exit_code:
        raise typer.Exit(1)


def is_changed(state: ObjectState) -> bool:
    return bool(state.problem) or (state.comparison is not None and state.comparison.status is not SyncCode.SYNCED)


def what(state: ObjectState) -> str:
    if state.live is None:
        return "create"
    return "delete" if state.requires_pruning else "change"


def as_document(state: ObjectState) -> dict[str, Any]:
    differences = state.comparison.differences if state.comparison else ()
    key = state.key
    return {
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "change": what(state),
        "problem": state.problem,
        "fields": [
            {"path": it.path, "before": it.before, "after": it.after, "manager": it.manager, "since": it.since}
            for it in differences
        ],
    }


def lines(state: ObjectState) -> list[str]:
    """A heading for the object and a line for each field."""
    heading = f"===== {state.key.group_kind} {state.key.namespace + '/' if state.key.namespace else ''}{state.key.name}"
    found = [f"{heading} ({what(state)}) ====="]
    if state.problem:
        found.append(f"  ! {state.problem}")
    if what(state) == "change" and state.comparison is not None:
        found += [field_line(difference) for difference in state.comparison.differences]
    return found


def field_line(difference: Difference) -> str:
    who = f"    # {difference.manager}" if difference.manager else ""
    who += f", {difference.since}" if who and difference.since else ""
    if difference.before is None:
        return f"  + {difference.path}: {shown(difference.after)}{who}"
    if difference.after is None:
        return f"  - {difference.path}: {shown(difference.before)}{who}"
    return f"  ~ {difference.path}: {shown(difference.before)} -> {shown(difference.after)}{who}"


def shown(value: Any) -> str:
    import orjson

    return orjson.dumps(value).decode()
