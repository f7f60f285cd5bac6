"""A new object that is like one which the server has taken, but for names and texts, is taken as well."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.preflight.siblings import likeness
from tests.contract.servers import Server

LONGEST = "a" * 52
ODD = "A_b.c-" + "d" * 57
"""A label's value as long as it may be."""
ANY_TEXT = 'tab\t, line\n, "quoted", $(NAME), ключ, 🙂 ' + "x" * 10_000


def object_of(kind: str, api_version: str, name: str, label: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {"example.com/part": label, "app.kubernetes.io/name": label},
            "annotations": {"example.com/note": text},
        },
        **more,
    }


def pod(name: str, label: str, text: str, image: str) -> dict[str, Any]:
    variables = [
        {"name": "A", "value": text},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": name, "key": "b"}}},
    ]
    container = {
        "name": "main",
        "image": image,
        "env": variables,
        "envFrom": [{"configMapRef": {"name": name}}],
        "ports": [{"name": "http", "containerPort": 8080}],
    }
    volumes = [{"name": "c", "configMap": {"name": name}}, {"name": "s", "secret": {"secretName": name}}]
    return {
        "metadata": {"labels": {"app": label}, "annotations": {"example.com/note": text}},
        "spec": {"serviceAccountName": name, "containers": [container], "volumes": volumes},
    }


def made(kind: str, name: str, label: str, text: str, image: str) -> dict[str, Any]:
    chosen = {"matchLabels": {"app": label}}
    template = pod(name, label, text, image)
    job = {"spec": {"template": {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}}}
    scaled = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "maxReplicas": 3}
    served = {"selector": {"app": label}, "ports": [{"name": "http", "port": 80}]}
    by_kind: dict[str, tuple[str, dict[str, Any]]] = {
        "ConfigMap": ("v1", {"data": {"a": text}}),
        "Service": ("v1", {"spec": served}),
        "ServiceAccount": ("v1", {}),
        "Deployment": ("apps/v1", {"spec": {"replicas": 0, "selector": chosen, "template": template}}),
        "DaemonSet": ("apps/v1", {"spec": {"selector": chosen, "template": template}}),
        "HorizontalPodAutoscaler": ("autoscaling/v2", {"spec": scaled}),
        "CronJob": ("batch/v1", {"spec": {"schedule": "0 4 * * *", "jobTemplate": job}}),
        "NetworkPolicy": ("networking.k8s.io/v1", {"spec": {"podSelector": chosen, "policyTypes": ["Ingress"]}}),
        "PodDisruptionBudget": ("policy/v1", {"spec": {"selector": chosen, "minAvailable": 1}}),
    }
    api_version, more = by_kind[kind]
    return object_of(kind, api_version, name, label, text, **more)


KINDS = (
    "ConfigMap",
    "Service",
    "ServiceAccount",
    "Deployment",
    "DaemonSet",
    "HorizontalPodAutoscaler",
    "CronJob",
    "NetworkPolicy",
    "PodDisruptionBudget",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_siblings_are_taken_whatever_their_texts(server: Server, kind: str) -> None:
    plain = made(kind, "one", "one", "one", "registry.example.org/one:1")
    marks = {likeness(plain)}
    assert (await server.apply(plain, "a", dryRun="All")).status in (200, 201)
    for name, label, text, image in (
        (LONGEST, ODD, ANY_TEXT, "UPPER//odd::@"),
        ("b-2", "0", "", f"one@sha256:{'0' * 64}"),
        ("c", "", ANY_TEXT, "x"),
    ):
        sibling = made(kind, name, label, text, image)
        marks.add(likeness(sibling))
        answer = await server.apply(sibling, "a", dryRun="All")
        assert answer.status in (200, 201), answer.body
    assert len(marks) == 1
    assert None not in marks
