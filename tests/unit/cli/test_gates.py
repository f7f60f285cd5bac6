"""What `app approve`, `freeze` and `unfreeze` write."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.cli import freeze
from holdfast.cli.app import applications
from holdfast.cli.app.approve import document, refuse_what_would_not_count, revision_of
from holdfast.cli.app.identity import Identity
from holdfast.cli.app.sync import operation_of
from holdfast.engine.gates import approvals
from holdfast.model.application import Application
from holdfast.model.approval import Approval
from holdfast.model.errors import Blocked
from holdfast.model.freeze import Freeze, FreezeSpec
from holdfast.model.metadata import ObjectMeta
from holdfast.model.resource_types import APPLICATION, APPROVAL, FREEZE
from holdfast.runtime.clock import LoopClock
from holdfast.sandbox.server import Sandbox
from holdfast.testing.builders import application_object
from tests.unit.controllers.application.harness import Stage, install

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def app(annotations: dict[str, str] | None = None, **status: Any) -> Application:
    found = application_object()
    found["metadata"]["annotations"] = annotations or {}
    return msgspec.convert({**found, "status": status}, Application)


RUNNING = {"phase": "Running", "syncResult": {"revision": "f" * 40}}


@pytest.mark.parametrize(
    ("found", "given", "revision"),
    [
        (app(sync={"revision": COMMIT}), "", COMMIT),
        (app(sync={"revision": COMMIT}), "0123", COMMIT),
        (app(sync={"revision": COMMIT}, operationState=RUNNING), "", "f" * 40),
        (app(sync={"revision": COMMIT}, operationState=RUNNING), "0123", COMMIT),
        (app(), "a" * 40, "a" * 40),
    ],
)
def test_the_revision_that_waits_is_approved_unless_another_is_named(
    found: Application, given: str, revision: str
) -> None:
    assert revision_of(found, given) == revision


@pytest.mark.parametrize(
    ("found", "given", "message"),
    [(app(), "", "name one with --revision"), (app(sync={"revision": COMMIT}), "beef", "give the whole commit id")],
)
def test_a_revision_that_nobody_knows_is_refused(found: Application, given: str, message: str) -> None:
    with pytest.raises(Blocked, match=message):
        revision_of(found, given)


def test_an_approval_counts_as_it_is_written() -> None:
    found = app()
    given = msgspec.convert(document(found, COMMIT, Identity("bea@example.com", ("sre",)), "looks good"), Approval)
    assert approvals.valid([given], found.metadata.key, COMMIT) == [given]
    assert given.spec.groups == ("sre",)


def test_an_approval_goes_with_its_application() -> None:
    found = app()
    found = msgspec.structs.replace(found, metadata=msgspec.structs.replace(found.metadata, uid="u-1"))
    [owner] = document(found, COMMIT, Identity("bea@example.com", ("sre",)))["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Application", found.metadata.name, "u-1")


def test_somebody_of_another_group_is_told_at_once() -> None:
    found = app({"holdfast.dev/approvers": "sre,leads"})
    with pytest.raises(Blocked, match="approvers are the groups leads, sre"):
        refuse_what_would_not_count(found, None, Identity("tom", ("interns",)))
    refuse_what_would_not_count(found, None, Identity("bea", ("leads",)))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", None),
        ("2h", "2026-01-01T14:00:00Z"),
        ("2026-01-02T00:00:00+01:00", "2026-01-01T23:00:00Z"),
    ],
)
def test_a_freeze_ends_at_a_time_or_after_a_while(text: str, end: str | None) -> None:
    assert freeze.end_of(text, NOW) == end


@pytest.mark.parametrize("text", ["soon", "2025-12-31T00:00:00Z"])
def test_an_end_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Blocked):
        freeze.end_of(text, NOW)


def frozen(name: str, **spec: Any) -> Freeze:
    return Freeze(metadata=ObjectMeta(name=name), spec=FreezeSpec(reason="why", **spec))


@pytest.mark.parametrize(
    ("names", "scope", "chosen"),
    [([], ("", ""), ["all"]), ([], ("shop", ""), ["shop"]), (["web"], ("", ""), ["web"])],
)
def test_freezes_are_lifted_by_name_or_by_scope(names: list[str], scope: tuple[str, str], chosen: list[str]) -> None:
    known = [frozen("all"), frozen("shop", project="shop"), frozen("web", application="web")]
    assert freeze.chosen_of(known, names, *scope) == chosen
    with pytest.raises(Blocked, match=r"there: all \(all applications\), shop \(project shop\)"):
        freeze.chosen_of(known, ["gone"], "", "")


def test_the_reason_for_breaking_a_freeze_goes_with_the_sync() -> None:
    asked = operation_of(
        revision="", prune=False, dry_run=False, force=False, options=[], resources=[], retry_limit=0, break_freeze="x"
    )
    assert asked["info"] == [{"name": "holdfast.dev/break-freeze", "value": "x"}]


@pytest.mark.parametrize(
    ("message", "gates"),
    [
        (
            "waiting for pruning confirmation of x: …; a person types `holdfast app confirm-deletion web`",
            "DeletionGuard",
        ),
        ("Sync operation waits: frozen: audit stops all", "SyncFrozen"),
        ("Sync operation waits: revision 0123 waits for approval: …", "ApprovalRequired"),
        ("Sync operation waits: it depends on db, which is Degraded", "DependencyWaiting"),
    ],
)
def test_the_list_shows_in_a_word_what_a_running_sync_waits_for(message: str, gates: str) -> None:
    running = {"status": {"operationState": {"phase": "Running", "message": message}}}
    assert applications.gates_of(running) == [gates]
    assert applications.gates_of({"status": {"operationState": {"phase": "Failed", "message": message}}}) == []


@pytest.mark.real_time
async def test_the_commands_at_work(tmp_path: Path) -> None:
    clock = LoopClock(NOW)
    async with Sandbox(None, clock) as sandbox:
        world = Stage(sandbox.transport, clock)
        await install(world)
        await world.create_application()
        await world.patch(
            APPLICATION, "web", {"status": {"sync": {"revision": COMMIT, "status": "OutOfSync"}}}, "argocd"
        )
        await sandbox.serve()
        kubeconfig = tmp_path / "kubeconfig"
        sandbox.write_kubeconfig(kubeconfig)

        async def holdfast(*arguments: str) -> str:
            command = [sys.executable, "-m", "holdfast", *arguments, "--kubeconfig", str(kubeconfig)]
            done = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            out, _ = await done.communicate()
            return out.decode()

        told = await holdfast("app", "approve", "web", "--as", "bea", "--as-group", "sre", "--as-group", "leads")
        assert told == f"bea approves revision {COMMIT} of argocd/web\n"
        [approval] = await objects(world, APPROVAL)
        assert approval["spec"]["groups"] == ["sre", "leads", "system:authenticated"]
        assert "frozen until it is lifted" in await holdfast("freeze", "--reason", "audit", "--project", "shop")
        [made] = await objects(world, FREEZE)
        assert made["spec"] == {"project": "shop", "reason": "audit", "frozenBy": "sandbox-admin"}
        assert "project shop  unfreeze" in await holdfast("freeze", "list")
        assert "lifted shop-" in await holdfast("unfreeze", "--project", "shop")
        assert await objects(world, FREEZE) == []


async def objects(world: Stage, kind: Any) -> list[dict[str, Any]]:
    return [one.decode() for one in (await world.cluster.list(kind, namespace="argocd")).items]
