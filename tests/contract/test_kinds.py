"""Built-in kinds: the defaults that each gets, what of each may not change, and what is invalid in each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.objects import (
    config_map,
    cron_job,
    daemon_set,
    deployment,
    job,
    pod,
    replica_set,
    secret,
    service,
    stateful_set,
    template,
)
from tests.contract.servers import Server


def kind(api_version: str, kind: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **parts}


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}
PATHS = [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]
SUBJECTS = [{"kind": "ServiceAccount", "name": "s", "namespace": "n"}, {"kind": "User", "name": "u"}]
RBAC = "rbac.authorization.k8s.io"
PROBES = {
    "livenessProbe": {"httpGet": {"port": 80}},
    "readinessProbe": {"tcpSocket": {"port": 80}},
    "startupProbe": {"exec": {"command": ["x"]}},
    "env": [{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "F", "value": ""}],
    "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}},
    "lifecycle": {"preStop": {"httpGet": {"port": 1}}},
    "ports": [{"containerPort": 80}],
}
VOLUMES = [
    {"name": "a", "secret": {"secretName": "x"}},
    {"name": "b", "configMap": {"name": "x"}},
    {"name": "c", "downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
    {"name": "e", "hostPath": {"path": "/x"}},
    {"name": "f"},
    {"name": "g", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}},
]
METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
]
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
CONTAINER = {"name": "c", "image": "c:1"}

MINIMAL: dict[str, dict[str, Any]] = {
    "Deployment": deployment("x"),
    "Deployment with everything": deployment(
        "x",
        strategy={"type": "RollingUpdate"},
        template=template(
            {**CONTAINER, **PROBES},
            initContainers=[{"name": "i", "image": "busybox"}],
            volumes=VOLUMES,
            serviceAccountName="default",
            securityContext={"runAsUser": 1},
            topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}],
        ),
    ),
    "Deployment with Recreate": deployment("x", strategy={"type": "Recreate"}),
    "ReplicaSet": replica_set("x"),
    "StatefulSet": stateful_set("x", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": CLAIM}]),
    "DaemonSet": daemon_set("x"),
    "CronJob": cron_job("x"),
    "Pod": pod("x", automountServiceAccountToken=False),
    "Pod with limits": pod(
        "x", automountServiceAccountToken=False, containers=[{**CONTAINER, "resources": {"limits": {"cpu": "1000m"}}}]
    ),
    "Service": service("x"),
    "Service without a cluster IP": service("x", clusterIP="None"),
    "Service of an external name": kind("v1", "Service", spec={"type": "ExternalName", "externalName": "example.com"}),
    "ServiceAccount": kind("v1", "ServiceAccount"),
    "Secret": {**secret("x"), "stringData": {"a": "b"}},
    "ConfigMap": config_map("x", a="b"),
    "PersistentVolumeClaim": kind("v1", "PersistentVolumeClaim", spec=CLAIM),
    "HorizontalPodAutoscaler": kind(
        "autoscaling/v2", "HorizontalPodAutoscaler", spec={"maxReplicas": 3, "scaleTargetRef": TARGET}
    ),
    "HorizontalPodAutoscaler with metrics": kind(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        spec={"minReplicas": 2, "maxReplicas": 3, "scaleTargetRef": TARGET, "metrics": METRICS},
    ),
    "Ingress": kind("networking.k8s.io/v1", "Ingress", spec={"rules": [{"host": "a.b", "http": {"paths": PATHS}}]}),
    "NetworkPolicy": kind("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}}),
    "NetworkPolicy with rules": kind(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec={"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}], "egress": [{}]},
    ),
    "PodDisruptionBudget": kind(
        "policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}
    ),
    "Role": kind(f"{RBAC}/v1", "Role", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
    "RoleBinding": kind(f"{RBAC}/v1", "RoleBinding", roleRef={"kind": "Role", "name": "x"}, subjects=SUBJECTS),
    "Lease": kind("coordination.k8s.io/v1", "Lease", spec={"holderIdentity": "h", "leaseDurationSeconds": 15}),
    "LimitRange": kind("v1", "LimitRange", spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}]}),
}


@pytest.mark.parametrize("obj", MINIMAL.values(), ids=list(MINIMAL))
async def test_defaults(server: Server, obj: dict[str, Any]) -> None:
    answer = await server.create(obj)
    assert answer.status == 201, answer.body
    server.matches(answer)


async def test_a_job_selects_its_pods_by_its_own_uid(server: Server) -> None:
    server.matches(await server.create(job("x")))


async def test_pull_policies_follow_the_tag(server: Server) -> None:
    images = ["a", "a:latest", "a:1", "a@sha256:" + "0" * 64, "r.example.com:5000/a", "r.example.com:5000/a:1"]
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    made = await server.created(deployment("x", template={**template(), "spec": {"containers": containers}}))
    server.same([each["imagePullPolicy"] for each in made["spec"]["template"]["spec"]["containers"]])


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "selector of a Deployment": (deployment("x"), {"spec": {"selector": {"matchLabels": {"a": "c"}}}}),
    "selector and template of a Deployment": (
        deployment("x"),
        {"spec": {"selector": {"matchLabels": {"a": "c"}}, "template": {"metadata": {"labels": {"a": "c"}}}}},
    ),
    "service of a StatefulSet": (stateful_set("x"), {"spec": {"serviceName": "t"}}),
    "claims of a StatefulSet": (
        stateful_set("x"),
        {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": CLAIM}]}},
    ),
    "selector of a DaemonSet": (
        daemon_set("x"),
        {"spec": {"selector": {"matchLabels": {"a": "c"}}, "template": {"metadata": {"labels": {"a": "c"}}}}},
    ),
    "completions of a Job": (job("x"), {"spec": {"completions": 3}}),
    "cluster IP of a Service": (service("x"), {"spec": {"clusterIP": "None"}}),
    "modes of a claim": (MINIMAL["PersistentVolumeClaim"], {"spec": {"accessModes": ["ReadOnlyMany"]}}),
    "size and class of a claim": (
        MINIMAL["PersistentVolumeClaim"],
        {"spec": {"resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "fast", "volumeName": "v"}},
    ),
    "class of a claim that wants none": (
        kind("v1", "PersistentVolumeClaim", spec={**CLAIM, "storageClassName": ""}),
        {"spec": {"storageClassName": "fast"}},
    ),
    "volume of a claim that has one": (
        kind("v1", "PersistentVolumeClaim", spec={**CLAIM, "volumeName": "v"}),
        {"spec": {"volumeName": "w", "storageClassName": "fast"}},
    ),
    "claims of a StatefulSet with labels": (
        stateful_set("x", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": CLAIM}]),
        {
            "spec": {
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "d", "labels": {"a": "b"}},
                        "spec": {**CLAIM, "dataSource": {"kind": "PersistentVolumeClaim", "name": "y"}},
                    }
                ]
            }
        },
    ),
    "type of a Secret": (secret("x"), {"type": "kubernetes.io/tls"}),
    "data of an immutable Secret": ({**secret("x"), "immutable": True}, {"stringData": {"a": "c"}}),
    "immutability of a Secret": ({**secret("x"), "immutable": True}, {"immutable": False}),
    "data of an immutable ConfigMap": ({**config_map("x", a="b"), "immutable": True}, {"data": {"a": "c"}}),
    "role of a RoleBinding": (MINIMAL["RoleBinding"], {"roleRef": {"name": "y"}}),
    "uid": (config_map("x"), {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}),
    "namespace": (config_map("x"), {"metadata": {"namespace": "other"}}),
}


@pytest.mark.parametrize(("obj", "change"), CHANGES.values(), ids=list(CHANGES))
async def test_what_may_not_change(server: Server, obj: dict[str, Any], change: dict[str, Any]) -> None:
    await server.created(obj)
    answer = await server.patch(obj, change)
    assert answer.status in (400, 409, 422), answer.body
    server.matches(answer)


async def test_what_the_server_owns_of_the_metadata_is_silently_kept(server: Server) -> None:
    made = await server.created(config_map("x", a="1"))
    change = {"creationTimestamp": "2020-01-01T00:00:00Z", "generation": 9, "selfLink": "/x"}
    answer = await server.patch(config_map("x"), {"metadata": change})
    assert answer.status == 200
    assert answer.body == made


async def test_metadata_of_what_is_immutable_may_change(server: Server) -> None:
    await server.created({**config_map("x", a="1"), "immutable": True})
    assert (await server.patch(config_map("x"), {"metadata": {"labels": {"l": "1"}}})).status == 200


async def test_a_service_keeps_its_address_when_it_is_replaced(server: Server) -> None:
    made = await server.created(service("x"))
    answer = await server.replace(service("x", ports=[{"port": 81}]))
    assert answer.body["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    server.matches(answer)


async def test_a_replace_creates_some_kinds(server: Server) -> None:
    for obj in (service("x"), MINIMAL["Role"], MINIMAL["RoleBinding"], MINIMAL["Lease"], MINIMAL["LimitRange"]):
        assert (await server.replace(obj)).status == 201
    for obj in (config_map("x"), secret("x"), deployment("x"), MINIMAL["ServiceAccount"], MINIMAL["Ingress"]):
        assert (await server.replace(obj)).status == 404


def without(obj: dict[str, Any], part: str) -> dict[str, Any]:
    return {**obj, "spec": {key: value for key, value in obj["spec"].items() if key != part}}


INVALID: dict[str, dict[str, Any]] = {
    "no selector": without(deployment("x"), "selector"),
    "no template": without(deployment("x"), "template"),
    "an empty spec": {**deployment("x"), "spec": {}},
    "a selector that misses the template": deployment("x", selector={"matchLabels": {"a": "c"}}),
    "replicas below zero": deployment("x", replicas=-1),
    "a bad name": config_map("Bad_Name"),
    "a bad label": {**config_map("x"), "metadata": {"name": "x", "labels": {"a": "not valid!"}}},
    "a bad annotation": {**config_map("x"), "metadata": {"name": "x", "annotations": {"a/b/c": "x"}}},
    "a bad key": config_map("x", **{"a b": "x"}),
    "a bad service name": service("Bad"),
    "no ports": service("x", ports=[]),
    "two ports without names": service("x", ports=[{"port": 80}, {"port": 81}]),
    "the same port name twice": service("x", ports=[{"name": "a", "port": 80}, {"name": "a", "port": 81}]),
    "a port too high": service("x", ports=[{"port": 70000}]),
    "no containers": {**pod("x"), "spec": {"containers": []}},
    "no image": deployment("x", template=template({"name": "c"})),
    "the same container twice": deployment(
        "x", template={**template(), "spec": {"containers": [CONTAINER, {**CONTAINER, "image": "d:1"}]}}
    ),
    "a mount of no volume": deployment(
        "x", template=template({**CONTAINER, "volumeMounts": [{"name": "v", "mountPath": "/v"}]})
    ),
    "a job that always restarts": job("x", template=template()),
    "a bad schedule": cron_job("x", schedule="x"),
    "an autoscaler upside down": kind(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        spec={"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": TARGET},
    ),
    "an ingress of nothing": kind("networking.k8s.io/v1", "Ingress", spec={}),
    "a certificate without one": {**secret("x"), "type": "kubernetes.io/tls"},
    "data that is no base64": {**secret("x"), "data": {"a": "!!"}},
    "a quantity that is none": deployment(
        "x", template=template({**CONTAINER, "resources": {"limits": {"cpu": "much"}}})
    ),
    "more asked than allowed": deployment(
        "x", template=template({**CONTAINER, "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}})
    ),
    "a string for a number": deployment("x", replicas="three"),
    "a number for a string": config_map("x", a=1),
    "a list for a map": {**config_map("x"), "data": ["a"]},
}


@pytest.mark.parametrize("obj", INVALID.values(), ids=list(INVALID))
async def test_what_is_invalid(server: Server, obj: dict[str, Any]) -> None:
    answer = await server.create(obj)
    assert answer.status in (400, 422), answer.body
    server.matches(answer)


async def test_field_validation_of_built_in_kinds(server: Server) -> None:
    obj = deployment("x", nope=1, strategy={"bogus": 2})
    for mode in ("Strict", "Warn", "Ignore", "Bogus"):
        server.matches(await server.create(obj, fieldValidation=mode, dryRun="All"))
    server.matches(await server.create(obj, dryRun="All"))
    repeated = (
        b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"},"data":{"b":"3"}}'
    )
    for mode in ("Strict", "Warn"):
        query = {"fieldValidation": mode, "dryRun": "All"}
        server.matches(await server.call("POST", server.path(config_map("")), repeated, query))
    await server.created(deployment("y"))
    change = {"spec": {"nope": 1, "template": {"spec": {"bogus": True}}}}
    answer = await server.patch(deployment("y"), change, fieldValidation="Strict", dryRun="All")
    assert answer.status == 422
    server.matches(await server.patch(deployment("y"), {"spec": {"nope": 1}}, fieldValidation="Warn", dryRun="All"))


async def test_null_where_something_is_required(server: Server) -> None:
    nothing = deployment("x", template={**template(), "spec": {"containers": [None]}})
    server.matches(await server.create(nothing))
    server.matches(await server.create(deployment("x", selector=None)))
    server.matches(
        await server.create(deployment("x", template=template({"name": "c", "image": "c:1", "args": [None]})))
    )
