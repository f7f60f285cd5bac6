"""What a sync adds is summed up before the quota of the namespace is asked."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.preflight.quota import Change, exceeded, grows
from holdfast.testing.builders import config_map, deployment, obj


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> dict[str, Any]:
    return obj("v1", "ResourceQuota", "q", namespace="shop", spec=spec, status={"hard": hard, "used": used})


def sized(replicas: int | None, **resources: Any) -> dict[str, Any]:
    made = deployment("web", replicas=replicas or 1)
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
    if replicas is None:
        del made["spec"]["replicas"]
    return made


@pytest.mark.parametrize(
    ("hard", "used", "before", "after", "broken"),
    [
        ({"pods": "3"}, {"pods": "0"}, None, sized(3), []),
        ({"pods": "3"}, {"pods": "1"}, None, sized(3), ["pods"]),
        ({"pods": "3"}, {"pods": "3"}, sized(3), sized(3), []),
        ({"pods": "3"}, {"pods": "3"}, sized(3), sized(None), []),
        ({"pods": "3"}, {"pods": "3"}, sized(3), sized(2), []),
        ({"requests.cpu": "1"}, {}, None, sized(3, requests={"cpu": "400m"}), ["requests.cpu"]),
        ({"cpu": "1"}, {}, None, sized(3, requests={"cpu": "400m"}), ["cpu"]),
        ({"cpu": "1"}, {}, None, sized(2, limits={"cpu": "600m"}), ["cpu"]),
        ({"limits.memory": "1Gi"}, {"limits.memory": "512Mi"}, None, sized(1, limits={"memory": "512Mi"}), []),
        (
            {"limits.memory": "1Gi"},
            {"limits.memory": "513Mi"},
            None,
            sized(1, limits={"memory": "512Mi"}),
            ["limits.memory"],
        ),
        ({"configmaps": "1"}, {"configmaps": "1"}, None, config_map(), ["configmaps"]),
        ({"count/configmaps": "1"}, {"count/configmaps": "1"}, None, config_map(), ["count/configmaps"]),
        ({"count/configmaps": "1"}, {"count/configmaps": "1"}, config_map(), config_map(), []),
    ],
)
def test_a_limit_is_broken_by_what_is_added(
    hard: dict[str, str], used: dict[str, str], before: Any, after: Any, broken: list[str]
) -> None:
    change = Change(before, after, "configmaps" if after["kind"] == "ConfigMap" else "deployments")
    assert list(exceeded([quota(hard, used)], [change])) == broken
    assert grows(change, broken) is bool(broken)


def test_what_is_pruned_makes_room() -> None:
    changes = [Change(None, sized(2)), Change(sized(2), None)]
    assert exceeded([quota({"pods": "2"}, {"pods": "2"})], changes) == {}


def test_two_that_fit_alone_may_not_fit_together() -> None:
    changes = [Change(None, sized(2)), Change(None, sized(2))]
    told = exceeded([quota({"pods": "3"}, {"pods": "0"})], changes)
    assert told == {"pods": "exceeded quota: q, requested: pods=4, used: pods=0, limited: pods=3"}


def test_quotas_with_scopes_are_left_to_the_server() -> None:
    assert exceeded([quota({"pods": "0"}, {}, scopes=["Terminating"])], [Change(None, sized(1))]) == {}


def test_an_init_container_counts_where_it_is_larger() -> None:
    made = sized(1, requests={"cpu": "100m"})
    made["spec"]["template"]["spec"]["initContainers"] = [{"name": "i", "resources": {"requests": {"cpu": "2"}}}]
    told = exceeded([quota({"cpu": "1"}, {})], [Change(None, made)])
    assert told["cpu"].startswith("exceeded quota: q, requested: cpu=2,")
