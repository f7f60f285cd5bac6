"""Strategic merge patches merge lists by key, keep the server's order, and obey their directives."""

from __future__ import annotations

import re
from typing import Any

import pytest

from holdfast.engine.kube import strategic_merge
from holdfast.engine.kube.schema import SchemaNode
from tests.unit.engine.kube.small_schemas import CONFIG_MAP, DEPLOYMENT, SCHEMAS, config_map, deployment

POD: SchemaNode = SCHEMAS.node("PodSpec")
SPEC: SchemaNode = SCHEMAS.node("DeploymentSpec")


def containers(*names: str, **changed: str) -> list[dict[str, Any]]:
    return [{"name": name, "image": changed.get(name, "1")} for name in names]


CASES: list[tuple[str, SchemaNode, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "an item is merged by its key",
        POD,
        {"containers": [{"name": "a", "image": "1", "args": ["x"]}, {"name": "b", "image": "1"}]},
        {"containers": [{"name": "a", "image": "2"}]},
        {"containers": [{"name": "a", "image": "2", "args": ["x"]}, {"name": "b", "image": "1"}]},
    ),
    (
        "a new item goes in front",
        POD,
        {"containers": containers("a", "b")},
        {"containers": containers("c")},
        {"containers": containers("c", "a", "b")},
    ),
    (
        "an item is deleted",
        POD,
        {"containers": containers("a", "b")},
        {"containers": [{"$patch": "delete", "name": "a"}]},
        {"containers": containers("b")},
    ),
    (
        "of two items with one key the first is patched",
        SCHEMAS.node("Container"),
        {"ports": [{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]},
        {"ports": [{"containerPort": 53, "name": "dns"}]},
        {"ports": [{"containerPort": 53, "protocol": "TCP", "name": "dns"}, {"containerPort": 53, "protocol": "UDP"}]},
    ),
    (
        "a list is replaced",
        POD,
        {"containers": containers("a", "b")},
        {"containers": [{"$patch": "replace"}, *containers("c")]},
        {"containers": containers("c")},
    ),
    (
        "the order is set",
        POD,
        {"containers": containers("a", "b", "c")},
        {"containers": containers("d"), "$setElementOrder/containers": [{"name": "d"}, {"name": "c"}, {"name": "a"}]},
        {"containers": containers("d", "b", "c", "a")},
    ),
    (
        "an atomic list is replaced",
        POD,
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    ("null deletes", POD, {"nodeSelector": {"a": "b"}}, {"nodeSelector": None}, {}),
    ("null of a missing field is nothing", POD, {}, {"nodeSelector": None}, {}),
    (
        "a null within a new value is nothing",
        POD,
        {},
        {"nodeSelector": {"a": None, "b": "c"}},
        {"nodeSelector": {"b": "c"}},
    ),
    (
        "a map is replaced",
        POD,
        {"nodeSelector": {"a": "1"}},
        {"nodeSelector": {"$patch": "replace", "b": "2"}},
        {"nodeSelector": {"b": "2"}},
    ),
    (
        "a map is emptied",
        POD,
        {"nodeSelector": {"a": "1"}},
        {"nodeSelector": {"$patch": "delete"}},
        {"nodeSelector": {}},
    ),
    (
        "only the retained keys stay",
        SPEC,
        {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}},
        {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
        {"strategy": {"type": "Recreate"}},
    ),
    (
        "plain values are added to a merged list",
        CONFIG_MAP,
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["b", "c"]}},
        {"metadata": {"finalizers": ["a", "b", "c"]}},
    ),
    (
        "plain values are deleted from a merged list",
        CONFIG_MAP,
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b"]}},
        {"metadata": {"finalizers": ["b"]}},
    ),
    ("unknown fields are merged plainly", POD, {"x": {"a": 1}}, {"x": {"b": [1]}}, {"x": {"a": 1, "b": [1]}}),
]


@pytest.mark.parametrize(("node", "target", "patch", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_patches(node: SchemaNode, target: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]) -> None:
    assert strategic_merge.apply(target, patch, node) == expected


@pytest.mark.parametrize(
    ("target", "patch", "message"),
    [
        ({}, {"$patch": "frobnicate"}, "unknown patch type: frobnicate in map: map[$patch:frobnicate]"),
        (
            {"containers": containers("a")},
            {"containers": [{"image": "x"}]},
            "map: map[image:x] does not contain declared merge key: name",
        ),
        ({"nodeSelector": {}}, {"nodeSelector": {"$retainKeys": ["a"], "b": "c"}}, "lacks 'b'"),
        ({"containers": []}, {"$setElementOrder/containers": "a"}, "expected a list"),
    ],
)
def test_malformed_patches_are_refused(target: dict[str, Any], patch: dict[str, Any], message: str) -> None:
    with pytest.raises(strategic_merge.PatchError, match=re.escape(message)):
        strategic_merge.apply(target, patch, POD)


def test_the_target_is_left_as_it_is() -> None:
    target = {"containers": containers("a", "b")}
    strategic_merge.apply(target, {"containers": [{"name": "a", "image": "9"}]}, POD)
    assert target == {"containers": containers("a", "b")}


def test_three_way_leaves_what_others_added() -> None:
    original, modified, current = deployment(replicas=1), deployment(replicas=2), deployment(replicas=1, paused=True)
    assert strategic_merge.three_way(original, modified, current, DEPLOYMENT) == {"spec": {"replicas": 2}}


def test_three_way_removes_what_is_no_longer_applied() -> None:
    original, modified = config_map({"a": "1", "b": "2"}), config_map({"a": "1"})
    current = config_map({"a": "1", "b": "2", "c": "3"})
    patch = strategic_merge.three_way(original, modified, current, CONFIG_MAP)
    assert patch == {"data": {"b": None}}
    assert strategic_merge.apply(current, patch, CONFIG_MAP)["data"] == {"a": "1", "c": "3"}


def test_three_way_of_a_keyed_list() -> None:
    original, modified = {"containers": containers("a", "b")}, {"containers": containers("c", "a", a="2")}
    current = {"containers": [*containers("a", "b"), {"name": "sidecar"}]}
    patch = strategic_merge.three_way(original, modified, current, POD)
    assert patch == {
        "containers": [{"name": "c", "image": "1"}, {"image": "2", "name": "a"}, {"$patch": "delete", "name": "b"}],
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
    }
    assert strategic_merge.apply(current, patch, POD) == {
        "containers": [*containers("c", "a", a="2"), {"name": "sidecar"}]
    }


def test_three_way_retains_only_the_applied_keys_where_the_schema_says_so() -> None:
    applied = deployment(strategy={"type": "Recreate"})
    current = deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})
    patch = strategic_merge.three_way(applied, applied, current, DEPLOYMENT)
    assert patch == {"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}}


def test_three_way_of_equal_objects_is_empty() -> None:
    assert strategic_merge.three_way(deployment(), deployment(), deployment(replicas=1), DEPLOYMENT) == {}
