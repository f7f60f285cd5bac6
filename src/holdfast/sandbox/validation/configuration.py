"""What the server refuses of ConfigMaps, Secrets, volumes, roles, classes and Events."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from holdfast.engine.kube.canonical import equal, get_path
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox import problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.validation import claim_texts

_KEY: Final = re.compile(r"^[-._a-zA-Z0-9]+$")
_KEY_TEXT: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
MAX_DATA_BYTES: Final = 1024 * 1024
_FROZEN: Final = "field is immutable when `immutable` is set"
_SECRET_KEYS: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_CLAIM: Final = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
_RBAC: Final = "rbac.authorization.k8s.io"


def _keys(obj: KubeObject, *fields: str) -> Iterator[Problem]:
    for field in fields:
        for key in obj.get(field) or ():
            if not _KEY.match(key) or len(key) > 253:
                yield problems.invalid(f"{field}[{key}]", key, _KEY_TEXT)


def _config_map(obj: KubeObject) -> Iterator[Problem]:
    yield from _keys(obj, "data", "binaryData")
    for key in obj.get("data") or ():
        if key in (obj.get("binaryData") or ()):
            yield problems.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    total = sum(len(value.encode()) for value in (obj.get("data") or {}).values())
    total += sum(len(value) * 3 // 4 for value in (obj.get("binaryData") or {}).values())
    if total > MAX_DATA_BYTES:
        yield Problem("[]", "FieldValueTooLong", f"Too long: may not be more than {MAX_DATA_BYTES} bytes")


def _secret(obj: KubeObject) -> Iterator[Problem]:
    yield from _keys(obj, "data")
    data = obj.get("data") or {}
    for key in _SECRET_KEYS.get(obj.get("type") or "", ()):
        if key not in data:
            yield problems.required(f"data[{key}]")
    if obj.get("type") == "kubernetes.io/dockerconfigjson" and ".dockerconfigjson" in data:
        try:
            orjson.loads(base64.b64decode(data[".dockerconfigjson"]))
        except ValueError:
            detail = "it is no JSON"
            yield problems.invalid("data[.dockerconfigjson]", "<secret contents redacted>", detail)
    if obj.get("type") == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        yield problems.required("data[username]")
    if sum(len(value) * 3 // 4 for value in data.values()) > MAX_DATA_BYTES:
        yield problems.too_long("data", MAX_DATA_BYTES)


def _frozen(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    if before.get("immutable") is not True:
        return
    if after.get("immutable") is not True:
        yield problems.forbidden("immutable", _FROZEN)
    for field in ("data", "binaryData"):
        if not equal(before.get(field) or {}, after.get(field) or {}):
            yield problems.forbidden(field, _FROZEN)


def _secret_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    if before.get("type") != after.get("type"):
        yield problems.immutable("type", after.get("type"))
    yield from _frozen(before, after)


def _claim(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if not spec.get("accessModes"):
        yield problems.required("spec.accessModes", "at least 1 access mode is required")
    if not get_path(spec, "resources", "requests", "storage"):
        yield problems.required("spec.resources[storage]")


def _claim_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    old: dict[str, Any] = before.get("spec") or {}
    new = _with_what_may_change(after.get("spec") or {}, old, bound=get_path(before, "status", "phase") == "Bound")
    # What was left open is set once; a class by the name of "" was not left open.
    if not old.get("volumeName"):
        old = {**old, "volumeName": new.get("volumeName")}
    if old.get("storageClassName") is None:
        new = {**new, "storageClassName": None}
    if not equal(_without_nulls(old), _without_nulls(new)):
        yield problems.forbidden("spec", f"{_CLAIM}\n{claim_texts.difference(old, new)}")


def _with_what_may_change(new: dict[str, Any], old: dict[str, Any], *, bound: bool) -> dict[str, Any]:
    """The new spec with the old one's values where a bound claim may have others."""
    if not bound:
        return new
    resources = {**(new.get("resources") or {}), "requests": get_path(old, "resources", "requests")}
    return {**new, "resources": resources, "volumeAttributesClassName": old.get("volumeAttributesClassName")}


def _without_nulls(spec: dict[str, Any]) -> dict[str, Any]:
    resources = {key: value for key, value in (spec.get("resources") or {}).items() if value is not None}
    return {key: value for key, value in {**spec, "resources": resources}.items() if value is not None}


def _role_ref_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    if not equal(before.get("roleRef"), after.get("roleRef")):
        new = after.get("roleRef") or {}
        shown = {"APIGroup": new.get("apiGroup", ""), "Kind": new.get("kind", ""), "Name": new.get("name", "")}
        yield problems.immutable("roleRef", shown)


def _binding(obj: KubeObject) -> Iterator[Problem]:
    kinds = ("ClusterRole",) if obj["kind"] == "ClusterRoleBinding" else ("ClusterRole", "Role")
    role = obj.get("roleRef") or {}
    if role.get("kind") not in kinds:
        yield problems.not_supported("roleRef.kind", role.get("kind") or "", kinds)
    if not role.get("name"):
        yield problems.required("roleRef.name")
    for index, subject in enumerate(obj.get("subjects") or ()):
        if not subject.get("name"):
            yield problems.required(f"subjects[{index}].name")
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            yield problems.required(f"subjects[{index}].namespace")


def _role(obj: KubeObject) -> Iterator[Problem]:
    for index, rule in enumerate(obj.get("rules") or ()):
        if not rule.get("verbs"):
            yield problems.required(f"rules[{index}].verbs", "verbs must contain at least one value")


def _storage_class_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    for field in ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"):
        if not equal(before.get(field), after.get(field)):
            yield problems.immutable(field, None)


def _priority_class_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    for field in ("value", "preemptionPolicy"):
        if before.get(field) != after.get(field):
            yield problems.forbidden(field, "may not be changed in an update.")


def _event(obj: KubeObject) -> Iterator[Problem]:
    involved = (obj.get("involvedObject") or {}).get("namespace") or ""
    own = obj["metadata"].get("namespace") or ""
    if involved != own and not (involved == "" and own == "default"):
        yield problems.invalid("involvedObject.namespace", involved, "does not match event.namespace")


JUDGES: Final = {
    GroupKind("", "ConfigMap"): _config_map,
    GroupKind("", "Secret"): _secret,
    GroupKind("", "PersistentVolumeClaim"): _claim,
    GroupKind("", "Event"): _event,
    GroupKind(_RBAC, "RoleBinding"): _binding,
    GroupKind(_RBAC, "ClusterRoleBinding"): _binding,
    GroupKind(_RBAC, "Role"): _role,
    GroupKind(_RBAC, "ClusterRole"): _role,
}
IMMUTABLE: Final = {
    GroupKind("", "ConfigMap"): _frozen,
    GroupKind("", "Secret"): _secret_update,
    GroupKind("", "PersistentVolumeClaim"): _claim_update,
    GroupKind(_RBAC, "RoleBinding"): _role_ref_update,
    GroupKind(_RBAC, "ClusterRoleBinding"): _role_ref_update,
    GroupKind("storage.k8s.io", "StorageClass"): _storage_class_update,
    GroupKind("scheduling.k8s.io", "PriorityClass"): _priority_class_update,
}
