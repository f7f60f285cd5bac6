"""From rendered manifests to the objects that an application wants."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.plan import tracking
from holdfast.engine.plan.targets import Frame, shared_resource_conditions, target_objects, with_places
from holdfast.model.desired import Targets
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, namespace_of
from holdfast.model.names import Annotation
from holdfast.model.rendering import Doubled
from holdfast.testing.builders import DISCOVERY, config_map, deployment, job, obj

CRD = obj(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "widgets.example.com",
    spec={"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget"}},
)
WIDGET = obj("example.com/v1", "Widget", "w")


def targets_of(*manifests: KubeObject, namespace: str = "shop", **more: Any) -> Targets:
    frame = Frame(
        instance="web", namespace=namespace, discovery=DISCOVERY, objection=more.pop("objection", lambda *_: ""), **more
    )
    return target_objects(manifests, frame)


def test_objects_are_placed_and_tracked() -> None:
    [target] = targets_of(deployment()).objects
    assert target.key == ObjectKey("apps", "Deployment", "shop", "web")
    assert annotations_of(target.obj)[Annotation.TRACKING_ID] == "web:apps/Deployment:shop/web"
    assert target.resource is not None
    assert not target.problem


def test_a_namespace_of_its_own_stays() -> None:
    [target] = targets_of(config_map(namespace="elsewhere")).objects
    assert target.key.namespace == "elsewhere"


def test_cluster_wide_objects_have_no_namespace_but_carry_the_destination_in_their_tracking_id() -> None:
    [target] = targets_of(obj("rbac.authorization.k8s.io/v1", "ClusterRole", "r", namespace="shop")).objects
    assert namespace_of(target.obj) == ""
    value = annotations_of(target.obj)[Annotation.TRACKING_ID]
    assert value == "web:rbac.authorization.k8s.io/ClusterRole:shop/r"
    assert tracking.owner_instance(target.key, {Annotation.TRACKING_ID: value}) == "web"


def test_the_condition_of_a_repeated_object_says_where_it_is() -> None:
    role = obj("rbac.authorization.k8s.io/v1", "ClusterRole", "r", namespace="shop")
    twice = [config_map(), config_map(namespace="shop"), role, role, config_map(namespace="far"), config_map("b")]
    keys = [ObjectKey("", "ConfigMap", namespace, "settings") for namespace in ("", "shop", "far")]
    keys.append(ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "shop", "r"))
    doubled = [Doubled(key, f"note {at}") for at, key in enumerate(keys)]
    found = with_places(targets_of(*twice), doubled, "shop")
    assert [condition.message.partition("resources.")[2] for condition in found.conditions] == [
        " note 0 note 1",
        " note 3",
    ]
    assert found.told == {"note 0", "note 1", "note 3"}


def test_the_last_of_two_manifests_of_one_object_counts_and_a_condition_says_so() -> None:
    found = targets_of(config_map(data={"a": "1"}), config_map(data={"a": "2"}))
    [target] = found.objects
    assert target.obj["data"] == {"a": "2"}
    [condition] = found.conditions
    assert condition.type == "RepeatedResourceWarning"
    assert "/ConfigMap/shop/settings appeared 2 times" in condition.message


PROBLEMS = [
    ([WIDGET], {}, "could not find version"),
    ([WIDGET, CRD], {}, ""),
    ([WIDGET], {"sync_options": ("SkipDryRunOnMissingResource=true",)}, ""),
    (
        [
            {
                **WIDGET,
                "metadata": {"name": "w", "annotations": {Annotation.SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}},
            }
        ],
        {},
        "",
    ),
    ([config_map("")], {}, "no metadata.name"),
    ([config_map()], {"namespace": ""}, "neither it nor the destination names a namespace"),
    ([config_map()], {"objection": lambda key, _: f"{key.kind} is not permitted"}, "ConfigMap is not permitted"),
]


@pytest.mark.parametrize(("manifests", "options", "problem"), PROBLEMS)
def test_what_stands_against_an_object(manifests: list[KubeObject], options: dict[str, Any], problem: str) -> None:
    found = targets_of(*manifests, **options)
    [target] = [target for target in found.objects if target.key.kind != "CustomResourceDefinition"]
    assert (problem in target.problem) if problem else not target.problem


def test_hooks_stand_apart_and_skipped_objects_are_left_out() -> None:
    found = targets_of(
        job(annotations={Annotation.HOOK: "PreSync"}),
        job("never", annotations={Annotation.HOOK: "Skip"}),
        job("test", annotations={Annotation.HELM_HOOK: "test"}),
        config_map(),
    )
    assert [target.key.name for target in found.objects] == ["settings"]
    assert [target.key.name for target in found.hooks] == ["migrate", "test"]
    assert [key.name for key in found.skipped] == ["never"]


def test_an_object_of_another_application_is_warned_of() -> None:
    found = targets_of(config_map())
    [condition] = shared_resource_conditions(found.objects, lambda _: "other", "web")
    assert condition.message == "ConfigMap/settings is part of applications web and other"
    assert not shared_resource_conditions(found.objects, lambda _: "web", "web")


TRACKING = [
    ("web:apps/Deployment:shop/web", ObjectKey("apps", "Deployment", "shop", "web"), "web"),
    ("web:/ConfigMap:shop/c", ObjectKey("", "ConfigMap", "shop", "c"), "web"),
    ("ns_web:/ConfigMap:shop/c", ObjectKey("", "ConfigMap", "shop", "c"), "ns_web"),
    ("web:apps/Deployment:shop/web", ObjectKey("apps", "ReplicaSet", "shop", "web-1"), ""),
    ("web:apps/Deployment:shop/web", ObjectKey("apps", "Deployment", "copy", "web"), ""),
    ("web", ObjectKey("", "ConfigMap", "shop", "c"), ""),
    ("a:b:c:d", ObjectKey("", "ConfigMap", "shop", "c"), ""),
    ("", ObjectKey("", "ConfigMap", "shop", "c"), ""),
]


@pytest.mark.parametrize(("value", "key", "instance"), TRACKING)
def test_a_tracking_id_means_only_the_object_it_names(value: str, key: ObjectKey, instance: str) -> None:
    assert tracking.owner_instance(key, {Annotation.TRACKING_ID: value}) == instance


def test_the_instance_name_tells_the_namespace_only_outside_the_control_namespace() -> None:
    assert tracking.instance_name("argocd", "web", "argocd") == "web"
    assert tracking.instance_name("team", "web", "argocd") == "team_web"
    assert tracking.parse_instance_name("team_web", "argocd") == ("team", "web")
    assert tracking.parse_instance_name("web", "argocd") == ("argocd", "web")
