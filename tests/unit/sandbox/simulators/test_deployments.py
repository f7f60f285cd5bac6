"""The Deployment controller: sizes, revisions, conditions."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang import instants
from holdfast.model.kube import KubeObject, annotations_of, labels_of, name_of
from holdfast.sandbox.simulators import conditions, rolling
from holdfast.sandbox.simulators.deployments import (
    REVISION,
    DeploymentDecision,
    decide_deployment,
    new_replica_set,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def deployment(
    replicas: int = 4, *, image: str = "web:1", surge: Any = "25%", unavailable: Any = "25%", **spec: Any
) -> KubeObject:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "d", "generation": 3, "annotations": {"note": "x"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
            **spec,
        },
    }


def replica_set(owner: KubeObject, *, replicas: int, available: int | None = None, revision: int = 1) -> KubeObject:
    made = copy.deepcopy(new_replica_set(owner, []))
    made["metadata"]["annotations"][REVISION] = str(revision)
    made["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:0{revision}Z"
    made["spec"]["replicas"] = replicas
    count = replicas if available is None else available
    made["status"] = {"replicas": replicas, "readyReplicas": count, "availableReplicas": count}
    return made


def applied(owner: KubeObject, owned: list[KubeObject], decision: DeploymentDecision) -> list[KubeObject]:
    """What the cluster holds after the decision was carried out."""
    owner["status"] = decision.status
    owned = [each for each in owned if each not in decision.delete]
    for each in owned:
        each["spec"]["replicas"] = decision.resize.get(name_of(each), each["spec"]["replicas"])
        each["metadata"]["annotations"] |= decision.annotate.get(name_of(each), {})
    return [*owned, *([decision.create] if decision.create else [])]


def test_the_first_replica_set_carries_the_template_hash_and_the_revision() -> None:
    decision = decide_deployment(deployment(), [], NOW)
    assert decision.create is not None
    hashed = labels_of(decision.create)["pod-template-hash"]
    assert name_of(decision.create) == f"web-{hashed}"
    assert decision.create["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": hashed}
    assert decision.create["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] == hashed
    assert annotations_of(decision.create) == {
        "note": "x",
        REVISION: "1",
        "deployment.kubernetes.io/desired-replicas": "4",
        "deployment.kubernetes.io/max-replicas": "5",
    }
    assert decision.revision == "1"
    assert conditions.find(decision.status["conditions"], "Progressing")["reason"] == "NewReplicaSetCreated"


def test_a_complete_deployment_says_so_and_changes_nothing_any_more() -> None:
    owner = deployment()
    owned = [replica_set(owner, replicas=4)]
    owner["status"] = decide_deployment(owner, owned, NOW).status
    decision = decide_deployment(owner, owned, NOW + timedelta(hours=1))
    assert decision.status == owner["status"]
    assert (decision.create, decision.resize, decision.annotate, decision.delete) == (None, {}, {}, ())
    assert decision.status["observedGeneration"] == 3
    assert conditions.find(decision.status["conditions"], "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert conditions.is_true(decision.status["conditions"], "Available")
    assert "unavailableReplicas" not in decision.status


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "posts"),
    [
        (4, "25%", "25%", (1, 1)),
        (1, "25%", "25%", (1, 0)),
        (10, "25%", "25%", (3, 2)),
        (3, 0, 1, (0, 1)),
        (3, 0, 0, (0, 1)),
        (3, "100%", 0, (3, 0)),
        (2, 1, 5, (1, 2)),
    ],
)
def test_surge_is_rounded_up_and_unavailable_down(replicas: int, surge: Any, unavailable: Any, posts: Any) -> None:
    assert rolling.fence_posts(deployment(replicas, surge=surge, unavailable=unavailable)) == posts


def test_a_bad_revision_stops_the_roll_out_and_ends_in_a_missed_deadline() -> None:
    old, new = deployment(image="web:1"), deployment(image="web:2", surge=1, unavailable=0, progressDeadlineSeconds=60)
    owned = [replica_set(old, replicas=4), replica_set(new, replicas=1, available=0, revision=2)]
    first = decide_deployment(new, owned, NOW)
    assert first.resize == {}
    assert first.again == timedelta(seconds=60)
    new["status"] = first.status
    late = decide_deployment(new, owned, NOW + timedelta(seconds=61))
    progressing = conditions.find(late.status["conditions"], "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert conditions.is_true(late.status["conditions"], "Available")
    new["status"] = late.status
    assert decide_deployment(new, owned, NOW + timedelta(hours=5)).status == late.status


def test_recreate_waits_until_the_old_pods_are_gone() -> None:
    strategy = {"type": "Recreate"}
    old, new = deployment(image="web:1"), deployment(image="web:2", strategy=strategy)
    running = replica_set(old, replicas=4)
    first = decide_deployment(new, [running], NOW)
    assert (first.create, first.resize) == (None, {name_of(running): 0})
    running["spec"]["replicas"] = 0
    assert decide_deployment(new, [running], NOW).create is None
    running["status"] = {"replicas": 0}
    created = decide_deployment(new, [running], NOW).create
    assert created is not None
    assert created["spec"]["replicas"] == 4
    assert annotations_of(created)[REVISION] == "2"


def test_going_back_gives_the_old_replica_set_a_new_revision() -> None:
    one, two = deployment(image="web:1"), deployment(image="web:2")
    owned = [replica_set(one, replicas=0, revision=1), replica_set(two, replicas=4, revision=2)]
    decision = decide_deployment(one, owned, NOW)
    assert decision.revision == "3"
    assert decision.annotate[name_of(owned[0])][REVISION] == "3"
    assert decision.resize == {name_of(owned[0]): 1}


def test_a_paused_deployment_is_scaled_but_not_rolled_out() -> None:
    old = deployment(image="web:1")
    paused = deployment(6, image="web:2", paused=True)
    decision = decide_deployment(paused, [replica_set(old, replicas=4)], NOW)
    assert decision.create is None
    assert list(decision.resize.values()) == [6]
    assert conditions.find(decision.status["conditions"], "Progressing")["reason"] == "DeploymentPaused"


def test_only_the_history_that_is_asked_for_is_kept() -> None:
    current = deployment(image="web:9", revisionHistoryLimit=2)
    old = [replica_set(deployment(image=f"web:{n}"), replicas=0, revision=n) for n in range(1, 6)]
    decision = decide_deployment(current, [*old, replica_set(current, replicas=4, revision=6)], NOW)
    assert [name_of(each) for each in decision.delete] == [name_of(each) for each in old[:3]]


def test_the_deployment_is_the_same_whatever_the_api_server_adds_to_an_empty_field() -> None:
    owner = deployment()
    owned = [replica_set(owner, replicas=4)]
    owned[0]["spec"]["template"]["metadata"]["creationTimestamp"] = None
    assert decide_deployment(owner, owned, NOW).create is None


@given(
    replicas=st.integers(1, 12),
    surge=st.one_of(st.integers(0, 5), st.sampled_from(["0%", "10%", "25%", "100%"])),
    unavailable=st.one_of(st.integers(0, 5), st.sampled_from(["0%", "25%", "50%"])),
    data=st.data(),
)
def test_a_roll_out_stays_within_its_limits_and_ends(
    replicas: int, surge: Any, unavailable: Any, data: st.DataObject
) -> None:
    old = deployment(replicas, image="web:1")
    owner = deployment(replicas, image="web:2", surge=surge, unavailable=unavailable)
    most = replicas + rolling.fence_posts(owner)[0]
    least = replicas - rolling.fence_posts(owner)[1]
    owned = [replica_set(old, replicas=replicas)]
    now = NOW
    for _ in range(200):
        owned = applied(owner, owned, decide_deployment(owner, owned, now))
        assert sum(rolling.wanted(each) for each in owned) <= most
        for each in owned:
            # Pods go at once and come when it pleases them.
            have = rolling.counted(each, "availableReplicas")
            wanted = rolling.wanted(each)
            count = data.draw(st.integers(have, wanted)) if have < wanted else wanted
            each["status"] = {"replicas": wanted, "readyReplicas": count, "availableReplicas": count}
        assert sum(rolling.counted(each, "availableReplicas") for each in owned) >= least
        now += timedelta(seconds=1)
        if instants.seconds_since(instants.stamp(NOW), now) > 150:
            for each in owned:
                each["status"]["availableReplicas"] = each["status"]["readyReplicas"] = rolling.wanted(each)
    assert {name_of(each): rolling.wanted(each) for each in owned if rolling.wanted(each)} == {
        name_of(new_replica_set(owner, [])): replicas
    }
    assert conditions.find(owner["status"]["conditions"], "Progressing")["reason"] == "NewReplicaSetAvailable"
