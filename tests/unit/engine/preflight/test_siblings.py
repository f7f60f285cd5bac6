"""Which new objects count as one another's siblings. That the server takes them alike: tests/contract/test_siblings.py."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.preflight.siblings import LONGEST_NAME, MOST_BYTES, likeness
from holdfast.model.kube import KubeObject
from holdfast.testing.builders import config_map

WEB: KubeObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "web:1", "env": [{"name": "A", "value": "1"}]}]},
        },
    },
}
SERVICE: KubeObject = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def changed(obj: KubeObject, *changes: tuple[str, Any]) -> KubeObject:
    """Each change is a path with dots, and what stands there then."""
    for path, value in changes:
        obj = _set(obj, path.split("."), value)
    return obj


def _set(obj: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    head, *rest = path
    if isinstance(obj, list):
        return [_set(item, rest, value) if at == int(head) else item for at, item in enumerate(obj)]
    return {**obj, head: _set(obj.get(head, {}), rest, value)}


CONTAINER = "spec.template.spec.containers.0"
POD_LABEL = "spec.template.metadata.labels.app"
SELECTED = "spec.selector.matchLabels.app"


@pytest.mark.parametrize(
    "change",
    [
        (("metadata.name", "api"),),
        (("metadata.labels.app", "api"),),
        ((SELECTED, "api"), (POD_LABEL, "api")),
        ((f"{CONTAINER}.image", "registry.example.org/api@sha256:1"),),
        ((f"{CONTAINER}.env.0.value", "any text\nat all"),),
    ],
)
def test_names_and_texts_alone_make_siblings(change: tuple[tuple[str, Any], ...]) -> None:
    assert likeness(changed(WEB, *change)) == likeness(WEB) is not None


@pytest.mark.parametrize(
    "change",
    [
        ("spec.replicas", 2),
        ("spec.replicas", "1"),
        ("metadata.namespace", "market"),
        ("metadata.labels.team", "a"),
        ("metadata.finalizers", ["example.com/stay"]),
        (f"{CONTAINER}.name", "other"),
        (f"{CONTAINER}.image", 1),
        (f"{CONTAINER}.env.0.name", "B"),
        (f"{CONTAINER}.resources", {"limits": {"cpu": "1"}}),
        ("apiVersion", "apps/v2"),
    ],
)
def test_whatever_else_differs_makes_strangers(change: tuple[str, Any]) -> None:
    assert likeness(changed(WEB, change)) != likeness(WEB)


@pytest.mark.parametrize(
    "obj",
    [
        changed(WEB, ("metadata.name", "Web")),
        changed(WEB, ("metadata.name", "1web")),
        changed(WEB, ("metadata.name", "a" * (LONGEST_NAME + 1))),
        changed(WEB, ("metadata.labels.app", "not a label!")),
        changed(WEB, (f"{CONTAINER}.image", "")),
        changed(WEB, (f"{CONTAINER}.image", "web:1 ")),
        changed(WEB, (SELECTED, "api")),
        changed(WEB, (POD_LABEL, "api")),
        changed(WEB, ("spec.selector.matchExpressions", [{"key": "app", "operator": "Exists"}])),
        changed(SERVICE, ("spec.clusterIP", "10.0.0.10")),
        changed(SERVICE, ("spec.ports.0.nodePort", 30080)),
        config_map(data={str(number): "a" * 50_000 for number in range(MOST_BYTES // 50_000)}),
        {**config_map(), "kind": "Secret"},
        {**WEB, "apiVersion": "example.com/v1"},
    ],
)
def test_of_some_objects_nothing_is_said(obj: KubeObject) -> None:
    assert likeness(obj) is None


def test_labels_that_kubernetes_knows_are_no_free_text() -> None:
    one, other = (changed(WEB, ("metadata.annotations", {"x.kubernetes.io/a": value})) for value in "12")
    assert likeness(one) != likeness(other)
    one, other = (changed(WEB, ("metadata.annotations", {"example.com/a": value})) for value in "12")
    assert likeness(one) == likeness(other)
