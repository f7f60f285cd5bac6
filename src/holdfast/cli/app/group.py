"""The group `holdfast app`: which command stands in which file."""

from __future__ import annotations

import typer

from holdfast.cli.app import (
    actions,
    approve,
    confirm,
    create,
    delete,
    diff,
    drift,
    get,
    history,
    ledger_diff,
    ledger_list,
    ledger_show,
    listing,
    manifests,
    parameters,
    refresh,
    rollback,
    sync,
    terminate,
    wait,
    why,
)

app = typer.Typer(help="See and act on applications.", no_args_is_help=True, rich_markup_mode=None)
app.command("list")(listing.list_)
app.command("get")(get.get)
app.command("sync")(sync.sync)
app.command("diff")(diff.diff)
app.command("manifests")(manifests.manifests)
app.command("parameters")(parameters.parameters)
app.command("history")(history.history)
app.command("wait")(wait.wait)
app.command("create")(create.create)
app.command("delete")(delete.delete)
app.command("refresh")(refresh.refresh)
app.command("rollback")(rollback.rollback)
app.command("terminate-op")(terminate.terminate_op)
app.command("confirm-deletion")(confirm.confirm_deletion)
app.command("approve")(approve.approve)
app.command("drift")(drift.drift)
app.command("why")(why.why)

ledger = typer.Typer(help="See what was synced, exactly.", no_args_is_help=True, rich_markup_mode=None)
ledger.command("list")(ledger_list.list_)
ledger.command("show")(ledger_show.show)
ledger.command("diff")(ledger_diff.diff)
app.add_typer(ledger, name="ledger")
app.add_typer(actions.actions, name="actions")
