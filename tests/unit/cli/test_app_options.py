"""What people type after `holdfast app`, and what is told them when it is wrong."""

from __future__ import annotations

import pytest

from holdfast.cli.app import applications
from holdfast.cli.app.sync import parse_resource
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("apps:Deployment:web", {"group": "apps", "kind": "Deployment", "name": "web"}),
        (":Service:shop/web", {"kind": "Service", "namespace": "shop", "name": "web"}),
    ],
)
def test_a_resource_is_read_as_argocd_reads_it(text: str, found: dict[str, str]) -> None:
    assert parse_resource(text) == found


@pytest.mark.parametrize("text", ["web", "Deployment:web", "apps::web", "apps:Deployment:"])
def test_a_wrong_resource_is_told(text: str) -> None:
    with pytest.raises(Blocked, match="--resource takes GROUP:KIND"):
        parse_resource(text)


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ({}, "Manual"),
        ({"automated": {}}, "Auto"),
        ({"automated": {"prune": True}}, "Auto-Prune"),
        ({"automated": {"enabled": False, "prune": True}}, "Manual"),
    ],
)
def test_the_sync_policy_has_one_word(policy: KubeObject, word: str) -> None:
    assert applications.policy_of({"spec": {"syncPolicy": policy}}) == word


def test_a_name_may_carry_its_namespace() -> None:
    assert applications.qualified("team/web", "argocd") == ("team", "web")
    assert applications.qualified("web", "argocd") == ("argocd", "web")


@pytest.mark.parametrize(
    ("filters", "answer"),
    [
        ({}, True),
        ({"project": "default,other"}, True),
        ({"project": "other"}, False),
        ({"repository": "https://a"}, True),
        ({"repository": "https://b"}, False),
        ({"cluster": "in-cluster"}, True),
        ({"cluster": "far"}, False),
    ],
)
def test_the_filters_of_list(filters: dict[str, str], answer: bool) -> None:
    app: KubeObject = {
        "spec": {"project": "default", "source": {"repoURL": "https://a"}, "destination": {"name": "in-cluster"}}
    }
    wanted = {"project": "", "repository": "", "cluster": "", **filters}

    assert applications.is_selected(app, **wanted) is answer
