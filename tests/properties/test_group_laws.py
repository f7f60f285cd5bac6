"""Laws of joint releases: every one ends, and an abort of one member at any moment ends at the stable pods of all that
were in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.rollout import group
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.rehearsal import Simulated
from holdfast.model.rollout import Rollout

step: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 100).map(lambda weight: {"setWeight": weight}),
    st.just({"pause": {}}),
    st.integers(1, 50).map(lambda seconds: {"pause": {"duration": seconds}}),
)


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}


class Member(Simulated):
    def __init__(self, name: str, steps: list[Any], replicas: int) -> None:
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template("web:1")}
        metadata = {"name": name, "namespace": "shop", "labels": {group.LABEL: "site"}}
        obj = {"metadata": metadata, "spec": {**spec, "strategy": {"canary": {"steps": steps}}}}
        super().__init__(msgspec.convert(obj, Rollout), ready_after=timedelta(seconds=2))
        self.group: list[Member] = []

    def seen(self) -> Seen:
        others = group.members(self.rollout, [one.rollout for one in self.group])
        return msgspec.structs.replace(super().seen(), others=others)


def joined(plans: list[tuple[list[Any], int]]) -> list[Member]:
    found = [Member(f"member-{number}", *plan) for number, plan in enumerate(plans)]
    for member in found:
        member.group = found
    settle(found)
    return found


def settle(found: list[Member], moves: int = 5000) -> None:
    """One clock for all; whenever a person is asked, the answer is yes."""
    for _ in range(moves):
        moved = [member.move() for member in found]
        if any(changed for changed, _ in moved):
            continue
        dues = [due for _, due in moved if due is not None]
        coming = [at for member in found for pods in member.pods.values() for at in pods]
        later = [at for at in coming if at > found[0].now] + [found[0].now + due for due in dues]
        waiting = [member for member in found if member.rollout.status.pause_conditions]
        if not later and not waiting:
            return
        for member in waiting if not later else []:
            member.set_status(pause_conditions=())
        for member in found:
            member.now = min(later, default=member.now)
    assert moves < 5000, f"no end: {[member.rollout.status.message for member in found]}"


plans = st.lists(st.tuples(st.lists(step, max_size=4), st.integers(0, 4)), min_size=2, max_size=3)


@given(plans, st.data())
def test_a_joint_release_ends_whoever_takes_part_in_it(given_plans: list[Any], data: st.DataObject) -> None:
    found = joined(given_plans)
    for member in found:
        settle(found, data.draw(st.integers(0, 15)))
        member.set_template(template("web:2"))
    settle(found)
    for member in found:
        assert member.rollout.status.phase == "Healthy"
        assert member.rollout.status.stable_rs == member.rollout.status.current_pod_hash


@given(plans, st.integers(0, 40))
def test_an_abort_takes_back_all_that_are_in_a_release(given_plans: list[Any], moves: int) -> None:
    found = joined(given_plans)
    for member in found:
        member.set_template(template("web:2"))
    settle(found, moves)
    in_release = [one for one in found if one.rollout.status.stable_rs != one.rollout.status.current_pod_hash]
    if not in_release:
        return
    in_release[0].set_status(abort=True)
    settle(found)
    for member in in_release:
        assert member.rollout.status.abort
        assert member.rollout.status.stable_rs != member.rollout.status.current_pod_hash
