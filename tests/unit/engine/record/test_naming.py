"""How records are called and found."""

from __future__ import annotations

import pytest

from holdfast.engine.record import naming
from holdfast.model.application import Operation, OperationInitiator, OperationState, SyncOperation, SyncOperationResult
from holdfast.model.metadata import ObjectMeta
from holdfast.model.sync_record import SyncRecord, SyncRecordSpec


def state(started: str = "2026-01-01T12:00:00Z", *, revision: str = "abc", who: str = "ann") -> OperationState:
    asked = Operation(sync=SyncOperation(), initiated_by=OperationInitiator(username=who))
    return OperationState(operation=asked, started_at=started, sync_result=SyncOperationResult(revision=revision))


def record(name: str, history_id: int | None = None) -> SyncRecord:
    return SyncRecord(metadata=ObjectMeta(name=name), spec=SyncRecordSpec(application="web", history_id=history_id))


def test_the_name_is_the_applications_and_the_operations() -> None:
    name = naming.record_name("web", state())
    assert name.startswith("web-20260101-120000-")
    assert len(naming.id_of(name)) == naming.ID_LENGTH
    assert name == f"web-{naming.id_of(name)}" == naming.record_name("web", state())


@pytest.mark.parametrize("other", [state("2026-01-01T12:00:01Z"), state(revision="abd"), state(who="bob")])
def test_another_operation_has_another_name(other: OperationState) -> None:
    assert naming.record_name("web", other) != naming.record_name("web", state())


@pytest.mark.parametrize("length", [1, 63, 64, 229, 230, 231, 253])
def test_names_and_labels_stay_within_kubernetes_limits(length: int) -> None:
    assert len(naming.record_name("a" * length, state())) <= 253
    assert len(naming.label_value("a" * length)) <= 63


def test_a_name_that_is_cut_stays_a_name() -> None:
    assert ".-" not in naming.record_name("a" * 229 + "." + "b" * 20, state())


def test_long_names_with_the_same_beginning_are_told_apart() -> None:
    one, other = "a" * 250 + "x", "a" * 250 + "y"
    assert naming.label_value(one) != naming.label_value(other)
    assert naming.record_name(one, state()) != naming.record_name(other, state())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("0", ["web-20260101-120000-0000aa"]),
        ("7", ["web-20260102-120000-0000bb"]),
        ("20260102", ["web-20260102-120000-0000bb"]),
        ("20260102-120000-0000bb", ["web-20260102-120000-0000bb"]),
        ("web-20260103-120000-0000cc", ["web-20260103-120000-0000cc"]),
        ("202601", ["web-20260101-120000-0000aa", "web-20260102-120000-0000bb", "web-20260103-120000-0000cc"]),
        ("8", []),
        ("None", []),
        ("", []),
    ],
)
def test_what_a_person_types_finds_the_record(asked: str, found: list[str]) -> None:
    records = [
        record("web-20260101-120000-0000aa", 0),
        record("web-20260102-120000-0000bb", 7),
        record("web-20260103-120000-0000cc"),
    ]
    assert [one.metadata.name for one in naming.matching(records, asked)] == found


def test_the_oldest_beyond_the_limit_go() -> None:
    names = [f"web-2026010{day}-120000-0000aa" for day in (3, 1, 2)]
    assert naming.surplus(names, 2) == ["web-20260101-120000-0000aa"]
    assert naming.surplus(names, 3) == []


@pytest.mark.parametrize(("said", "limit"), [("", 20), ("5", 5), ("0", 0), ("-1", 20), ("many", 20), ("99999", 1000)])
def test_the_limit_is_a_number_or_the_default(said: str, limit: int) -> None:
    assert naming.limit_of(said) == limit
