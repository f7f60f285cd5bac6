"""What `app rollback`, `app terminate-op` and `app confirm-deletion` write to an Application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.cli.app.confirm import approval_of
from holdfast.cli.app.rollback import rollback_of
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
        (deployed(0, 1, policy={"automated": {}}), -1, "automated.enabled to false first"),
        (deployed(0), -1, "no deployment before the last"),
        (deployed(0, 1), 5, "no deployment 5; there: 0, 1"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_with_the_way_out(app: KubeObject, entry_id: int, message: str) -> None:
    with pytest.raises(Blocked, match=message):
        rollback_of(app, entry_id)


def test_automated_sync_that_is_switched_off_does_not_hinder_a_rollback() -> None:
    assert rollback_of(deployed(0, 1, policy={"automated": {"enabled": False}}))["sync"]["revision"] == "commit0"


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
