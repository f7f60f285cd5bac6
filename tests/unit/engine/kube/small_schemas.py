"""A few schemas in the shape of a real server's OpenAPI v3, small enough to read."""

from __future__ import annotations

from typing import Any, Final

from holdfast.engine.kube.schema import SchemaNode, Schemas

Raw = dict[str, Any]


def _reference(name: str, **siblings: Any) -> Raw:
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}], **siblings}


def _keyed(item: str, *keys: str) -> Raw:
    return {
        "type": "array",
        "items": _reference(item, default={}),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(keys),
        "x-kubernetes-patch-merge-key": keys[0],
        "x-kubernetes-patch-strategy": "merge",
    }


_STRING: Final[Raw] = {"type": "string"}
_STRINGS: Final[Raw] = {"type": "object", "additionalProperties": {"type": "string", "default": ""}}

COMPONENTS: Final[dict[str, Raw]] = {
    "ObjectMeta": {
        "type": "object",
        "properties": {
            "name": _STRING,
            "namespace": _STRING,
            "uid": _STRING,
            "resourceVersion": _STRING,
            "generation": {"type": "integer", "format": "int64"},
            "creationTimestamp": _STRING,
            "labels": _STRINGS,
            "annotations": _STRINGS,
            "finalizers": {
                "type": "array",
                "items": _STRING,
                "x-kubernetes-list-type": "set",
                "x-kubernetes-patch-strategy": "merge",
            },
        },
    },
    "Deployment": {
        "type": "object",
        "properties": {
            "apiVersion": _STRING,
            "kind": _STRING,
            "metadata": _reference("ObjectMeta", default={}),
            "spec": _reference("DeploymentSpec", default={}),
            "status": _reference("DeploymentStatus", default={}),
        },
    },
    "DeploymentSpec": {
        "type": "object",
        "required": ["selector", "template"],
        "properties": {
            "replicas": {"type": "integer", "format": "int32"},
            "paused": {"type": "boolean"},
            "selector": _reference("LabelSelector"),
            "strategy": _reference("DeploymentStrategy", default={}, **{"x-kubernetes-patch-strategy": "retainKeys"}),
            "template": _reference("PodTemplateSpec", default={}),
        },
    },
    "LabelSelector": {"type": "object", "properties": {"matchLabels": _STRINGS}, "x-kubernetes-map-type": "atomic"},
    "DeploymentStrategy": {
        "type": "object",
        "properties": {
            "type": _STRING,
            "rollingUpdate": {
                "type": "object",
                "properties": {"maxSurge": {"$ref": "#/components/schemas/IntOrString"}},
            },
        },
    },
    "IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "PodTemplateSpec": {
        "type": "object",
        "properties": {
            "metadata": _reference("ObjectMeta", default={}),
            "spec": {"$ref": "#/components/schemas/PodSpec"},
        },
    },
    "PodSpec": {
        "type": "object",
        "required": ["containers"],
        "properties": {
            "containers": _keyed("Container", "name"),
            "nodeSelector": {**_STRINGS, "x-kubernetes-map-type": "atomic"},
            "tolerations": {
                "type": "array",
                "items": {"type": "object", "properties": {"key": _STRING, "operator": _STRING}},
                "x-kubernetes-list-type": "atomic",
            },
        },
    },
    "Container": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "default": ""},
            "image": _STRING,
            "args": {"type": "array", "items": _STRING, "x-kubernetes-list-type": "atomic"},
            "env": _keyed("EnvVar", "name"),
            "ports": _keyed("ContainerPort", "containerPort", "protocol"),
            "resources": {"type": "object", "default": {}, "properties": {"limits": _STRINGS}},
        },
    },
    "EnvVar": {"type": "object", "required": ["name"], "properties": {"name": _STRING, "value": _STRING}},
    "ContainerPort": {
        "type": "object",
        "required": ["containerPort"],
        "properties": {
            "containerPort": {"type": "integer", "default": 0},
            "protocol": {"type": "string", "default": "TCP"},
            "name": _STRING,
        },
    },
    "DeploymentStatus": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
    "ConfigMap": {
        "type": "object",
        "properties": {
            "apiVersion": _STRING,
            "kind": _STRING,
            "metadata": _reference("ObjectMeta", default={}),
            "data": _STRINGS,
        },
    },
}

SCHEMAS: Final = Schemas(COMPONENTS)
DEPLOYMENT: Final[SchemaNode] = SCHEMAS.node("Deployment")
CONFIG_MAP: Final[SchemaNode] = SCHEMAS.node("ConfigMap")
OBJECT_META: Final[SchemaNode] = SCHEMAS.node("ObjectMeta")

WIDGET_SCHEMA: Final[Raw] = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 10},
                "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
                "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 4},
                "ratio": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "multipleOf": 0.5},
                "count": {"type": "integer", "format": "int32"},
                "when": {"type": "string", "format": "date-time"},
                "maybe": {"type": "string", "nullable": True},
                "port": {"x-kubernetes-int-or-string": True},
                "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}, "maxItems": 3},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "protocol"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string"},
                            "protocol": {"type": "string", "default": "TCP"},
                            "port": {"type": "integer"},
                        },
                    },
                },
                "choice": {
                    "type": "object",
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                    "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                },
                "forbidden": {"type": "string", "not": {"enum": ["bad"]}},
                "bounded": {"type": "integer", "allOf": [{"minimum": 2}, {"maximum": 5}]},
                "either": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
                "numbers": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "nested": {
                    "type": "object",
                    "default": {},
                    "properties": {"inner": {"type": "string", "default": "deep"}},
                },
                "object": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "x-kubernetes-preserve-unknown-fields": True,
                },
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
WIDGET: Final[SchemaNode] = Schemas.from_crd(WIDGET_SCHEMA, OBJECT_META)


def deployment(**spec: Any) -> Raw:
    """A Deployment with one container; `spec` overrides what stands in its spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "web:1"}]},
            },
            **spec,
        },
    }


def config_map(data: dict[str, str] | None = None, **metadata: Any) -> Raw:
    obj: Raw = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", **metadata}}
    return obj if data is None else {**obj, "data": data}
