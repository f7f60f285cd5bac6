"""Laws of every release: enough pods serve, not too many are there, it ends, and an abort ends at the stable pods."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.rollout import counts, defaults, rehearsal
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

step: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 100).map(lambda weight: {"setWeight": weight}),
    st.just({"pause": {}}),
    st.integers(1, 50).map(lambda seconds: {"pause": {"duration": seconds}}),
)
amount = st.one_of(st.integers(0, 6), st.integers(0, 100).map(lambda percent: f"{percent}%"))


@st.composite
def canaries(draw: st.DrawFn, *, routed: bool = False) -> Rollout:
    surge, unavailable = draw(amount), draw(amount)
    if str(surge).rstrip("%") == "0" and str(unavailable).rstrip("%") == "0":
        surge = 1
    canary: dict[str, Any] = {
        "maxSurge": surge,
        "maxUnavailable": unavailable,
        "steps": draw(st.lists(step, max_size=5)),
    }
    if routed:
        canary |= {
            "canaryService": "canary",
            "stableService": "stable",
            "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
            "dynamicStableScale": draw(st.booleans()),
        }
    return rollout({"canary": canary}, draw(st.integers(0, 12)))


def rollout(strategy: dict[str, Any], replicas: int) -> Rollout:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    obj = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {**spec, "strategy": strategy}}
    return msgspec.convert(obj, Rollout)


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}


def images(cluster: rehearsal.Simulated) -> dict[str, int]:
    return {
        obj["spec"]["template"]["spec"]["containers"][0]["image"]: cluster.available(name)
        for name, obj in cluster.sets.items()
        if cluster.pods[name]
    }


def deployed(given_rollout: Rollout) -> rehearsal.Simulated:
    cluster = rehearsal.Simulated(given_rollout, ready_after=timedelta(seconds=2))
    for _ in cluster.until_quiet():
        pass
    return cluster


def release(cluster: rehearsal.Simulated, image: str) -> None:
    """To its end; whenever a person is asked, the answer is yes."""
    cluster.set_template(template(image))
    while True:
        for _ in cluster.until_quiet():
            check(cluster)
        if not cluster.rollout.status.pause_conditions:
            return
        cluster.set_status(pause_conditions=())


def selected(cluster: rehearsal.Simulated, service: str) -> str:
    hash_ = cluster.services[service]["spec"]["selector"].get("rollouts-pod-template-hash", "none")
    return next((name for name in cluster.sets if name.endswith(hash_)), "")


def check(cluster: rehearsal.Simulated) -> None:
    found = cluster.rollout
    wanted = defaults.replicas(found)
    serving = sum(cluster.available(name) for name in cluster.sets)
    assert serving >= wanted - defaults.max_unavailable(found), "fewer serve than promised"
    if not defaults.is_routed(found):
        there = sum(len(pods) for pods in cluster.pods.values())
        assert there <= wanted + defaults.max_surge(found), "more are there than allowed"
    else:
        canary = selected(cluster, "canary")
        stable = next((n for n in cluster.sets if n.endswith(found.status.stable_rs)), "")
        if canary != stable and wanted:
            assert cluster.available(canary) * 100 >= cluster.weight * wanted - 99, "traffic to pods that are not there"
            assert cluster.available(stable) * 100 >= (100 - cluster.weight) * wanted - 99


@given(canaries())
def test_a_canary_by_counts_keeps_its_promises_and_ends(given_rollout: Rollout) -> None:
    cluster = deployed(given_rollout)
    release(cluster, "web:2")
    wanted = defaults.replicas(given_rollout)
    assert images(cluster) == ({"web:2": wanted} if wanted else {})
    assert cluster.rollout.status.phase == "Healthy"


@given(canaries(routed=True))
def test_a_routed_canary_sends_traffic_only_to_pods_that_can_carry_it(given_rollout: Rollout) -> None:
    cluster = deployed(given_rollout)
    release(cluster, "web:2")
    assert cluster.weight == 0
    assert cluster.rollout.status.phase == "Healthy"
    assert cluster.rollout.status.stable_rs == cluster.rollout.status.current_pod_hash


@given(st.one_of(canaries(), canaries(routed=True)), st.integers(0, 40))
def test_an_abort_at_any_moment_ends_at_the_stable_pods(given_rollout: Rollout, moves: int) -> None:
    cluster = deployed(given_rollout)
    cluster.set_template(template("web:2"))
    for number, _ in enumerate(cluster.until_quiet()):
        check(cluster)
        if number >= moves:
            break
    if cluster.rollout.status.stable_rs == cluster.rollout.status.current_pod_hash:
        return
    cluster.set_status(abort=True)
    for _ in cluster.until_quiet():
        check(cluster)
    wanted = defaults.replicas(given_rollout)
    assert images(cluster) == ({"web:1": wanted} if wanted else {})
    assert cluster.weight == 0


@given(canaries(routed=True), st.integers(0, 40))
def test_a_new_template_at_any_moment_never_leaves_traffic_without_pods(given_rollout: Rollout, moves: int) -> None:
    cluster = deployed(given_rollout)
    cluster.set_template(template("web:2"))
    for number, _ in enumerate(cluster.until_quiet()):
        if number >= moves:
            break
    release(cluster, "web:3")
    assert cluster.rollout.status.phase == "Healthy"


@given(st.one_of(canaries(), canaries(routed=True)), st.integers(0, 30), st.integers(0, 12))
def test_it_can_be_scaled_and_changed_at_any_moment(given_rollout: Rollout, moves: int, replicas: int) -> None:
    cluster = deployed(given_rollout)
    cluster.set_template(template("web:2"))
    for number, _ in enumerate(cluster.until_quiet()):
        if number >= moves:
            break
    cluster.change(replicas=replicas, template=template("web:3"))
    while True:
        for _ in cluster.until_quiet():
            pass
        if not cluster.rollout.status.pause_conditions:
            break
        cluster.set_status(pause_conditions=())
    assert images(cluster) == ({"web:3": replicas} if replicas else {})


@given(
    st.booleans(),
    st.one_of(st.none(), st.integers(1, 20)),
    st.one_of(st.none(), st.integers(0, 4)),
    st.integers(0, 8),
)
def test_a_blue_green_release_ends_and_never_leaves_its_service_empty(
    automatic: bool, seconds: int | None, preview: int | None, replicas: int
) -> None:
    strategy: dict[str, Any] = {"activeService": "active", "previewService": "preview"}
    strategy["autoPromotionEnabled"] = automatic
    strategy |= {"autoPromotionSeconds": seconds} if seconds is not None else {}
    strategy |= {"previewReplicaCount": preview} if preview is not None else {}
    cluster = deployed(rollout({"blueGreen": strategy}, replicas))
    cluster.set_template(template("web:2"))
    while True:
        for _ in cluster.until_quiet():
            active = cluster.services["active"]["spec"]["selector"]["rollouts-pod-template-hash"]
            name = next(name for name in cluster.sets if name.endswith(active))
            assert cluster.available(name) == replicas
        if not cluster.rollout.status.pause_conditions:
            break
        cluster.set_status(pause_conditions=())
    assert images(cluster) == ({"web:2": replicas} if replicas else {})
    assert cluster.rollout.status.phase == "Healthy"


@given(st.integers(1, 20), st.integers(0, 100), amount, amount, st.integers(0, 20), st.integers(0, 20), st.data())
def test_one_move_of_the_counts_never_breaks_a_promise(
    replicas: int, weight: int, surge: Any, unavailable: Any, canary: int, stable: int, data: st.DataObject
) -> None:
    strategy = {"maxSurge": surge, "maxUnavailable": unavailable, "steps": [{"setWeight": weight}]}
    found = rollout({"canary": strategy}, replicas)
    status = msgspec.structs.replace(found.status, stable_rs="a", current_pod_hash="b")
    found = msgspec.structs.replace(found, status=status)
    new = ReplicaSet("b", "b", desired=canary, available=data.draw(st.integers(0, canary)))
    old = ReplicaSet("a", "a", desired=stable, available=data.draw(st.integers(0, stable)))
    after = counts.basic(found, new, old)
    promised = min(replicas - defaults.max_unavailable(found), new.available + old.available)
    assert min(new.available, after.canary) + min(old.available, after.stable) >= promised
    most = max(replicas + defaults.max_surge(found), canary + stable)
    assert after.canary + after.stable <= most
