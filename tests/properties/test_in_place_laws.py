"""Laws of every release of a StatefulSet or DaemonSet: never more pods away or new than allowed, it ends, and an abort
ends at the stable pods."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.rollout.rehearsal_in_place import SimulatedInPlace, template_of
from holdfast.model.rollout import Rollout

step: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 100).map(lambda weight: {"setWeight": weight}),
    st.just({"pause": {}}),
    st.integers(1, 50).map(lambda seconds: {"pause": {"duration": seconds}}),
)
kind = st.sampled_from(["StatefulSet", "DaemonSet"])


def rollout(workload: str, steps: list[Any], unavailable: int) -> Rollout:
    spec = {
        "workloadRef": {"apiVersion": "apps/v1", "kind": workload, "name": "db"},
        "strategy": {"canary": {"steps": steps, "maxUnavailable": unavailable}},
    }
    return msgspec.convert({"metadata": {"name": "db", "namespace": "shop"}, "spec": spec}, Rollout)


class Release:
    """A deployed version 1, and what comes of it."""

    def __init__(self, workload: str, steps: list[Any], unavailable: int, replicas: int) -> None:
        self.cluster = SimulatedInPlace(rollout(workload, steps, unavailable), replicas)
        self.least = 0
        self.settle()
        self.least = replicas - min(unavailable, replicas)

    def settle(self, *, moves: int | None = None) -> None:
        """Until nothing happens any more; whenever a person is asked, the answer is yes."""
        made = 0
        while True:
            self.cluster.fewest = self.cluster.serving()
            for _ in self.cluster.until_quiet():
                made += 1
                assert self.cluster.fewest >= min(self.least, self.cluster.replicas), "fewer serve than promised"
                if moves is not None and made >= moves:
                    return
            if not self.cluster.rollout.status.pause_conditions:
                return
            self.cluster.set_status(pause_conditions=())

    def pods(self) -> dict[str, int]:
        return {
            str(version): count
            for version in (1, 2, 3)
            if (count := self.cluster.serving(self.cluster.hash_of(template_of(version))))
        }


releases = st.builds(Release, kind, st.lists(step, max_size=5), st.integers(1, 4), st.integers(0, 9))


@given(releases)
def test_a_release_keeps_its_promises_and_ends(release: Release) -> None:
    release.cluster.set_template(template_of(2))
    release.settle()
    wanted = release.cluster.replicas
    assert release.pods() == ({"2": wanted} if wanted else {})
    assert release.cluster.rollout.status.phase == "Healthy"


@given(releases, st.integers(1, 60))
def test_an_abort_at_any_moment_ends_at_the_stable_pods(release: Release, moves: int) -> None:
    cluster = release.cluster
    cluster.set_template(template_of(2))
    release.settle(moves=moves)
    if cluster.rollout.status.stable_rs == cluster.rollout.status.current_pod_hash:
        return
    is_complete = cluster.kind == "StatefulSet" and cluster.serving(cluster.hash_of(template_of(2))) == cluster.replicas
    cluster.set_status(abort=True, pause_conditions=())
    release.settle()
    wanted = {"2" if is_complete else "1": cluster.replicas} if cluster.replicas else {}
    assert release.pods() == wanted
    template = cluster.workload["spec"]["template"]
    assert template == template_of(2), "the template is Git's"


@given(releases, st.integers(1, 60), st.integers(0, 9))
def test_it_can_be_scaled_and_changed_at_any_moment(release: Release, moves: int, replicas: int) -> None:
    cluster = release.cluster
    cluster.set_template(template_of(2))
    release.settle(moves=moves)
    release.least = 0
    cluster.resize(replicas)
    cluster.set_template(template_of(3))
    release.settle()
    assert release.pods() == ({"3": replicas} if replicas else {})
    assert cluster.rollout.status.phase == "Healthy"


@given(kind, st.integers(0, 100), st.integers(1, 4), st.integers(0, 12))
def test_a_share_is_never_more_than_its_weight_but_for_one_pod(
    workload: str, weight: int, unavailable: int, replicas: int
) -> None:
    release = Release(workload, [{"setWeight": weight}, {"pause": {}}], unavailable, replicas)
    release.cluster.set_template(template_of(2))
    most = max(replicas * weight // 100, 1 if weight else 0)
    for _ in release.cluster.until_quiet():
        assert release.cluster.count(release.cluster.hash_of(template_of(2))) <= most
    reached = release.pods().get("2", 0)
    kept = 1 if workload == "StatefulSet" and replicas else 0
    assert reached == min(most, max(replicas - kept, 0)) or not replicas
