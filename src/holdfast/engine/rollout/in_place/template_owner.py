"""Who deploys a workload by server-side apply, and what he would apply to give it another pod template.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube import canonical
from holdfast.model.kube import KubeObject, metadata_of, name_of, namespace_of


def applied(workload: KubeObject, template: KubeObject) -> tuple[str, KubeObject]:
    """The manager and the object, with all else that is his as it is; "" where nobody applies the template."""
    for entry in metadata_of(workload).get("managedFields") or []:
        fields = entry.get("fieldsV1") or {}
        if entry.get("operation") != "Apply" or entry.get("subresource"):
            continue
        if "f:template" not in (fields.get("f:spec") or {}):
            continue
        found = _owned(workload, fields)
        found = canonical.with_path(found, template, "spec", "template")
        metadata = {**metadata_of(found), "name": name_of(workload), "namespace": namespace_of(workload)}
        kind = {"apiVersion": workload["apiVersion"], "kind": workload["kind"]}
        return str(entry.get("manager") or ""), {**found, **kind, "metadata": metadata}
    return "", {}


def _owned(value: Any, fields: dict[str, Any]) -> Any:
    """The part of a value that the fields name; a list, which has items of its own, stays whole."""
    inner = {key[2:]: below for key, below in fields.items() if key.startswith("f:")}
    if not inner or not isinstance(value, dict):
        return value
    return {key: _owned(value[key], below) for key, below in inner.items() if key in value}
