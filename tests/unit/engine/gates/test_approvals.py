"""Whose approval counts, and how many are wanted."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.gates import approvals
from holdfast.engine.gates.approvals import Requirement
from holdfast.model.approval import Approval, ApprovalSpec
from holdfast.model.keys import NamespacedName
from holdfast.model.metadata import ObjectMeta

WEB = NamespacedName("argocd", "web")
REVISION = "c0ffee" * 6


def approval(user: str = "bea", *groups: str, made: str = "2026-01-01T00:00:00Z", **metadata: Any) -> Approval:
    meta = {"name": f"web-{user}", "namespace": "argocd", "generation": 1, "creation_timestamp": made, **metadata}
    return Approval(
        metadata=ObjectMeta(**meta),
        spec=ApprovalSpec(application="web", revision=REVISION, user=user, groups=groups),
    )


@pytest.mark.parametrize(
    ("annotations", "wanted"),
    [
        ({}, []),
        ({"holdfast.dev/approvals": "0"}, []),
        ({"holdfast.dev/approvals": "2"}, [Requirement("here", 2)]),
        ({"holdfast.dev/approvers": "sre, leads"}, [Requirement("here", 1, ("sre", "leads"))]),
        ({"holdfast.dev/approvals": "two"}, [Requirement("here", None)]),
        ({"holdfast.dev/approvals": "101"}, [Requirement("here", None)]),
        (
            {"holdfast.dev/approvals": "1", "holdfast.dev/self-approval": "true"},
            [Requirement("here", 1, (), self_approval=True)],
        ),
    ],
)
def test_what_is_asked_for(annotations: dict[str, str], wanted: list[Requirement]) -> None:
    assert list(approvals.requirements([("here", annotations)])) == wanted


@pytest.mark.parametrize(
    ("given", "users"),
    [
        ([approval("tom", made="2026-01-02T00:00:00Z"), approval("bea")], ["bea", "tom"]),
        ([approval("bea"), approval("Bea", name="again")], ["bea"]),
        ([approval(generation=2)], []),
        ([approval(namespace="elsewhere")], []),
        ([approval(deletion_timestamp="2026-01-01T00:00:00Z")], []),
        ([approval("")], []),
    ],
)
def test_approvals_count_once_a_person_and_only_untouched(given: list[Approval], users: list[str]) -> None:
    assert sorted(one.spec.user.lower() for one in approvals.valid(given, WEB, REVISION)) == users


@pytest.mark.parametrize(
    ("requirement", "own", "waits"),
    [
        (Requirement("here", 1), "", False),
        (Requirement("here", 2), "", True),
        (Requirement("here", 1, ("sre",)), "", False),
        (Requirement("here", 1, ("leads",)), "", True),
        (Requirement("here", 1), "bea", True),
        (Requirement("here", 1, self_approval=True), "bea", False),
        (Requirement("here", None), "", True),
    ],
)
def test_an_approval_by_one_of_the_group_sre(requirement: Requirement, own: str, waits: bool) -> None:
    given = approvals.valid([approval("bea", "sre")], WEB, REVISION)
    found = approvals.hold([requirement], given, WEB, REVISION, frozenset({own}))
    assert (found is not None) is waits
