"""An AppProject allows what it lists, and every denial says why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.access.project import (
    permits_application_namespace,
    permits_destination,
    permits_kind,
    permits_object,
    permits_source,
)
from holdfast.engine.access.project_rules import problems
from holdfast.model.appproject import AppProject
from holdfast.model.keys import GroupKind

CLUSTER = "https://kubernetes.default.svc"


def _project(**spec: Any) -> AppProject:
    return msgspec.convert({"metadata": {"name": "shop"}, "spec": spec}, AppProject)


@pytest.mark.parametrize(
    ("entries", "url", "allowed"),
    [
        (["*"], "https://example.com/a/b.git", True),
        ([], "https://example.com/a.git", False),
        (["https://example.com/team/*"], "https://example.com/team/a.git", True),
        (["https://example.com/team/*"], "https://example.com/team/a/b.git", False),
        (["https://example.com/team/**"], "https://example.com/team/a/b.git", True),
        (["https://example.com/a.git"], "https://EXAMPLE.com/a", True),
        (["*", "!https://example.com/secret/*"], "https://example.com/secret/a", False),
        (["!https://example.com/secret/*", "*"], "https://example.com/open/a", True),
        (["!https://example.com/secret/*"], "https://example.com/open/a", False),
        (["git@bitbucket.org:oro-codebase/*"], "git@bitbucket.org:oro-codebase/microservice-identity.git", True),
    ],
)
def test_source_repositories(entries: list[str], url: str, allowed: bool) -> None:
    assert permits_source(_project(sourceRepos=entries), url).allowed is allowed


@pytest.mark.parametrize(
    ("destinations", "namespace", "allowed"),
    [
        ([{"server": "*", "namespace": "*"}], "shop", True),
        ([{"server": CLUSTER, "namespace": "shop-*"}], "shop-dev", True),
        ([{"server": CLUSTER, "namespace": "shop-*"}], "kube-system", False),
        ([{"server": "https://other", "namespace": "*"}], "shop", False),
        ([{"name": "in-cluster", "namespace": "*"}], "shop", True),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-system"}], "kube-system", False),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-system"}], "shop", True),
        ([{"server": "*", "namespace": "*"}, {"server": f"!{CLUSTER}", "namespace": "*"}], "shop", False),
        ([{"server": "*", "namespace": "*"}, {"server": "https://other", "namespace": "!shop"}], "shop", True),
        ([{"name": "in-cluster", "namespace": "*"}, {"name": "in-cluster", "namespace": "!a"}], "a", False),
        ([], "shop", False),
    ],
)
def test_destinations(destinations: list[dict[str, str]], namespace: str, allowed: bool) -> None:
    project = _project(destinations=destinations)
    assert permits_destination(project, server=CLUSTER, name="in-cluster", namespace=namespace).allowed is allowed


@pytest.mark.parametrize(("owner", "allowed"), [("shop", True), ("other", False), ("", False)])
def test_only_the_clusters_of_the_project_when_it_says_so(owner: str, allowed: bool) -> None:
    project = _project(destinations=[{"server": "*", "namespace": "*"}], permitOnlyProjectScopedClusters=True)
    assert permits_destination(project, server=CLUSTER, namespace="a", cluster_project=owner).allowed is allowed


@pytest.mark.parametrize(
    ("spec", "group_kind", "name", "namespaced", "allowed"),
    [
        ({}, GroupKind("apps", "Deployment"), "a", True, True),
        ({}, GroupKind("", "Namespace"), "a", False, False),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, GroupKind("", "Namespace"), "a", False, True),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "shop-*"}]},
         GroupKind("", "Namespace"), "shop-a", False, True),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "shop-*"}]},
         GroupKind("", "Namespace"), "other", False, False),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
          "clusterResourceBlacklist": [{"group": "rbac.authorization.k8s.io", "kind": "*"}]},
         GroupKind("rbac.authorization.k8s.io", "ClusterRole"), "a", False, False),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, GroupKind("", "Secret"), "a", True, False),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, GroupKind("", "Service"), "a", True, True),
        ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]}, GroupKind("", "Service"), "a", True, False),
        ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]},
         GroupKind("apps", "Deployment"), "a", True, True),
        ({"namespaceResourceWhitelist": []}, GroupKind("apps", "Deployment"), "a", True, False),
    ],
)  # fmt: skip
def test_kinds(spec: dict[str, Any], group_kind: GroupKind, name: str, namespaced: bool, allowed: bool) -> None:
    answer = permits_kind(_project(**spec), group_kind=group_kind, name=name, namespaced=namespaced)
    assert answer.allowed is allowed
    assert answer.because


def test_object_in_a_foreign_namespace_is_denied_with_the_reason() -> None:
    project = _project(destinations=[{"server": CLUSTER, "namespace": "shop"}])
    answer = permits_object(
        project,
        group_kind=GroupKind("", "Service"),
        name="a",
        namespace="kube-system",
        namespaced=True,
        server=CLUSTER,
    )
    assert not answer.allowed
    assert answer.because == f"destinations of project shop do not allow namespace 'kube-system' of cluster {CLUSTER}"


def test_credentials_in_an_url_are_not_shown() -> None:
    answer = permits_source(_project(sourceRepos=[]), "https://me:hunter2@example.com/a.git")
    assert "hunter2" not in answer.because


@pytest.mark.parametrize(("namespace", "allowed"), [("", True), ("argocd", True), ("team-a", True), ("else", False)])
def test_namespaces_of_applications(namespace: str, allowed: bool) -> None:
    project = _project(sourceNamespaces=["team-*"])
    assert permits_application_namespace(project, namespace, "argocd").allowed is allowed


@pytest.mark.parametrize(
    "spec",
    [
        {"destinations": [{"server": "a"}, {"server": "a"}]},
        {"destinations": [{"server": "!*"}]},
        {"roles": [{"name": "a"}, {"name": "a"}]},
        {"roles": [{"name": "a b"}]},
        {"roles": [{"name": "a", "groups": ["x,y"]}]},
        {"destinationServiceAccounts": [{"server": "!a", "defaultServiceAccount": "x"}]},
        {"destinationServiceAccounts": [{"server": "a", "defaultServiceAccount": ""}]},
    ],
)
def test_project_that_makes_no_sense_has_problems(spec: dict[str, Any]) -> None:
    assert problems(_project(**spec))
