"""Laws of judging health: no object breaks it, and the order of objects does not matter."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.health.aggregate import Judged, aggregate
from holdfast.engine.health.judge import CHECKS, judge
from holdfast.engine.health.kinds import by_conditions, by_function, by_phase
from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import GroupKind, ObjectKey

KINDS = sorted(
    {
        *CHECKS,
        *by_phase.RULES,
        *(GroupKind(group, kind) for group, kinds in by_conditions.RULES.items() for kind in kinds),
        *(GroupKind(group, kind) for group, kinds in by_function.CHECKS.items() for kind in kinds),
        *(GroupKind(f"x{suffix}", "X") for suffix in by_function.FAMILIES),
    }
)
WORDS = (
    "conditions", "type", "status", "reason", "message", "Ready", "True", "False", "phase", "state", "replicas",
    "observedGeneration", "containerStatuses", "parents", "ingress", "loadBalancer", "statuses", "health",
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)


@given(kind=st.sampled_from(KINDS), spec=VALUES, status=VALUES, generation=st.integers(0, 3))
def test_no_spec_and_no_status_break_a_check(kind: GroupKind, spec: Any, status: Any, generation: int) -> None:
    obj = {
        "apiVersion": f"{kind.group}/v1" if kind.group else "v1",
        "kind": kind.kind,
        "metadata": {"name": "a", "generation": generation},
        "spec": spec,
        "status": status,
    }
    report = judge(obj)
    assert report is not None
    assert isinstance(report.message, str)


@given(
    st.lists(st.sampled_from(Health), min_size=1).flatmap(
        lambda words: st.tuples(st.just(words), st.permutations(words))
    )
)
def test_order_of_objects_does_not_matter(orders: tuple[list[Health], list[Health]]) -> None:
    key = ObjectKey("apps", "Deployment", "shop", "a")
    first, second = ([Judged(key, HealthReport(word)) for word in words] for words in orders)
    assert aggregate(first).status is aggregate(second).status is max(orders[0], key=lambda word: word.rank)
