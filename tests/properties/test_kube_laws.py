"""Laws of patches, field sets and field ownership."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.diff import applied
from holdfast.engine.kube import canonical, merge_patch, server_side_apply, strategic_merge
from holdfast.engine.kube.canonical import equal
from holdfast.engine.kube.field_sets import FieldSet
from holdfast.engine.kube.managed_fields import entries_of
from holdfast.engine.kube.server_side_apply import track_update
from holdfast.engine.kube.typed_values import as_stored
from tests.unit.engine.kube.small_schemas import CONFIG_MAP, DEPLOYMENT, WIDGET, config_map

SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b"]))
NULL_FREE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), NULL_FREE, max_size=3)

ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"s"', "i:0"])
FIELD_SETS = st.lists(st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple), max_size=6).map(
    lambda paths: FieldSet.of(*paths)
)

WORDS = st.sampled_from(["1", "2"])
STRINGS = st.dictionaries(st.sampled_from("abc"), WORDS, max_size=3)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _named(item: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    keyed = st.dictionaries(st.sampled_from(["x", "y", "z"]), item, max_size=3)
    return keyed.map(lambda items: [{"name": name, **rest} for name, rest in items.items()])


CONTAINERS = _named(
    _optional(
        image=WORDS,
        args=st.lists(WORDS, max_size=2),
        env=_named(_optional(value=WORDS)),
        resources=_optional(limits=STRINGS),
    )
)
DEPLOYMENTS = st.builds(
    lambda spec, pod, labels: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": labels},
        "spec": {**spec, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": pod}},
    },
    _optional(replicas=st.integers(0, 2), paused=st.booleans(), strategy=_optional(type=WORDS)),
    st.fixed_dictionaries({"containers": CONTAINERS}, optional={"nodeSelector": STRINGS}),
    STRINGS,
)
WIDGETS = st.builds(
    lambda spec: {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec},
    _optional(
        size=st.integers(1, 2),
        # Nobody holds an empty keyed list: as on a real server, applying one is no lasting claim.
        tags=st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=4),
        ports=_named(_optional(port=st.integers(1, 2))).filter(bool),
        free=st.dictionaries(st.sampled_from("ab"), NULL_FREE, max_size=2),
        numbers=st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
    ),
)


@given(old=OBJECTS, new=OBJECTS)
def test_a_merge_patch_of_the_difference_makes_the_new_of_the_old(old: Any, new: Any) -> None:
    patch = merge_patch.difference(old, new)
    assert equal(merge_patch.apply(old, patch), new)
    assert (patch == {}) == equal(old, new)


@given(fields=FIELD_SETS)
def test_fields_v1_can_be_written_and_read(fields: FieldSet) -> None:
    written = fields.to_fields_v1()
    assert FieldSet.from_fields_v1(written) == fields
    assert FieldSet.of(*fields.paths()) == fields


@given(one=FIELD_SETS, two=FIELD_SETS, three=FIELD_SETS)
def test_sets_of_fields_obey_the_algebra_of_sets(one: FieldSet, two: FieldSet, three: FieldSet) -> None:
    left, right, other = set(one.paths()), set(two.paths()), set(three.paths())
    assert set(one.union(two).paths()) == left | right
    assert set(one.difference(two).paths()) == left - right
    assert set(one.intersection(two).paths()) == left & right
    assert one.union(two) == two.union(one)
    assert one.union(two).intersection(three) == one.intersection(three).union(two.intersection(three))
    assert set(one.without_branches(three).paths()) == {
        path for path in left if not any(path[: len(branch)] == branch for branch in other)
    }


@given(live=DEPLOYMENTS, config=DEPLOYMENTS)
def test_applying_twice_is_applying_once(live: Any, config: Any) -> None:
    before = track_update(None, as_stored(live, DEPLOYMENT), manager="editor", node=DEPLOYMENT, now="1")
    once = server_side_apply.apply(before, config, manager="m", node=DEPLOYMENT, force=True, now="2")
    twice = server_side_apply.apply(once, config, manager="m", node=DEPLOYMENT, force=False, now="3")
    assert twice == once


def _content(obj: Any) -> Any:
    return canonical.without(obj, ("metadata", "managedFields"))


@given(mine=DEPLOYMENTS, theirs=DEPLOYMENTS, next_one=DEPLOYMENTS, again=st.booleans())
def test_an_apply_that_is_known_to_change_nothing_changes_nothing(
    mine: Any, theirs: Any, next_one: Any, again: bool
) -> None:
    live = server_side_apply.apply(None, mine, manager="m", node=DEPLOYMENT, force=True, now="1")
    changed = track_update(live, merge_patch.apply(live, theirs), manager="editor", node=DEPLOYMENT, now="2")
    wanted = mine if again else next_one
    for state in (live, changed):
        after = server_side_apply.apply(state, wanted, manager="m", node=DEPLOYMENT, force=True, now="3")
        if applied.is_applied(wanted, state, "m"):
            assert _content(after) == _content(state)
        elif state is live and wanted is mine:
            # What is surely so is also found to be so, but for lists that are said to be empty.
            assert "[]" in str(mine) or "{}" in str(mine)


@given(first=WIDGETS, second=WIDGETS, third=WIDGETS)
def test_an_apply_of_a_custom_resource_that_is_known_to_change_nothing_changes_nothing(
    first: Any, second: Any, third: Any
) -> None:
    live = server_side_apply.apply(None, first, manager="one", node=WIDGET, force=False, now="1")
    live = server_side_apply.apply(live, second, manager="two", node=WIDGET, force=True, now="2")
    for wanted in (first, second, third):
        if applied.is_applied(wanted, live, "one"):
            after = server_side_apply.apply(live, wanted, manager="one", node=WIDGET, force=True, now="3")
            assert _content(after) == _content(live)


@given(first=WIDGETS, second=WIDGETS, third=WIDGETS)
def test_applying_a_custom_resource_twice_is_applying_it_once(first: Any, second: Any, third: Any) -> None:
    live = server_side_apply.apply(None, first, manager="one", node=WIDGET, force=False, now="1")
    live = server_side_apply.apply(live, second, manager="two", node=WIDGET, force=True, now="2")
    live = server_side_apply.apply(live, third, manager="one", node=WIDGET, force=True, now="3")
    assert server_side_apply.apply(live, third, manager="one", node=WIDGET, force=False, now="4") is live


@given(one=STRINGS, two=STRINGS)
def test_managers_of_different_fields_never_conflict(one: dict[str, str], two: dict[str, str]) -> None:
    mine = {f"mine-{key}": value for key, value in one.items()}
    yours = {f"yours-{key}": value for key, value in two.items()}
    live = server_side_apply.apply(None, config_map(mine or None), manager="me", node=CONFIG_MAP, force=False, now="1")
    live = server_side_apply.apply(
        live, config_map(yours or None), manager="you", node=CONFIG_MAP, force=False, now="2"
    )
    assert live.get("data", {}) == {**mine, **yours}


@given(one=STRINGS, two=STRINGS)
def test_applying_nothing_removes_what_the_manager_alone_held(one: dict[str, str], two: dict[str, str]) -> None:
    live = server_side_apply.apply(None, config_map(one or None), manager="me", node=CONFIG_MAP, force=False, now="1")
    live = server_side_apply.apply(live, config_map(two or None), manager="you", node=CONFIG_MAP, force=True, now="2")
    after = server_side_apply.apply(live, config_map(), manager="me", node=CONFIG_MAP, force=False, now="3")
    assert after.get("data", {}) == two
    assert all(entry.manager != "me" for entry in entries_of(after))


@given(config=WIDGETS, live=WIDGETS)
def test_an_applied_configuration_is_in_the_object(config: Any, live: Any) -> None:
    before = track_update(None, live, manager="editor", node=WIDGET, now="1")
    after = server_side_apply.apply(before, config, manager="m", node=WIDGET, force=True, now="2")
    merged = server_side_apply.apply(after, config, manager="other", node=WIDGET, force=False, now="3")
    assert merged["spec"] == after["spec"]


@given(before=WIDGETS, after=WIDGETS)
def test_what_an_update_changed_is_held_by_somebody(before: Any, after: Any) -> None:
    live = track_update(None, before, manager="one", node=WIDGET, now="1")
    tracked = track_update(live, after, manager="two", node=WIDGET, now="2")
    created = track_update(None, after, manager="one", node=WIDGET, now="1")
    together = FieldSet({})
    for entry in entries_of(tracked):
        together = together.union(entry.fields)
    for entry in entries_of(created):
        assert entry.fields.leaves().difference(together).is_empty


@given(original=DEPLOYMENTS, modified=DEPLOYMENTS)
def test_a_three_way_patch_reaches_the_modified_object(original: Any, modified: Any) -> None:
    patch = strategic_merge.three_way(original, modified, original, DEPLOYMENT)
    assert equal(strategic_merge.apply(original, patch, DEPLOYMENT), modified)
    assert strategic_merge.three_way(modified, modified, modified, DEPLOYMENT) == {}
