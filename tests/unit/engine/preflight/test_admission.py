"""Who may refuse or change what is written, beside the server."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.preflight.admission import Writing, may_look_at
from holdfast.model.discovery import ResourceType

DEPLOYMENTS = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)


def rule(**more: Any) -> dict[str, Any]:
    return {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "operations": ["*"], **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rule(), True),
        (rule(apiVersions=["v1beta1"]), True),
        (rule(apiGroups=["*"], resources=["*/*"], operations=["CREATE", "UPDATE"]), True),
        (rule(resources=["deployments/*"]), True),
        (rule(operations=["CREATE"]), False),
        (rule(apiGroups=["networking.k8s.io"]), False),
        (rule(resources=["ingresses"]), False),
    ],
)
def test_rules_of_webhooks_and_policies_are_read_alike(given: dict[str, Any], expected: bool) -> None:
    webhook = {"webhooks": [{"name": "a.example.com", "rules": [given]}]}
    policy = {"spec": {"matchConstraints": {"resourceRules": [given]}}}
    for one in (webhook, policy):
        assert may_look_at([one], DEPLOYMENTS, Writing.UPDATE) is expected


def test_a_policy_that_does_not_say_looks_at_everything() -> None:
    assert may_look_at([{"spec": {}}], DEPLOYMENTS, Writing.UPDATE)
    assert not may_look_at([], DEPLOYMENTS, Writing.UPDATE)


@pytest.mark.parametrize("writing", Writing)
def test_who_looks_at_one_kind_of_writing_looks_at_no_other(writing: Writing) -> None:
    webhook = {"webhooks": [{"name": "a.example.com", "rules": [rule(operations=[writing.value])]}]}
    assert [other for other in Writing if may_look_at([webhook], DEPLOYMENTS, other)] == [writing]
