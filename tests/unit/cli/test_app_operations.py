"""What `app rollback`, `app terminate-op` and `app confirm-deletion` write to an Application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.cli.app.confirm import approval_of
from holdfast.cli.app.rollback import lifting_of, request_of, rollback_of
from holdfast.cli.app.terminate import termination_of
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.testing.builders import application_object

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOURCE = {"repoURL": "https://git.example.com/web.git", "path": "old"}


def deployed(*ids: int, policy: dict[str, Any] | None = None) -> KubeObject:
    history = [{"id": number, "revision": f"commit{number}", "source": SOURCE} for number in ids]
    return {**application_object(policy=policy), "status": {"history": history}}


@pytest.mark.parametrize(("entry_id", "revision"), [(-1, "commit6"), (3, "commit3"), (7, "commit7")])
def test_a_rollback_names_source_and_revision_of_the_entry(entry_id: int, revision: str) -> None:
    operation = rollback_of(deployed(3, 6, 7), entry_id)
    assert operation["sync"] == {"revision": revision, "source": SOURCE, "syncStrategy": {"apply": {}}}


def test_a_rollback_keeps_the_options_of_the_application_and_prunes_when_asked_to() -> None:
    sync = rollback_of(deployed(0, 1, policy={"syncOptions": ["PruneLast=true"]}), prune=True)["sync"]
    assert (sync["prune"], sync["syncOptions"]) == (True, ["PruneLast=true"])


@pytest.mark.parametrize(
    ("app", "entry_id", "message"),
    [
        (deployed(0), -1, "no deployment before the last"),
        (deployed(0, 1), 5, "no deployment 5; there: 0, 1"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_with_the_way_out(app: KubeObject, entry_id: int, message: str) -> None:
    with pytest.raises(Blocked, match=message):
        rollback_of(app, entry_id)


def at(revision: str, *ids: int, running: dict[str, Any] | None = None, automated: bool = True) -> KubeObject:
    """An application that Git wants at `revision`."""
    app = deployed(*ids, policy={"automated": {}} if automated else None)
    status = {**app["status"], "sync": {"revision": revision}}
    return {**app, "status": {**status, "operationState": running} if running else status}


def operation(revision: str, *, automated: bool) -> dict[str, Any]:
    initiated = {"automated": True} if automated else {"username": "ann"}
    return {"phase": "Running", "operation": {"initiatedBy": initiated}, "syncResult": {"revision": revision}}


@pytest.mark.parametrize("ids", [(1, 2), (1,)])
def test_with_automated_sync_the_revision_that_is_left_is_held_even_if_it_was_never_deployed(ids: tuple[int]) -> None:
    body = request_of(at("commit2", *ids))
    assert body["metadata"]["annotations"] == {Annotation.HOLD: "commit2"}
    assert body["operation"]["sync"]["revision"] == "commit1"


def test_without_automated_sync_nothing_is_held() -> None:
    assert set(request_of(at("commit2", 1, 2, automated=False))) == {"operation"}
    assert set(request_of(deployed(0, 1, policy={"automated": {"enabled": False}}))) == {"operation"}


@pytest.mark.parametrize(
    ("app", "message"),
    [
        (at("commit2", 1, running=operation("commit2", automated=False)), "another operation is in progress"),
        (at("commit2", 1, running=operation("commit1", automated=True)), "another operation is in progress"),
        ({**at("commit2", 1), "operation": {"sync": {}}}, "another operation is in progress"),
    ],
)
def test_a_rollback_does_not_cut_in_on_others(app: KubeObject, message: str) -> None:
    with pytest.raises(Blocked, match=message):
        request_of(app)


def test_an_automated_sync_to_the_revision_that_is_left_gives_way() -> None:
    assert "operation" in request_of(at("commit2", 1, running=operation("commit2", automated=True)))


def test_parameters_alone_are_nothing_to_hold() -> None:
    with pytest.raises(Blocked, match=r"change spec\.source back"):
        request_of(at("commit2", 1, 2), 2)


def test_a_hold_is_lifted_where_there_is_one() -> None:
    held = {"metadata": {"name": "web", "annotations": {Annotation.HOLD.value: "commit2"}}}
    assert lifting_of(held) == {"metadata": {"annotations": {Annotation.HOLD: None}}}
    with pytest.raises(Blocked, match="no revision is held off"):
        lifting_of(at("commit2", 1))


def test_a_running_operation_is_terminated_and_a_request_is_taken_back() -> None:
    running = {"status": {"operationState": {"phase": "Running"}}}
    assert termination_of(running) == {"status": {"operationState": {"phase": "Terminating"}}}
    assert termination_of({"operation": {"sync": {}}}) == {"operation": None}
    with pytest.raises(Blocked, match="No operation is in progress"):
        termination_of({"status": {"operationState": {"phase": "Succeeded"}}})


def test_an_approval_is_never_older_than_what_it_approves() -> None:
    def approved(app: KubeObject) -> str:
        return str(approval_of(app, NOW)["metadata"]["annotations"][Annotation.DELETION_APPROVED])

    assert approved({}) == "2026-01-01T12:00:00Z"
    assert approved({"metadata": {"deletionTimestamp": "2026-01-01T12:00:05Z"}}) == "2026-01-01T12:00:05Z"
    assert approved({"status": {"operationState": {"startedAt": "2026-01-01T11:00:00Z"}}}) == "2026-01-01T12:00:00Z"
