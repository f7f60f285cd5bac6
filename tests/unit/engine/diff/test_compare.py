"""Comparing a desired object with the live one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from holdfast.engine.diff import ignoring, masking, normalize
from holdfast.engine.diff.compare import Manner, compare
from holdfast.engine.kube import canonical
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.ignoring import CompareSettings, Ignoring, KnownField, KnownFields, Meant, StatusField
from holdfast.model.kube import KubeObject, key_of
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
    assert compare(desired, live, live_of(desired), Ignoring(rules=(rule,))).status is expected


def test_a_pointer_may_point_into_a_list_and_hold_escaped_names() -> None:
    assert ignoring.parse_pointer("/metadata/annotations/a~1b~0c") == ("metadata", "annotations", "a/b~c")
    rule = ResourceIgnoreDifferences(
        group="apps", kind="Deployment", json_pointers=("/spec/template/spec/containers/0/image",)
    )
    old, new = deployment(image="web:1"), deployment(image="web:2")
    assert compare(new, live_of(old), live_of(new), Ignoring(rules=(rule,))).status is SyncCode.SYNCED


def test_respected_differences_keep_the_live_value() -> None:
    rule = ResourceIgnoreDifferences(group="apps", kind="Deployment", json_pointers=("/spec/replicas", "/spec/paused"))
    desired = {**deployment(replicas=2), "spec": {**deployment(replicas=2)["spec"], "paused": True}}
    kept = ignoring.with_live_values(desired, deployment(replicas=9), (rule,))
    assert kept["spec"]["replicas"] == 9
    assert "paused" not in kept["spec"]
    assert desired["spec"]["replicas"] == 2


def test_normalizing_twice_is_normalizing_once_and_changes_nothing_in_place() -> None:
    live = live_of(deployment())
    before = canonical.content_hash(live)
    once = normalize.normalized(live)
    assert normalize.normalized(once) == once
    assert canonical.content_hash(live) == before


def images(*names: str) -> KubeObject:
    containers = [{"name": name, "image": f"{name}:1"} for name in names]
    return obj(
        "apps/v1", "Deployment", "web", namespace="shop", spec={"template": {"spec": {"containers": containers}}}
    )


CONTAINERS = ("spec", "template", "spec", "containers")


def test_what_jq_means_is_not_compared() -> None:
    desired = images("app", "proxy")
    live = live_of(images("app", "proxy", "sidecar"))
    sides = Meant(live=((*CONTAINERS, 0, "image"), (*CONTAINERS, 2)), predicted=((*CONTAINERS, 0, "image"),))
    ignored = Ignoring(meant={key_of(live): sides})
    assert compare(desired, live, live_of(images("app", "proxy")), ignored).status is SyncCode.SYNCED
    assert compare(desired, live, live_of(images("app", "proxy", "more")), ignored).status is SyncCode.OUT_OF_SYNC


def respected(live: KubeObject, *managers: str, **meant: Any) -> list[Any]:
    rule = ResourceIgnoreDifferences(group="apps", kind="Deployment", managed_fields_managers=managers)
    kept = ignoring.with_live_values(images("app"), live, (rule,), **meant)
    containers: list[Any] = kept["spec"]["template"]["spec"]["containers"]
    return containers


def test_respected_items_of_lists_keep_their_place_in_the_manifest() -> None:
    live = images("injected", "app")
    live["spec"]["template"]["spec"]["containers"][1]["image"] = "app:9"
    meant = ((*CONTAINERS, 0, "image"),)
    meant_in_live = ((*CONTAINERS, 0, "image"), (*CONTAINERS, 1, "image"))
    assert respected(live, meant=meant, meant_in_live=meant_in_live) == [{"name": "app", "image": "app:9"}]


def test_respected_managers_keep_what_they_hold() -> None:
    held: dict[str, Any] = {
        "f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}
    }
    live = images("injected", "app")
    live["metadata"]["managedFields"] = [{"manager": "scaler", "operation": "Update", "fieldsV1": held}]
    live["spec"]["template"]["spec"]["containers"][1]["image"] = "app:9"
    assert respected(live, "scaler") == [{"name": "app", "image": "app:9"}]


def test_respecting_changes_nothing_in_place() -> None:
    live = {**images("app"), "spec": {"replicas": 3, "strategy": {"type": "Recreate"}}}
    desired = obj("apps/v1", "Deployment", "web", namespace="shop", spec={})
    rules = (ResourceIgnoreDifferences(group="apps", kind="Deployment", json_pointers=("",)),)
    kept = ignoring.with_live_values(
        desired, live, rules, meant_in_live=((), ("spec", "strategy"), ("spec", "strategy", "type"))
    )
    assert kept["spec"] == {"strategy": {"type": "Recreate"}}
    assert desired["spec"] == {}
    kept["spec"]["strategy"]["type"] = "changed"
    assert live["spec"]["strategy"]["type"] == "Recreate"


def applied(desired: KubeObject, **annotations: str) -> KubeObject:
    """As a server-side apply of ours leaves it."""
    fields = {"f:metadata": {"f:annotations": {f"f:{name}": {} for name in annotations}}, "f:spec": {"f:replicas": {}}}
    entry = {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": fields}
    return live_of(desired, managedFields=[entry], annotations=annotations)


def test_what_only_a_webhook_changes_counts_where_it_is_asked_for() -> None:
    desired = deployment(namespace="shop")
    live = applied(desired)
    mutated = {**applied(desired), "spec": {**desired["spec"], "injected": True}}
    assert compare(desired, live, mutated).status is SyncCode.SYNCED
    assert compare(desired, live, mutated, manner=Manner(webhooks=True)).status is SyncCode.OUT_OF_SYNC


def test_what_we_applied_and_left_out_counts_whatever_webhooks_do() -> None:
    desired = deployment(namespace="shop")
    assert compare(desired, applied(desired, old="1"), applied(desired)).status is SyncCode.OUT_OF_SYNC


def test_without_the_servers_help_removed_fields_are_found_by_what_was_applied() -> None:
    desired = deployment(namespace="shop")
    by_structure = Manner(server_side=False)
    ours = applied(desired, old="1")
    found = compare(desired, ours, None, manner=by_structure).differences
    assert [one.path for one in found] == [".metadata.annotations"]
    last = {**desired, "spec": {**desired["spec"], "paused": True}}
    by_kubectl = live_of(last, annotations={"kubectl.kubernetes.io/last-applied-configuration": json.dumps(last)})
    [paused] = compare(desired, by_kubectl, live_of(last), manner=by_structure).differences
    assert (paused.path, paused.before, paused.after) == (".spec.paused", True, None)
    foreign = live_of(last, annotations={"added": "by hand"})
    assert compare(desired, foreign, None, manner=by_structure).status is SyncCode.SYNCED


def test_without_the_servers_help_what_the_server_filled_in_is_no_difference() -> None:
    def service(*ports: Any) -> KubeObject:
        return obj("v1", "Service", "s", spec={"ports": list(ports)})

    of_port: dict[str, Any] = {"f:port": {}, "f:name": {}}
    fields: dict[str, Any] = {
        "f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': of_port, 'k:{"port":90,"protocol":"TCP"}': of_port}}
    }
    entry = {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": fields}
    http, more = ({"port": port, "name": str(port), "protocol": "TCP"} for port in (80, 90))
    desired = service({"port": 80, "name": "80"})
    assert compare(desired, live_of(service(http), managedFields=[entry]), None).status is SyncCode.SYNCED
    assert compare(desired, live_of(service(http, more), managedFields=[entry]), None).status is SyncCode.OUT_OF_SYNC
    replaced = {**entry, "operation": "Update", "fieldsV1": {"f:spec": {"f:ports": {}, "f:type": {}}}}
    live = {**service(http), "spec": {"ports": [http], "type": "ClusterIP"}}
    assert compare(desired, live_of(live, managedFields=[replaced]), None).status is SyncCode.SYNCED


def test_without_the_servers_help_quantities_are_compared_by_value() -> None:
    def limited(cpu: Any) -> KubeObject:
        containers = [{"name": "app", "resources": {"limits": {"cpu": cpu}}}]
        return obj("apps/v1", "Deployment", "web", spec={"template": {"spec": {"containers": containers}}})

    assert compare(limited("1000m"), live_of(limited("1")), None).status is SyncCode.SYNCED
    assert compare(limited(2), live_of(limited("1")), None).status is SyncCode.OUT_OF_SYNC


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (CompareSettings(), SyncCode.SYNCED),
        (CompareSettings(status=StatusField.COMPARED), SyncCode.OUT_OF_SYNC),
        (CompareSettings(status=StatusField.IGNORED_IN_DEFINITIONS), SyncCode.OUT_OF_SYNC),
    ],
)
def test_the_status_of_a_manifest_is_compared_where_it_is_asked_for(
    settings: CompareSettings, expected: SyncCode
) -> None:
    live = obj("example.com/v1", "Widget", "w", status={"phase": "Ready"})
    predicted = {**live, "status": {"phase": "New"}}
    assert compare(predicted, live, predicted, Ignoring(settings)).status is expected


def test_aggregated_rules_are_compared_where_it_is_asked_for() -> None:
    live = obj("rbac.authorization.k8s.io/v1", "ClusterRole", "r", aggregationRule={"x": 1}, rules=[{"verbs": ["get"]}])
    settings = CompareSettings(aggregated_roles_ignored=False)
    assert compare(live, live, {**live, "rules": []}, Ignoring(settings)).status is SyncCode.OUT_OF_SYNC


@pytest.mark.parametrize(
    ("field", "kind", "before", "after"),
    [
        ("spec.ram", "core/Quantity", "1024Mi", "1Gi"),
        ("spec.requests", "core/v1/ResourceList", {"cpu": "2000m"}, {"cpu": 2}),
        ("spec.wait", "meta/v1/Duration", "60s", "1m"),
        (
            "spec.parts.containers",
            "core/v1/Container",
            [{"resources": {"limits": {"cpu": "1000m"}}}],
            [{"resources": {"limits": {"cpu": "1"}}}],
        ),
    ],
)
def test_known_types_in_custom_resources_are_compared_by_value(field: str, kind: str, before: Any, after: Any) -> None:
    def widget(value: Any) -> KubeObject:
        name = field.split(".")[-1]
        spec = {"parts": [{name: value}]} if field.count(".") == 2 else {name: value}
        return obj("example.com/v1", "Widget", "w", spec=spec)

    known = CompareSettings(known_fields=(KnownFields("example.com", "Widget", (KnownField(field, kind),)),))
    live, wanted = widget(before), widget(after)
    assert compare(wanted, live, wanted).status is SyncCode.OUT_OF_SYNC
    assert compare(wanted, live, wanted, Ignoring(known)).status is SyncCode.SYNCED
