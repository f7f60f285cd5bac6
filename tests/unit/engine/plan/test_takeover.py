"""What is written when a merge with somebody else's change is not valid."""

from __future__ import annotations

from holdfast.engine.plan.takeover import taken_over
from holdfast.model.kube import KubeObject


def test_desired_lists_stand_and_what_only_the_server_knows_stays() -> None:
    live: KubeObject = {
        "metadata": {"name": "web", "resourceVersion": "7", "managedFields": [{"manager": "kubectl"}]},
        "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "http", "port": 8080}], "selector": {"app": "web"}},
    }
    desired: KubeObject = {
        "metadata": {"name": "web", "labels": {"a": "b"}},
        "spec": {"ports": [{"name": "http", "port": 80}], "selector": {"app": "shop"}},
    }

    assert taken_over(live, desired) == {
        "metadata": {"name": "web", "resourceVersion": "7", "labels": {"a": "b"}},
        "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "http", "port": 80}], "selector": {"app": "shop"}},
    }
