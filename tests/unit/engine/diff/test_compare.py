"""Comparing a desired object with the live one."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from holdfast.engine.diff import masking, normalize
from holdfast.engine.diff.compare import compare
from holdfast.engine.kube import canonical
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.kube import KubeObject
from holdfast.model.names import SyncCode
from holdfast.testing.builders import config_map, deployment, obj


def live_of(desired: KubeObject, **metadata: Any) -> KubeObject:
    return {
        **desired,
        "metadata": {
            **desired["metadata"],
            "uid": "u",
            "resourceVersion": "7",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            **metadata,
        },
        "status": {"observedGeneration": 3},
    }


def test_what_only_the_server_sets_is_no_difference() -> None:
    desired = deployment(namespace="shop")
    predicted = live_of(desired, resourceVersion="8", generation=4, managedFields=[{"manager": "argocd-controller"}])
    assert compare(desired, live_of(desired), predicted).status is SyncCode.SYNCED


def test_a_field_changed_by_hand_is_found_with_who_and_when() -> None:
    desired = deployment(namespace="shop", replicas=2)
    fields: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    live = live_of(
        deployment(namespace="shop", replicas=5),
        managedFields=[
            {"manager": "kubectl", "operation": "Update", "time": "2026-02-03T04:05:06Z", "fieldsV1": fields}
        ],
    )
    found = compare(desired, live, live_of(desired))
    assert found.status is SyncCode.OUT_OF_SYNC
    [difference] = found.differences
    assert (difference.path, difference.before, difference.after) == (".spec.replicas", 5, 2)
    assert (difference.manager, difference.since) == ("kubectl", "2026-02-03T04:05:06Z")


def test_items_of_lists_are_named_by_their_key() -> None:
    old, new = deployment(image="web:1"), deployment(image="web:2")
    [difference] = compare(new, live_of(old), live_of(new)).differences
    assert difference.path == ".spec.template.spec.containers[name=app].image"


def test_missing_and_extraneous_objects_are_out_of_sync() -> None:
    assert compare(config_map(), None, None).status is SyncCode.OUT_OF_SYNC
    assert compare(None, config_map(), None).status is SyncCode.OUT_OF_SYNC


def test_without_a_prediction_only_the_fields_of_the_manifest_count() -> None:
    live = live_of(deployment(namespace="shop"))
    live["spec"] = {**live["spec"], "progressDeadlineSeconds": 600}
    assert compare(deployment(namespace="shop"), live, None).status is SyncCode.SYNCED
    assert compare(deployment(namespace="shop", replicas=3), live, None).status is SyncCode.OUT_OF_SYNC


def test_string_data_of_a_secret_is_compared_as_data() -> None:
    desired = obj("v1", "Secret", "s", stringData={"password": "swordfish"})
    live = obj("v1", "Secret", "s", data={"password": base64.b64encode(b"swordfish").decode()})
    assert compare(desired, live, None).status is SyncCode.SYNCED


def test_values_of_secrets_are_never_shown() -> None:
    before = obj("v1", "Secret", "s", data={"password": "b2xk", "user": "bWU="})
    after = obj("v1", "Secret", "s", data={"password": "bmV3", "user": "bWU="})
    [difference] = compare(after, before, after).differences
    assert difference.path == ".data.password"
    assert difference.before == masking.MASK
    assert difference.after == masking.MASK + "+"
    assert "bmV3" not in str(masking.masked(after))


def test_aggregated_rules_of_a_cluster_role_are_not_compared() -> None:
    desired = obj("rbac.authorization.k8s.io/v1", "ClusterRole", "r", aggregationRule={"x": 1}, rules=[])
    live = {**desired, "rules": [{"verbs": ["get"]}]}
    assert compare(desired, live, desired).status is SyncCode.SYNCED


IGNORED = [
    ResourceIgnoreDifferences(group="apps", kind="Deployment", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="*", kind="*", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", name="web", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", managed_fields_managers=("scaler",)),
]
NOT_MEANT = [
    ResourceIgnoreDifferences(group="apps", kind="StatefulSet", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", name="api", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", namespace="other", json_pointers=("/spec/replicas",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", managed_fields_managers=("someone",)),
    ResourceIgnoreDifferences(group="apps", kind="Deployment", json_pointers=("/spec/nothing/there",)),
]


@pytest.mark.parametrize("rule", IGNORED + NOT_MEANT)
def test_ignored_fields_make_no_difference(rule: ResourceIgnoreDifferences) -> None:
    desired = deployment(namespace="shop", replicas=2)
    live = live_of(
        deployment(namespace="shop", replicas=9),
        managedFields=[{"manager": "scaler", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}],
    )
    expected = SyncCode.SYNCED if rule in IGNORED else SyncCode.OUT_OF_SYNC
    assert compare(desired, live, live_of(desired), [rule]).status is expected


def test_a_pointer_may_point_into_a_list_and_hold_escaped_names() -> None:
    assert normalize.parse_pointer("/metadata/annotations/a~1b~0c") == ("metadata", "annotations", "a/b~c")
    rule = ResourceIgnoreDifferences(
        group="apps", kind="Deployment", json_pointers=("/spec/template/spec/containers/0/image",)
    )
    old, new = deployment(image="web:1"), deployment(image="web:2")
    assert compare(new, live_of(old), live_of(new), [rule]).status is SyncCode.SYNCED


def test_respected_differences_keep_the_live_value() -> None:
    rule = ResourceIgnoreDifferences(group="apps", kind="Deployment", json_pointers=("/spec/replicas", "/spec/paused"))
    desired = {**deployment(replicas=2), "spec": {**deployment(replicas=2)["spec"], "paused": True}}
    kept = normalize.with_live_values(desired, deployment(replicas=9), [rule])
    assert kept["spec"]["replicas"] == 9
    assert "paused" not in kept["spec"]
    assert desired["spec"]["replicas"] == 2


def test_normalizing_twice_is_normalizing_once_and_changes_nothing_in_place() -> None:
    live = live_of(deployment())
    before = canonical.content_hash(live)
    once = normalize.normalized(live)
    assert normalize.normalized(once) == once
    assert canonical.content_hash(live) == before
