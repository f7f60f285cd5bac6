"""What the commands of the ledger print."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cli.app import drift, ledger_diff, ledger_list, ledger_show, records
from holdfast.engine.flow import ledger
from holdfast.model.application import (
    Operation,
    OperationInitiator,
    ResourceResult,
    SyncOperation,
    SyncOperationResource,
)
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.sync_record import Drift, RecordContent, RecordedManifest, SyncRecord, SyncRecordSpec
from holdfast.testing.builders import config_map, deployment, obj


def record(name: str = "web-20260101-120000-0000aa", **more: Any) -> SyncRecord:
    fields = {
        "application": "web",
        "repo_url": "https://git.example.com/web.git",
        "path": "app",
        "revision": "0123456789abcdef",
        "phase": "Succeeded",
        "started_at": "2026-01-01T12:00:00Z",
        "resources": 2,
        **more,
    }
    return SyncRecord(metadata=ObjectMeta(name=name), spec=SyncRecordSpec(**fields))


CONTENT = RecordContent(
    operation=Operation(
        sync=SyncOperation(
            prune=True, sync_options=("Validate=false",), resources=(SyncOperationResource(kind="Service", name="web"),)
        )
    ),
    manifests=(
        RecordedManifest(object=config_map()),
        RecordedManifest(object=obj("v1", "Secret", "login", stringData={"password": "hmac-sha256:12"}), applied=False),
    ),
    results=(ResourceResult(kind="ConfigMap", name="settings", status="Synced", sync_phase="Sync", message="applied"),),
)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"history_id": 0, "initiated_by": OperationInitiator(username="ann")}, ("0", "ann")),
        ({"initiated_by": OperationInitiator(automated=True)}, ("-", "automated")),
        ({}, ("-", "unknown")),
    ],
)
def test_a_record_is_one_line_of_the_list(more: dict[str, Any], shown: tuple[str, str]) -> None:
    row = ledger_list.row(record(**more))
    assert row[0] == "20260101-120000-0000aa"
    assert (row[1], row[5]) == shown
    assert row[2:5] == ("2026-01-01T12:00:00Z", "Succeeded", "01234567")
    assert len(row) == len(ledger_list.HEADINGS)


def test_one_record_is_shown_with_its_options_and_how_it_ended() -> None:
    fields = dict(ledger_show.fields(record(message="all applied", notes=("something is missing",)), CONTENT))
    assert fields["Options"] == "prune, only Service/web, Validate=false"
    assert fields["Phase"] == "Succeeded: all applied"
    assert fields["Manifests"] == "1 applied, 1 not"
    assert fields["Note"] == "something is missing"
    assert "History" not in fields
    assert ledger_show.row(CONTENT.results[0]) == ("", "ConfigMap", "", "settings", "Sync", "Synced", "applied")


def test_the_document_holds_everything_but_secrets() -> None:
    shown = ledger_show.whole(record(content="packed"), CONTENT)
    assert shown["id"] == "20260101-120000-0000aa"
    assert shown["manifests"][0] == {"object": config_map()}
    assert shown["manifests"][1]["object"]["stringData"] == {"password": "++++++++"}
    assert "content" not in shown


def changed(before: list[KubeObject], after: list[KubeObject]) -> list[str]:
    pair = [tuple(RecordedManifest(object=one) for one in side) for side in (before, after)]
    return [line for change in ledger.changes(*pair) for line in ledger_diff.lines(change)]


def secret(value: str) -> KubeObject:
    return obj("v1", "Secret", "login", stringData={"password": value})


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ([config_map()], [config_map()], []),
        (
            [deployment(replicas=2)],
            [deployment(replicas=3)],
            ["===== apps/Deployment web (changed) =====", "  ~ .spec.replicas: 2 -> 3"],
        ),
        ([config_map()], [], ["===== ConfigMap settings (removed) ====="]),
        ([], [config_map()], ["===== ConfigMap settings (added) ====="]),
        (
            [secret("hmac-sha256:12")],
            [secret("hmac-sha256:34")],
            ["===== Secret login (changed) =====", '  ~ .stringData.password: "++++++++" -> "+++++++++"'],
        ),
        ([secret("hmac-sha256:12")], [secret("hmac-sha256:12")], []),
    ],
)
def test_two_records_are_compared_field_by_field(
    before: list[KubeObject], after: list[KubeObject], lines: list[str]
) -> None:
    assert changed(before, after) == lines


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (
            Drift(group="apps", kind="Deployment", namespace="shop", name="web", field=".spec.replicas", before="2"),
            ("apps/Deployment shop/web", ".spec.replicas", "2", "(absent)", "unknown", "", "1", "not yet"),
        ),
        (
            Drift(kind="ConfigMap", name="x", manager="kubectl", first_seen="t1", healed_at="t2", times=3),
            ("ConfigMap x", "-", "-", "deleted", "kubectl", "t1", "3", "t2"),
        ),
    ],
)
def test_drift_is_one_line_a_field(one: Drift, shown: tuple[str, ...]) -> None:
    assert drift.row(one) == shown


def test_an_id_must_mean_one_record() -> None:
    both = [record(), record("web-20260102-120000-0000bb")]
    assert records.chosen(both, "20260102") is both[1]
    with pytest.raises(Blocked, match="may be any of: 20260101-120000-0000aa, 20260102-120000-0000bb"):
        records.chosen(both, "2026")
    with pytest.raises(Blocked, match="no record '7'; there: 20260101"):
        records.chosen(both, "7")
    with pytest.raises(Blocked, match="there: none"):
        records.chosen([], "7")
