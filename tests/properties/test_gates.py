"""Laws of the gates."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.gates import dependencies, guard
from holdfast.model.keys import NamespacedName, ObjectKey

LIMITS = st.builds(
    guard.Limits,
    deletions=st.none() | st.integers(0, 30),
    percent=st.none() | st.integers(0, 100),
    least=st.sampled_from([0, guard.FEW]),
)


def keys(count: int) -> list[ObjectKey]:
    return [ObjectKey("", "ConfigMap", "shop", str(number)) for number in range(count)]


@given(st.data(), LIMITS)
def test_what_the_guard_lets_begin_it_lets_come_to_its_end(data: st.DataObject, limits: guard.Limits) -> None:
    """The deleted ones are gone when the rest is judged again."""
    total = data.draw(st.integers(1, 60))
    wanted = data.draw(st.integers(0, total))
    gone = data.draw(st.integers(0, wanted))
    if guard.hold(keys(wanted), total, limits, "web") is None:
        assert guard.hold(keys(wanted - gone), total - gone, limits, "web") is None


@given(st.data(), LIMITS)
def test_deleting_more_is_never_less_guarded(data: st.DataObject, limits: guard.Limits) -> None:
    total = data.draw(st.integers(1, 60))
    more = data.draw(st.integers(0, total))
    fewer = data.draw(st.integers(0, more))
    if guard.hold(keys(fewer), total, limits, "web") is not None:
        assert guard.hold(keys(more), total, limits, "web") is not None


GRAPHS = st.dictionaries(st.integers(0, 7), st.lists(st.integers(0, 7), max_size=4), max_size=8)


@given(GRAPHS)
def test_a_circle_is_found_exactly_where_an_application_reaches_itself(graph: dict[int, list[int]]) -> None:
    def name(number: int) -> NamespacedName:
        return NamespacedName("argocd", str(number))

    def edges(of: NamespacedName) -> list[NamespacedName]:
        return [name(number) for number in graph.get(int(of.name), [])]

    for start in graph:
        reached = set(graph[start])
        for _ in range(8):
            reached |= {further for number in reached for further in graph.get(number, [])}
        way = dependencies.cycle(name(start), edges)
        assert bool(way) is (start in reached)
        if way:
            assert way[0] == way[-1] == name(start)
            assert all(following in edges(here) for here, following in itertools.pairwise(way))
            assert len(set(way)) == len(way) - 1
