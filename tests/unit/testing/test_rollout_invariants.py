"""The invariants of a simulation of Rollouts fail where they must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.runtime.store import live_object
from holdfast.testing.invariants import ENGINE, Write
from holdfast.testing.rollout_invariants import REVISION, RolloutInvariants
from holdfast.testing.rollout_plans import BASIC, GROUP_LABEL, HASH_LABEL, ISTIO, RolloutPlan
from holdfast.testing.rollout_views import LOOKED_AT, VIEW, View

OWNED = [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web", "uid": "r-web", "controller": True}]
Found = dict[str, KubeObject]
KINDS = {"rollouts": "Rollout", "replicasets": "ReplicaSet", "services": "Service", "virtualservices": "VirtualService"}
STRATEGY: dict[str, Any] = {"canary": {"maxUnavailable": 0, "maxSurge": 1, "steps": [{"setWeight": 50}, {"pause": {}}]}}

SERVICES: dict[str, Any] = {"canaryService": "web-canary", "stableService": "web-stable"}
STRATEGIES: dict[str, dict[str, Any]] = {ISTIO: {"canary": {**STRATEGY["canary"], **SERVICES}}}


def rollout(name: str = "web", *, replicas: int = 4, **status: Any) -> KubeObject:
    metadata = {"name": name, "namespace": "shop", "uid": f"r-{name}", "generation": 1, "labels": {GROUP_LABEL: "site"}}
    known = {"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 0, "observedGeneration": "1", **status}
    spec = {"replicas": replicas, "template": {}, "strategy": STRATEGY}
    return {**kind("rollouts"), "metadata": metadata, "spec": spec, "status": known}


def kind(plural: str) -> dict[str, str]:
    group = {"rollouts": "argoproj.io/v1alpha1", "replicasets": "apps/v1", "virtualservices": "networking.istio.io/v1"}
    return {"apiVersion": group.get(plural, "v1"), "kind": KINDS[plural]}


def replica_set(hash_: str, replicas: int, available: int, **annotations: str) -> KubeObject:
    metadata: dict[str, Any] = {
        "name": f"web-{hash_}",
        "namespace": "shop",
        "uid": f"s-{hash_}",
        "ownerReferences": OWNED,
        "annotations": {key.replace("_", "-"): value for key, value in annotations.items()},
    }
    metadata["labels"] = {HASH_LABEL: hash_}
    spec = {"replicas": replicas, "template": {}}
    return {**kind("replicasets"), "metadata": metadata, "spec": spec, "status": {"availableReplicas": available}}


def pod(hash_: str, number: int) -> KubeObject:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"web-{hash_}",
        "uid": f"s-{hash_}",
        "controller": True,
    }
    metadata: dict[str, Any] = {"name": f"{hash_}-{number}", "uid": f"{hash_}-{number}", "ownerReferences": [owner]}
    metadata["labels"] = {HASH_LABEL: hash_}
    return {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def service(role: str, hash_: str) -> KubeObject:
    return {**kind("services"), "metadata": {"name": f"web-{role}"}, "spec": {"selector": {HASH_LABEL: hash_}}}


def routes(canary: int) -> KubeObject:
    hosts = (("web-stable", 100 - canary), ("web-canary", canary))
    route = [{"destination": {"host": host}, "weight": weight} for host, weight in hosts]
    return {
        **kind("virtualservices"),
        "metadata": {"name": "web"},
        "spec": {"http": [{"name": "primary", "route": route}]},
    }


class Told:
    """Invariants of one plan, and what they were told of. The view of the engine is everything that it was told."""

    def __init__(self, style: str, lag: float = 5.0) -> None:
        plan = RolloutPlan("web", style, STRATEGIES.get(style, STRATEGY), 4, {}, group="site")
        self.invariants = RolloutInvariants([plan, msgspec.structs.replace(plan, name="pay", strategy=STRATEGY)], lag)
        self.there: dict[tuple[str, str], KubeObject] = {}

    def saw(
        self, plural: str, after: KubeObject | None, *, name: str = "", actor: str = "cluster", at: float = 0.0
    ) -> None:
        name = name or (after or {})["metadata"]["name"]
        before = self.there.get((plural, name))
        self.invariants.saw(plural, name, Write(actor, before, after, at))
        if after is None:
            del self.there[plural, name]
        else:
            self.there[plural, name] = after

    def serve(self, hash_: str, count: int, *, wanted: int | None = None) -> None:
        self.saw("replicasets", replica_set(hash_, count if wanted is None else wanted, count))
        for number in range(count):
            self.saw("pods", pod(hash_, number))

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """What the engine writes here it has decided on what is there now."""
        objects: dict[GroupKind, list[LiveObject]] = {one: [] for one in LOOKED_AT}
        for (plural, _), obj in self.there.items():
            if plural in KINDS:
                live = live_object(obj)
                objects[live.group_kind].append(live)
        token = VIEW.set(View(1.0, objects))
        try:
            yield
        finally:
            VIEW.reset(token)

    @property
    def broken(self) -> list[str]:
        return [one.partition(":")[0] for one in self.invariants.violations]


@pytest.mark.parametrize(("left", "is_broken"), [((4, 1), False), ((3, 1), False), ((2, 1), True), ((3, 0), True)])
def test_no_decision_leaves_fewer_pods_than_promised(left: tuple[int, int], is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout())
    told.serve("old", 4)
    told.serve("new", 1)
    with told.deciding():
        for hash_, had, wanted in (("old", 4, left[0]), ("new", 1, left[1])):
            if wanted != had:
                told.saw("replicasets", replica_set(hash_, wanted, had), actor=ENGINE, at=1.0)
    assert ("never fewer available pods than promised, as far as was known" in told.broken) is is_broken


@pytest.mark.parametrize(
    ("gone", "new", "at", "is_broken"), [("old", 4, 10.0, True), ("old", 4, 3.0, False), ("old", 3, 10.0, False)]
)
def test_no_traffic_goes_for_long_to_a_stable_set_that_is_gone(gone: str, new: int, at: float, is_broken: bool) -> None:
    told = Told(ISTIO)
    told.saw("rollouts", rollout())
    told.saw("services", service("stable", "old"))
    told.saw("services", service("canary", "new"))
    told.saw("virtualservices", routes(50))
    told.serve("old", 4)
    told.serve("new", new)
    told.saw("replicasets", None, name=f"web-{gone}")
    told.invariants.routers.look(at)
    assert told.broken == (["no traffic goes where nothing can carry it"] if is_broken else [])


@pytest.mark.parametrize(("share", "is_broken"), [(50, True), (0, False)])
def test_no_traffic_goes_for_long_to_a_canary_of_which_no_pod_serves(share: int, is_broken: bool) -> None:
    told = Told(ISTIO)
    told.saw("rollouts", rollout())
    told.saw("services", service("stable", "old"))
    told.saw("services", service("canary", "new"))
    told.saw("virtualservices", routes(share))
    told.serve("old", 4)
    told.serve("new", 0, wanted=2)
    told.invariants.routers.look(10.0)
    assert bool(told.broken) is is_broken


@pytest.mark.parametrize(
    ("other", "broken"),
    [
        ({"currentStepIndex": 1}, []),
        ({"currentStepIndex": 0}, ["a joint step is passed together"]),
        ({"currentPodHash": "old", "currentStepIndex": 2}, []),
        ({"abort": True, "abortedAt": "2026-01-01T00:00:00Z"}, ["nobody goes on where a member is aborted"]),
    ],
)
def test_no_member_of_a_group_goes_on_alone(other: dict[str, Any], broken: list[str]) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout())
    told.saw("rollouts", rollout("pay", **other))
    with told.deciding():
        told.saw("rollouts", rollout(currentStepIndex=1), actor=ENGINE, at=1.0)
    assert told.broken == broken


def deployment(count: int) -> KubeObject:
    metadata = {"name": "web", "namespace": "shop", "uid": "d", "generation": 1}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": count}}


@pytest.mark.parametrize(("lent", "is_broken"), [(4, True), (0, False)])
def test_with_a_deployment_s_pods_those_that_serve_are_as_many_as_promised(lent: int, is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout(replicas=3))
    told.saw("deployments", deployment(6))
    theirs = replica_set("theirs", 6, lent)
    theirs["metadata"]["ownerReferences"] = [{**OWNED[0], "kind": "Deployment", "uid": "d"}]
    told.saw("replicasets", theirs)
    for number in range(lent):
        told.saw("pods", pod("theirs", number))
    told.serve("new", 0, wanted=3)
    with told.deciding():
        told.saw("deployments", deployment(2), actor=ENGINE, at=1.0)
    assert ("a workload and its Rollout have the promised pods together" in told.broken) is is_broken


@pytest.mark.parametrize(("replicas", "is_broken"), [(2, False), (1, True)])
def test_a_deployment_gives_up_only_pods_that_are_replaced(replicas: int, is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout())
    told.saw("deployments", deployment(4))
    told.serve("new", 2)
    with told.deciding():
        told.saw("deployments", deployment(replicas), actor=ENGINE, at=1.0)
    assert ("a workload gives up only pods that are replaced" in told.broken) is is_broken


@pytest.mark.parametrize(
    ("selected", "is_gone", "runs", "broken"),
    [
        ("old", True, True, ["a Rollout that is gone gives its Services back"]),
        ("", True, True, []),
        ("old", False, True, []),
        ("old", True, False, []),
    ],
)
def test_a_rollout_that_is_gone_keeps_no_service(selected: str, is_gone: bool, runs: bool, broken: list[str]) -> None:
    told = Told(ISTIO)
    told.saw("services", service("stable", selected))
    if not is_gone:
        told.saw("rollouts", rollout())
    if not runs:
        told.invariants.routers.engine_ends()
    told.invariants.routers.look(0.0)
    told.invariants.routers.look(10.0)
    assert told.broken == broken


BEGINS: list[tuple[dict[str, Any], bool]] = [
    ({"currentStepIndex": 2}, False),
    ({"currentStepIndex": 1}, True),
    ({"currentStepIndex": 2, "abort": True}, True),
    ({"currentStepIndex": 2, "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "x"}]}, True),
]


@pytest.mark.parametrize(("status", "is_broken"), BEGINS)
def test_a_new_rollout_has_no_steps_before_it(status: dict[str, Any], is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", {**rollout(), "status": {}})
    told.saw("rollouts", rollout(stableRS="", **status), actor=ENGINE)
    assert told.broken == (["a new Rollout begins cleanly"] if is_broken else [])


@pytest.mark.parametrize(("stable", "is_broken"), [("", True), ("old", False)])
def test_a_first_release_is_compared_with_nothing(stable: str, is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout(stableRS=stable, currentStepIndex=2))
    run = {"kind": "AnalysisRun", "metadata": {"name": "r", "ownerReferences": OWNED}}
    told.saw("analysisruns", run, actor=ENGINE)
    assert told.broken == (["a new Rollout begins cleanly"] if is_broken else [])


@pytest.mark.parametrize(("revision", "is_broken"), [("1", False), ("4", True)])
def test_a_new_rollout_counts_from_one(revision: str, is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", {**rollout(), "status": {}})
    made = replica_set("new", 0, 0, **{REVISION: revision})
    told.saw("replicasets", made, actor=ENGINE)
    assert told.broken == (["a new Rollout begins cleanly"] if is_broken else [])


@pytest.mark.parametrize(("counted", "is_broken"), [(0, False), (5, True)])
def test_pods_are_counted_by_the_seconds_that_are_asked_for(counted: int, is_broken: bool) -> None:
    told = Told(BASIC)
    told.saw("rollouts", rollout(currentStepIndex=2))
    told.serve("new", 4)
    made = replica_set("new", 4, 4)
    told.saw("replicasets", {**made, "spec": {**made["spec"], "minReadySeconds": counted}})
    with told.deciding():
        told.saw("rollouts", rollout(stableRS="new", currentStepIndex=2), actor=ENGINE, at=1.0)
    assert ("pods are available by the minReadySeconds that is asked for" in told.broken) is is_broken


@pytest.mark.parametrize(
    ("left", "selected", "phase", "is_broken"),
    [
        (0, "old", "Paused", False),
        (2, "old", "Paused", True),
        (2, "first", "Paused", False),
        (2, "second", "Paused", False),
        (2, "old", "Progressing", False),
    ],
)
def test_no_more_old_sets_wait_than_the_limit(left: int, selected: str, phase: str, is_broken: bool) -> None:
    limited = rollout(phase="Progressing")
    limited["spec"] = {
        **limited["spec"],
        "strategy": {"canary": {**STRATEGY["canary"], "scaleDownDelayRevisionLimit": 1}},
    }
    told = Told(ISTIO)
    told.saw("rollouts", limited)
    told.saw("services", service("stable", selected))
    for revision, hash_ in enumerate(("first", "second"), start=1):
        waiting = {REVISION: str(revision), "scale-down-deadline": "2026-01-01T00:00:00Z"}
        told.saw("replicasets", replica_set(hash_, 2, 2, **waiting))
    with told.deciding():
        told.saw("replicasets", replica_set("first", left, 2), actor=ENGINE, at=1.0)
        told.saw("rollouts", {**limited, "status": {**limited["status"], "phase": phase}}, actor=ENGINE, at=1.0)
    assert ("no more old sets wait than asked for" in told.broken) is is_broken
