"""What renders note, as it is told."""

from __future__ import annotations

import pytest

from holdfast.engine.status import render_notes
from holdfast.engine.status.conditions import condition, unsettled
from holdfast.model.names import ConditionType


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        ((), ()),
        (("a", "b", "a"), ("a", "b")),
        (("x" * 600,), ("x" * 500 + "…",)),
        (tuple(map(str, range(13))), (*map(str, range(10)), "and 3 more of this kind")),
    ],
)
def test_notes_are_told_once_and_bounded(notes: tuple[str, ...], told: tuple[str, ...]) -> None:
    assert render_notes.told(notes) == told


def test_each_is_a_condition_of_its_own() -> None:
    assert [(it.type, it.message) for it in render_notes.warnings(["a", "b"])] == [
        ("RenderWarning", "a"),
        ("RenderWarning", "b"),
    ]


def test_what_a_render_notes_leaves_an_application_settled() -> None:
    noted = render_notes.warnings(["a"])
    assert not unsettled(noted)
    assert unsettled((*noted, condition(ConditionType.COMPARISON_ERROR, "b")))
