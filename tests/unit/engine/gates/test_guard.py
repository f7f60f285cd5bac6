"""Which deletions wait for a person."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from holdfast.engine.gates import guard
from holdfast.engine.gates.guard import Limits
from holdfast.model.keys import ObjectKey


def maps(count: int) -> list[ObjectKey]:
    return [ObjectKey("", "ConfigMap", "shop", f"settings-{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("deleted", "total", "chosen", "waits"),
    [
        (0, 10, Limits(), False),
        (4, 4, Limits(), False),
        (5, 10, Limits(), False),
        (6, 10, Limits(), True),
        (5, 9, Limits(), True),
        (20, 400, Limits(), False),
        (21, 400, Limits(), True),
        (21, 400, Limits(deletions=None), False),
        (400, 400, Limits(deletions=None, percent=None), False),
        (1, 3, Limits(percent=30, least=0), True),
        (1, 400, Limits(deletions=0), True),
        (400, 400, Limits(enabled=False), False),
    ],
)
def test_many_deletions_wait(deleted: int, total: int, chosen: Limits, waits: bool) -> None:
    assert (guard.hold(maps(deleted), total, chosen, "argocd/web") is not None) is waits


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("", "Namespace"),
        ("", "PersistentVolumeClaim"),
        ("apps", "StatefulSet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ],
)
def test_what_takes_data_with_it_waits_whatever_the_limits(group: str, kind: str) -> None:
    found = guard.hold([ObjectKey(group, kind, "", "db")], 500, Limits(deletions=None, percent=None), "argocd/web")
    assert found is not None
    assert found.because == f"it would delete 1 of 500 objects (1 {kind}): {kind} db would be lost"
    assert found.opens == "a person types `holdfast app confirm-deletion argocd/web`"
    assert guard.hold([ObjectKey("example.com", kind, "", "db")], 500, Limits(), "argocd/web") is None


@pytest.mark.parametrize(
    ("places", "limits"),
    [
        ([], Limits()),
        ([{guard.MAX_DELETIONS: "3"}], Limits(deletions=3)),
        ([{guard.MAX_DELETIONS: "3"}, {guard.MAX_DELETIONS: "9", guard.MAX_PERCENT: "10%"}], Limits(True, 3, 10, 0)),
        ([{guard.MAX_PERCENT: "off"}, {guard.MAX_PERCENT: "10"}], Limits(percent=None, least=0)),
        ([{guard.MAX_DELETIONS: "many"}, {guard.MAX_DELETIONS: "9"}], Limits(deletions=9)),
        ([{}, {guard.ENABLED: "false"}], Limits(enabled=False)),
        ([{guard.ENABLED: "true"}, {guard.ENABLED: "false"}], Limits()),
    ],
)
def test_the_nearest_place_that_says_something_wins(places: list[Mapping[str, str]], limits: Limits) -> None:
    assert guard.limits(places) == limits
