"""Defaults of the kinds that extend or tune the cluster: definitions, webhooks, API services, classes."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.defaults.statuses import initial_status

_ADMISSION: Final = "admissionregistration.k8s.io"


def _definition(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = str(names.get("kind") or "")
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List")
    spec.setdefault("conversion", {}).setdefault("strategy", "None")


def _prepare_definition(obj: dict[str, Any], before: KubeObject | None) -> None:
    if before is None:
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}}
    stored = obj.setdefault("status", {}).setdefault("storedVersions", [])
    for version in obj["spec"].get("versions") or ():
        if version.get("storage") and version.get("name", "") not in stored:
            stored.append(version.get("name", ""))


def _webhooks(obj: dict[str, Any]) -> None:
    for webhook in obj.get("webhooks") or ():
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        if obj["kind"] == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        service = (webhook.get("clientConfig") or {}).get("service")
        if service is not None:
            service.setdefault("port", 443)
        for rule in webhook.get("rules") or ():
            rule.setdefault("scope", "*")


def _api_service(obj: dict[str, Any]) -> None:
    service = obj.setdefault("spec", {}).get("service")
    if service is not None:
        service.setdefault("port", 443)


def _storage_class(obj: dict[str, Any]) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _priority_class(obj: dict[str, Any]) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


DEFAULTS: Final = {
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    GroupKind(_ADMISSION, "ValidatingWebhookConfiguration"): _webhooks,
    GroupKind(_ADMISSION, "MutatingWebhookConfiguration"): _webhooks,
    GroupKind("apiregistration.k8s.io", "APIService"): _api_service,
    GroupKind("storage.k8s.io", "StorageClass"): _storage_class,
    GroupKind("scheduling.k8s.io", "PriorityClass"): _priority_class,
}
PREPARATIONS: Final = {
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): _prepare_definition,
    GroupKind("apiregistration.k8s.io", "APIService"): initial_status({}),
}
