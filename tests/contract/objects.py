"""The objects that the contract tests write: as little in each as its kind takes."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject

CLUSTER_SCOPED = {
    "Namespace",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "StorageClass",
    "PriorityClass",
    "IngressClass",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
}


def plural_of(kind: str) -> str:
    """The resource of each kind used here: their plurals are regular."""
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


def config_map(name: str, **data: Any) -> KubeObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(name: str, **metadata: Any) -> KubeObject:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **metadata}}


def template(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    containers = [container or {"name": "c", "image": "nginx"}]
    return {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers, **spec}}


def _workload(kind: str, name: str, spec: dict[str, Any]) -> KubeObject:
    own = {"selector": {"matchLabels": {"a": "b"}}, "template": template(), **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": own}


def deployment(name: str, **spec: Any) -> KubeObject:
    return _workload("Deployment", name, spec)


def replica_set(name: str, **spec: Any) -> KubeObject:
    return _workload("ReplicaSet", name, spec)


def stateful_set(name: str, **spec: Any) -> KubeObject:
    return _workload("StatefulSet", name, {"serviceName": "s", **spec})


def daemon_set(name: str, **spec: Any) -> KubeObject:
    return _workload("DaemonSet", name, spec)


def job(name: str, **spec: Any) -> KubeObject:
    run = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "nginx:1"}]}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": run, **spec}}


def cron_job(name: str, **spec: Any) -> KubeObject:
    own = {"schedule": "* * * * *", "jobTemplate": {"spec": job("")["spec"]}, **spec}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": own}


def pod(name: str, **spec: Any) -> KubeObject:
    own = {"containers": [{"name": "c", "image": "nginx:1"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": own}


def service(name: str, **spec: Any) -> KubeObject:
    own = {"selector": {"a": "b"}, "ports": [{"name": "http", "port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": own}


def owned_by(obj: KubeObject, owner: KubeObject, *, blocks: bool = False) -> KubeObject:
    """`obj` with a reference to its owner, which must have been created."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        **({"blockOwnerDeletion": True} if blocks else {}),
    }
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [reference]}}


def with_metadata(obj: KubeObject, **metadata: Any) -> KubeObject:
    return {**obj, "metadata": {**obj["metadata"], **metadata}}


WIDGET_SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["size"],
    "x-kubernetes-validations": [{"rule": "self.size < 100", "message": "too big"}],
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "name": {"type": "string", "maxLength": 5, "pattern": "^[a-z]*$"},
        "replicas": {"type": "integer"},
        "note": {"type": "string", "nullable": True},
        "either": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "words": {"type": "array", "items": {"type": "string"}},
        "extra": {"type": "object", "additionalProperties": {"type": "string"}},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "port": {"type": "integer"},
                    "protocol": {"type": "string", "default": "TCP"},
                },
            },
        },
    },
}
WIDGET_STATUS: dict[str, Any] = {
    "type": "object",
    "properties": {"replicas": {"type": "integer"}, "phase": {"type": "string"}},
}


def widget_definition(group: str, **version: Any) -> KubeObject:
    """A kind that has something of everything: defaults, rules, lists that merge, free fields, both subresources."""
    schema = {"type": "object", "required": ["spec"], "properties": {"spec": WIDGET_SPEC, "status": WIDGET_STATUS}}
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    first = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}, "scale": scale},
        "schema": {"openAPIV3Schema": schema},
        **version,
    }
    return definition_of(group, "Widget", [first])


def definition_of(group: str, kind: str, versions: list[dict[str, Any]], scope: str = "Namespaced") -> KubeObject:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural_of(kind)}.{group}"},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"plural": plural_of(kind), "kind": kind, "shortNames": [kind[:2].lower()]},
            "versions": versions,
        },
    }


def widget(group: str, name: str, /, **spec: Any) -> KubeObject:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": name},
        "spec": {"size": 1, **spec},
    }
