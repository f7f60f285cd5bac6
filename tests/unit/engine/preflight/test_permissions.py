"""What the rules of a user allow."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.preflight.permissions import Access, Rules, allows, rules_of, told

CREATE = Access("shop", "apps", "deployments", "create", "web")
PATCH = Access("shop", "apps", "deployments", "patch", "web")


def rule(verbs: list[str], groups: list[str], resources: list[str], **more: Any) -> dict[str, Any]:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, **more}


@pytest.mark.parametrize(
    ("given", "wanted", "allowed"),
    [
        (rule(["create"], ["apps"], ["deployments"]), CREATE, True),
        (rule(["*"], ["*"], ["*"]), CREATE, True),
        (rule(["patch"], ["apps"], ["deployments"]), CREATE, False),
        (rule(["create"], [""], ["deployments"]), CREATE, False),
        (rule(["create"], ["apps"], ["deployments/scale"]), CREATE, False),
        (rule(["patch"], ["apps"], ["deployments"], resourceNames=["web"]), PATCH, True),
        (rule(["patch"], ["apps"], ["deployments"], resourceNames=["db"]), PATCH, False),
        (rule(["create"], ["apps"], ["deployments"], resourceNames=["web"]), CREATE, False),
    ],
)
def test_a_rule_allows_its_verbs_on_its_resources(given: dict[str, Any], wanted: Access, allowed: bool) -> None:
    assert allows(Rules((given,)), wanted) is allowed


def test_a_review_without_rules_allows_nothing() -> None:
    assert not allows(rules_of({"status": {"incomplete": True}}), CREATE)
    assert rules_of({"status": {"incomplete": True}}).incomplete


def test_verbs_of_one_kind_and_place_are_told_together_with_the_grant() -> None:
    (sentence,) = told(
        [PATCH, CREATE, Access("shop", "apps", "deployments", "create", "db")], "system:serviceaccount:a:b"
    )
    assert sentence == (
        "system:serviceaccount:a:b lacks the permission to create and patch deployments.apps in namespace shop "
        "(kubectl -n shop create role holdfast-deployments --verb=create,patch --resource=deployments.apps && "
        "kubectl -n shop create rolebinding holdfast-deployments --role=holdfast-deployments --serviceaccount=a:b)"
    )


def test_cluster_wide_kinds_are_granted_by_a_cluster_role() -> None:
    (sentence,) = told([Access("", "", "namespaces", "create")], "")
    assert "in the cluster" in sentence
    assert "kubectl create clusterrole holdfast-namespaces --verb=create --resource=namespaces" in sentence
