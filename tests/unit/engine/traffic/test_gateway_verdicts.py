"""What gateways say of a route as it is now."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.traffic.gateway_api import has_taken

GENERATION = 4


def word(kind: str, status: str = "True", at: int | None = GENERATION) -> dict[str, Any]:
    return {"type": kind, "status": status, **({} if at is None else {"observedGeneration": at})}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], None),
        ([word("Accepted", at=None)], None),
        ([word("Accepted")], True),
        ([word("Accepted", at=GENERATION - 1)], False),
        ([word("Accepted", "False")], False),
        ([word("Accepted"), word("ResolvedRefs")], True),
        ([word("Accepted"), word("ResolvedRefs", at=GENERATION - 1)], False),
        ([word("Accepted"), word("ResolvedRefs", "False")], False),
        ([word("Accepted"), word("Programmed", "False")], True),
    ],
)
def test_a_gateway_has_taken_a_route_that_it_accepts_and_resolves_as_it_is(
    conditions: list[dict[str, Any]], expected: bool | None
) -> None:
    parent = {"parentRef": {"name": "gateway"}, "conditions": conditions}
    left = {"parentRef": {"name": "removed"}, "conditions": [word("Accepted", "False")]}
    route = {
        "metadata": {"generation": GENERATION},
        "spec": {"parentRefs": [{"name": "gateway"}]},
        "status": {"parents": [parent, left]},
    }
    assert has_taken(route) is expected
