"""What counts as an orphaned resource of a project."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.access import orphans
from holdfast.model.keys import ObjectKey
from holdfast.testing.builders import project

NAMED = ObjectKey("", "ConfigMap", "shop", "left-over")
DEPLOYED = ObjectKey("apps", "Deployment", "shop", "left-over")


@pytest.mark.parametrize(
    ("spec", "watched"),
    [
        ({}, False),
        ({"orphanedResources": {}}, True),
        ({"orphanedResources": {"warn": True}}, True),
        ({"orphanedResources": {"warn": False}}, False),
    ],
)
def test_a_project_asks_for_the_warning(spec: dict[str, Any], watched: bool) -> None:
    assert orphans.are_watched(project(**spec)) is watched


@pytest.mark.parametrize(
    ("ignore", "found"),
    [
        ([], (NAMED, DEPLOYED)),
        ([{"kind": "ConfigMap"}], (DEPLOYED,)),
        ([{"kind": "ConfigMap", "name": "left-*"}], (DEPLOYED,)),
        ([{"kind": "ConfigMap", "name": "other"}], (NAMED, DEPLOYED)),
        ([{"group": "apps"}], (NAMED,)),
        ([{"group": "*", "kind": "*"}], ()),
    ],
)
def test_what_the_project_ignores_is_none(ignore: list[dict[str, str]], found: tuple[ObjectKey, ...]) -> None:
    asked = project(orphanedResources={"ignore": ignore})
    assert orphans.orphans(asked, [DEPLOYED, NAMED]) == found


@pytest.mark.parametrize(
    "key",
    [
        ObjectKey("", "ServiceAccount", "shop", "default"),
        ObjectKey("", "ConfigMap", "shop", "kube-root-ca.crt"),
        ObjectKey("", "Service", "default", "kubernetes"),
        ObjectKey("", "Event", "shop", "web.1"),
        ObjectKey("discovery.k8s.io", "EndpointSlice", "shop", "web-1"),
    ],
)
def test_what_kubernetes_makes_is_none(key: ObjectKey) -> None:
    assert orphans.orphans(project(orphanedResources={}), [key]) == ()


def test_what_the_project_forbids_is_none() -> None:
    forbidding = project(orphanedResources={}, namespaceResourceBlacklist=[{"group": "apps", "kind": "*"}])
    assert orphans.orphans(forbidding, [DEPLOYED]) == ()


def test_the_warning_counts_and_names_some() -> None:
    assert orphans.warning(()) == ""
    assert orphans.warning((NAMED,)) == "Application has 1 orphaned resource: ConfigMap/left-over"
    assert orphans.warning((NAMED,) * 5).endswith("ConfigMap/left-over and 2 more")
