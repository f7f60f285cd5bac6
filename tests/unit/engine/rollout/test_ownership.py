"""Which of several controllers on one cluster carries an object out."""

from __future__ import annotations

import pytest

from holdfast.engine.rollout import ownership
from holdfast.model.names import INSTANCE_LABEL


@pytest.mark.parametrize(
    ("labels", "of_blue", "of_the_nameless"),
    [
        (None, False, True),
        ({"app": "web"}, False, True),
        ({INSTANCE_LABEL: "blue"}, True, False),
        ({INSTANCE_LABEL: "green"}, False, False),
    ],
)
def test_the_label_names_the_controller(labels: dict[str, str] | None, of_blue: bool, of_the_nameless: bool) -> None:
    assert ownership.is_carried_out_by("blue", labels) is of_blue
    assert ownership.is_carried_out_by("", labels) is of_the_nameless
