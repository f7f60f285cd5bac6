"""When `up --once` may end, and what it proposes afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.hints import hints
from holdfast.cli.up import all_as_wished
from holdfast.model.kube import KubeObject


def _app(name: str, sync: str = "Synced", health: str = "Healthy", **status: object) -> KubeObject:
    return {
        "metadata": {"name": name, "namespace": "argocd"},
        "status": {"sync": {"status": sync}, "health": {"status": health}, **status},
    }


@pytest.mark.parametrize(
    ("apps", "answer"),
    [
        ([], False),
        ([_app("other")], False),
        ([_app("root"), _app("web")], True),
        ([_app("root"), _app("web", sync="OutOfSync")], False),
        ([_app("root"), _app("web", health="Progressing")], False),
        ([_app("root", operationState={"phase": "Running"})], False),
        ([_app("root"), {"metadata": {"name": "new"}}], False),
    ],
)
def test_all_is_as_wished_when_root_and_all_others_are(apps: list[KubeObject], answer: bool) -> None:
    assert all_as_wished(apps, "root") is answer


def test_the_hints_name_a_deployment_that_is_there() -> None:
    resources = [{"kind": "Deployment", "namespace": "identity", "name": "identity"}]
    lines = hints(Path("/d/kubeconfig"), Path("/d"), {"web": _app("web", resources=resources)}, is_example=True)

    assert any("-n identity scale deployment identity" in line for line in lines)
    assert any("git clone /d/repositories/web.git" in line for line in lines)
