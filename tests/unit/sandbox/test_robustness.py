"""Whatever is sent, the answer is one of the server's: never an exception, never a half-written object."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from holdfast.ports.transport import Request

CONTAINER = {
    "name": "c",
    "image": "nginx:1",
    "ports": [{"containerPort": 80, "name": "http"}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "livenessProbe": {"httpGet": {"port": 80}},
    "lifecycle": {"preStop": {"exec": {"command": ["x"]}}},
}
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
    "spec": {"containers": [CONTAINER], "volumes": [{"name": "v", "emptyDir": {}}], "tolerations": [{"key": "k"}]},
}
SELECTOR = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}
JOB = {"template": {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}
SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"n": {"type": "integer"}}}}}
VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {"openAPIV3Schema": SCHEMA},
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}},
    "additionalPrinterColumns": [{"name": "N", "type": "integer", "jsonPath": ".spec.n"}],
    "selectableFields": [{"jsonPath": ".spec.n"}],
}
NAMES = {"plural": "things", "kind": "Thing", "shortNames": ["th"], "categories": ["all"]}
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
PATHS = [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]
METADATA = {
    "labels": {"l": "1"},
    "annotations": {"n": "1"},
    "finalizers": ["example.com/f"],
    "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}],
}

CASES: dict[str, dict[str, Any]] = {
    "/api/v1/namespaces/default/pods": {"spec": TEMPLATE["spec"]},
    "/api/v1/namespaces/default/services": {
        "spec": {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}
    },
    "/api/v1/namespaces/default/configmaps": {"data": {"a": "b"}, "binaryData": {"c": "ZA=="}, "immutable": False},
    "/api/v1/namespaces/default/secrets": {
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": "{}"},
    },
    "/api/v1/namespaces/default/events": {"involvedObject": {"namespace": "default"}, "source": {"component": "c"}},
    "/api/v1/namespaces/default/persistentvolumeclaims": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    "/api/v1/namespaces/default/limitranges": {"spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}},
    "/api/v1/namespaces": {"spec": {"finalizers": ["kubernetes"]}},
    "/api/v1/nodes": {"spec": {"unschedulable": True}},
    "/apis/apps/v1/namespaces/default/deployments": {
        "spec": {"selector": SELECTOR, "template": TEMPLATE, "strategy": {"rollingUpdate": {"maxSurge": 1}}}
    },
    "/apis/apps/v1/namespaces/default/daemonsets": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "/apis/apps/v1/namespaces/default/statefulsets": {
        "spec": {
            "selector": SELECTOR,
            "template": TEMPLATE,
            "serviceName": "s",
            "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
        }
    },
    "/apis/batch/v1/namespaces/default/jobs": {"spec": JOB},
    "/apis/batch/v1/namespaces/default/cronjobs": {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": JOB}}},
    "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers": {
        "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET, "metrics": [METRIC], "behavior": {"scaleUp": {}}}
    },
    "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers": {
        "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET, "targetCPUUtilizationPercentage": 5}
    },
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses": {
        "spec": {"rules": [{"host": "h", "http": {"paths": PATHS}}]}
    },
    "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies": {
        "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}], "egress": [{}]}
    },
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {"spec": {"minAvailable": 1, "selector": SELECTOR}},
    "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings": {
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "s", "namespace": "default"}],
    },
    "/apis/rbac.authorization.k8s.io/v1/clusterroles": {"rules": [{"verbs": ["get"], "resources": ["pods"]}]},
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations": {
        "webhooks": [{"name": "a.b.c", "clientConfig": {"service": {"name": "s"}}, "rules": [{"operations": ["*"]}]}]
    },
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {
        "spec": {"group": "example.com", "scope": "Cluster", "names": NAMES, "versions": [VERSION]}
    },
}
STRANGE: tuple[Any, ...] = (None, True, 0, -1, 2**70, 1.5, "", "x", "é\u0000", [], [None], {}, {"x": None}, [{}], [[1]])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def mutated(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """A copy with the place removed (`change` is ...) or holding something else."""
    result = copy.deepcopy(value)
    container = result
    for key in path[:-1]:
        container = container[key]
    if change is ...:
        del container[path[-1]]
    else:
        container[path[-1]] = change
    return result


def object_of(path: str, number: int) -> dict[str, Any]:
    name = "things.example.com" if "customresourcedefinitions" in path else f"n{number}"
    return {"metadata": {"name": name, **METADATA}, **CASES[path]}


@pytest.mark.parametrize("path", CASES)
async def test_a_valid_object_is_taken(cluster: Any, path: str) -> None:
    async with cluster() as api:
        answer = await api.post(path, object_of(path, 0))
        assert answer.status == 201, answer.body


@pytest.mark.parametrize("path", CASES)
async def test_a_damaged_object_is_answered_and_the_server_lives_on(cluster: Any, path: str) -> None:
    chance = random.Random(path)
    async with cluster() as api:
        original = object_of(path, 0)
        everywhere = places(original)
        for number in range(60):
            obj = object_of(path, number)
            for _ in range(chance.choice((1, 1, 2))):
                place = chance.choice(everywhere)
                try:
                    obj = mutated(obj, place, chance.choice((..., *STRANGE)))
                except (KeyError, IndexError, TypeError):
                    continue  # an earlier change took the place away
            body = json.dumps(obj).encode()
            answer = await api.request("POST", path, body)
            assert answer.status in (201, 400, 404, 409, 422), (answer.status, answer.body, obj)
            if answer.status == 201:
                await _changes(api, f"{path}/{answer.body['metadata']['name']}", obj, chance)
        await api.settle()
        table = await api.get(path, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
        assert table.status == 200


async def _changes(api: Any, path: str, obj: Any, chance: random.Random) -> None:
    for patch in ({"metadata": chance.choice(STRANGE[5:])}, {"spec": chance.choice(STRANGE[5:])}):
        answer = await api.patch(path, patch)
        assert answer.status in (200, 400, 404, 409, 422), (answer.body, patch)
    applied = {"apiVersion": "v1", "kind": "x", **obj}
    answer = await api.apply(path, json.dumps(applied).encode())
    assert answer.status in (200, 201, 400, 404, 409, 422, 500), answer.body
    deleted = await api.delete(path)
    assert deleted.status in (200, 403, 404), deleted.body
    await api.patch(path, {"metadata": {"finalizers": None}})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/namespaces/default/configmaps/a/b/c", b""),
        ("GET", "//api//v1", b""),
        ("GET", "/apis/apps/v1/namespaces//deployments", b""),
        ("PATCH", "/api/v1/namespaces/default/configmaps/x", b"[[[[[["),
        ("DELETE", "/api/v1/namespaces/default/configmaps/x", b"[1]"),
        ("DELETE", "/api/v1/namespaces/default/configmaps/x", b'{"gracePeriodSeconds":"x"}'),
        ("DELETE", "/api/v1/namespaces/default/configmaps/x", b'{"preconditions":3}'),
        ("POST", "/api/v1/namespaces/default/configmaps", b"[" * 100_000),
        ("POST", "/api/v1/namespaces/default/configmaps", b'{"a":' * 2_000 + b"1" + b"}" * 2_000),
        ("POST", "/api/v1/namespaces/default/pods/x/binding", b'{"target":3}'),
        ("POST", "/api/v1/namespaces/default/pods/x/eviction", b'{"deleteOptions":3}'),
        ("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", b'{"spec":{"expirationSeconds":"x"}}'),
        ("PUT", "/apis/apps/v1/namespaces/default/deployments/x/scale", b'{"spec":3}'),
        ("PUT", "/api/v1/namespaces/default/finalize", b'{"spec":3}'),
        ("BREW", "/api/v1/namespaces", b""),
    ],
)
async def test_strange_requests_are_answered(cluster: Any, method: str, path: str, body: bytes) -> None:
    async with cluster() as api:
        answer = await api.request(method, path, body)
        assert 400 <= answer.status < 500


async def test_protobuf_that_is_none_is_answered(cluster: Any) -> None:
    chance = random.Random(7)
    async with cluster() as api:
        for _ in range(200):
            body = b"k8s\x00" + chance.randbytes(chance.randrange(60))
            headers = {"content-type": "application/vnd.kubernetes.protobuf"}
            request = Request("POST", "/api/v1/namespaces/default/pods", (), headers, body)
            assert (await api.sandbox.transport.send(request)).status in (400, 422)
