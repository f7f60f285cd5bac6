"""Laws of ignored differences."""

from __future__ import annotations

from typing import Any

import jq
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from holdfast.adapters.scripts import jq_paths
from holdfast.engine.diff import compare, ignoring
from holdfast.engine.kube import canonical
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.ignoring import Ignoring, Meant
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import SyncCode
from holdfast.model.scripts import PathsQuestion
from holdfast.testing.builders import obj

NAMES = st.sampled_from(["a", "b", "name", "list"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
SPECS = st.dictionaries(NAMES, VALUES, max_size=4)
EXPRESSIONS = (
    ".spec.a",
    ".spec.list[]?",
    ".spec.list[1:]?",
    ".spec.list[-1]?",
    ".spec.list[0:2]?, .spec.b",
    '.spec.list[]? | select(type == "object" and .name == "a")',
    ".spec.list[]?.a?",
    '.spec | .. | select(type == "number")',
    ".spec | .. | .name?",
)
EVERY = (ResourceIgnoreDifferences(group="*", kind="*"),)


def widget(spec: Any) -> KubeObject:
    return obj("example.com/v1", "Widget", "w", spec=spec)


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(spec=SPECS)
def test_what_is_left_is_what_jq_leaves_after_del(expression: str, spec: Any) -> None:
    live = widget(spec)
    try:
        left = jq.compile(f"del({expression})").input_value(live).first()
    except ValueError:
        # jq gives up as a whole where one of the paths cannot be deleted; ours leaves out that path alone.
        reject()
    meant = jq_paths.paths(PathsQuestion(expression, live))
    assert ignoring.without_ignored(live, live, EVERY, meant) == left


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(left=SPECS, right=SPECS)
@example(left={"name": [False, True]}, right={"name": [False, 1]})
def test_two_objects_that_differ_only_in_what_is_ignored_are_the_same(expression: str, left: Any, right: Any) -> None:
    live, predicted = widget(left), widget(right)
    sides = [jq_paths.paths(PathsQuestion(expression, side)) for side in (live, predicted)]
    ignored = Ignoring(rules=EVERY, meant={key_of(live): Meant(*sides)})
    left_over = [
        ignoring.without_ignored(side, live, EVERY, paths) for side, paths in zip((live, predicted), sides, strict=True)
    ]
    if canonical.equal(*left_over):
        assert compare.compare(predicted, live, predicted, ignored).status is SyncCode.SYNCED


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(desired=SPECS, live=SPECS)
def test_respecting_changes_nothing_in_place(expression: str, desired: Any, live: Any) -> None:
    wanted, present = widget(desired), widget(live)
    before = repr((wanted, present))

    def respected(target: KubeObject) -> KubeObject:
        meant, meant_in_live = (jq_paths.paths(PathsQuestion(expression, side)) for side in (target, present))
        return ignoring.with_live_values(target, present, EVERY, meant=meant, meant_in_live=meant_in_live)

    respected(wanted)
    assert repr((wanted, present)) == before
