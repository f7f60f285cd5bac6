"""When a revision is held off."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.engine.status import holding
from holdfast.model.application import Application
from holdfast.model.names import Annotation
from holdfast.testing.builders import COMMIT, application

OTHER = "f" * 40


def held_at(held: str) -> Application:
    app = application()
    metadata = msgspec.structs.replace(app.metadata, annotations={Annotation.HOLD.value: held} if held else {})
    return msgspec.structs.replace(app, metadata=metadata)


@pytest.mark.parametrize(
    ("held", "revision", "is_held"),
    [
        (COMMIT, COMMIT, True),
        (f" {COMMIT} ", COMMIT, True),
        (COMMIT[:7], COMMIT, True),
        (COMMIT[:6], COMMIT, False),
        (COMMIT, OTHER, False),
        ("10.10.3", "10.10.3", True),
        ("10.10.3", "10.10.31", False),
        (f"{COMMIT}, 1.0.0", f"{COMMIT}, 1.0.0", True),
        (f"{COMMIT}, 1.0.0", f"{COMMIT}, 1.0.1", False),
        ("", COMMIT, False),
    ],
)
def test_a_revision_is_held_or_the_hold_is_past(held: str, revision: str, is_held: bool) -> None:
    app = held_at(held)
    assert holding.is_held(app, revision) is is_held
    assert holding.is_passed(app, revision) is (bool(held) and not is_held)


def test_while_nobody_knows_where_git_is_a_hold_is_neither_in_force_nor_past() -> None:
    app = held_at(COMMIT)
    assert (holding.is_held(app, ""), holding.is_passed(app, "")) == (False, False)
