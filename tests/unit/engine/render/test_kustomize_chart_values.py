"""Values of charts in kustomizations."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.render.kustomize_chart_values import composed

OWN = {"a": 1, "deep": {"x": 1, "y": 1}}
INLINE = {"a": 2, "deep": {"x": None, "z": 2}}


@pytest.mark.parametrize(
    ("inline", "way", "more", "found"),
    [
        ({}, "override", (), OWN),
        (INLINE, "override", (), {"a": 2, "deep": {"y": 1, "z": 2}}),
        (INLINE, "merge", (), {"a": 1, "deep": {"x": 1, "y": 1, "z": 2}}),
        (INLINE, "replace", (), INLINE),
        ({}, "override", ({"a": 3}, {"b": 4}), {"a": 3, "b": 4, "deep": {"x": 1, "y": 1}}),
    ],
)
def test_the_ways_of_kustomize(
    inline: dict[str, Any], way: str, more: tuple[dict[str, Any], ...], found: dict[str, Any]
) -> None:
    assert composed(OWN, inline, way, more) == found
