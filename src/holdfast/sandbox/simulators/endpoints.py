"""Publishes the addresses of the Pods behind each Service, as an EndpointSlice and as Endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of, namespace_of, uid_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Outcome, Settled
from holdfast.sandbox.simulators import pods
from holdfast.sandbox.simulators.pods import MANAGER, POD
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner, owner_reference

SERVICE = GroupKind("", "Service")
ENDPOINTS = GroupKind("", "Endpoints")
SLICE = GroupKind("discovery.k8s.io", "EndpointSlice")

MOST_PODS = 100


class EndpointsDecision(Struct, frozen=True):
    """Both as they should be; None when the Service names no Pods."""

    slice: KubeObject
    endpoints: KubeObject


def decide_endpoints(service: KubeObject, in_namespace: Sequence[KubeObject]) -> EndpointsDecision | None:
    spec = service["spec"]
    selector = spec.get("selector")
    if not selector or spec.get("type") == "ExternalName":
        return None
    chosen = [
        pod
        for pod in sorted(in_namespace, key=name_of)
        if selector.items() <= labels_of(pod).items()
        and (pod.get("status") or {}).get("podIP")
        and not pods.is_finished(pod)
    ][:MOST_PODS]
    unready_too = bool(spec.get("publishNotReadyAddresses"))
    return EndpointsDecision(
        _slice(service, chosen, unready_too=unready_too), _endpoints(service, chosen, unready_too=unready_too)
    )


def _slice(service: KubeObject, chosen: Sequence[KubeObject], *, unready_too: bool) -> KubeObject:
    headless = service["spec"].get("clusterIP") == "None"
    labels = {
        **labels_of(service),
        "kubernetes.io/service-name": name_of(service),
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        **({"service.kubernetes.io/headless": ""} if headless else {}),
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name_of(service)}-{pods.template_hash({'service': name_of(service)})[:5]}",
            "namespace": namespace_of(service),
            "labels": labels,
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod, unready_too=unready_too) for pod in chosen],
        "ports": _ports(service, chosen),
    }


def _endpoint(pod: KubeObject, *, unready_too: bool) -> dict[str, Any]:
    serving, terminating = pods.is_ready(pod), is_being_deleted(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": unready_too or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _reference(pod),
        **(
            {"hostname": pod["spec"]["hostname"]}
            if pod["spec"].get("subdomain") and pod["spec"].get("hostname")
            else {}
        ),
    }


def _reference(pod: KubeObject) -> dict[str, str]:
    return {"kind": "Pod", "name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)}


def _ports(service: KubeObject, chosen: Sequence[KubeObject]) -> list[dict[str, Any]]:
    found = []
    for port in service["spec"].get("ports") or []:
        number = _target(port, chosen)
        if number is not None:
            found.append({"name": port.get("name") or "", "port": number, "protocol": port.get("protocol") or "TCP"})
    return found


def _target(port: dict[str, Any], chosen: Sequence[KubeObject]) -> int | None:
    """A named port is looked up in the Pods; they are taken to agree on it."""
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    for pod in chosen:
        for container in pod["spec"].get("containers") or []:
            for each in container.get("ports") or []:
                if each.get("name") == target:
                    return int(each["containerPort"])
    return None


def _endpoints(service: KubeObject, chosen: Sequence[KubeObject], *, unready_too: bool) -> KubeObject:
    ready: list[dict[str, Any]] = []
    unready: list[dict[str, Any]] = []
    for pod in chosen:
        if is_being_deleted(pod):
            continue
        address = {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"].get("nodeName"),
            "targetRef": _reference(pod),
        }
        (ready if unready_too or pods.is_ready(pod) else unready).append(address)
    subset: dict[str, Any] = {"ports": _ports(service, chosen)}
    if ready:
        subset["addresses"] = ready
    if unready:
        subset["notReadyAddresses"] = unready
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": name_of(service),
            "namespace": namespace_of(service),
            "labels": {**labels_of(service), "endpoints.kubernetes.io/managed-by": "endpoint-controller"},
        },
        **({"subsets": [subset]} if ready or unready else {}),
    }


class ServiceEndpoints:
    name = "endpoints"
    kinds = frozenset({SERVICE, POD, ENDPOINTS, SLICE})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        metadata = changed.metadata
        if changed.group_kind == ENDPOINTS:
            return [ObjectKey("", "Service", metadata.namespace, metadata.name)]
        if changed.group_kind == POD:
            return [each.key for each in self._view.store.of_kind(SERVICE, metadata.namespace)]
        return own_and_owner(changed, SERVICE)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        service = self._view.find(key)
        if service is None:
            # A slice goes with its owner; Endpoints have none.
            left = self._view.find(ObjectKey("", "Endpoints", key.namespace, key.name))
            if left is not None and "endpoints.kubernetes.io/managed-by" in labels_of(left):
                await self._view.delete(left)
            return Settled()
        if is_being_deleted(service):
            return Settled()
        decision = decide_endpoints(service, self._view.all(POD, key.namespace))
        if decision is not None:
            await self._bring(decision.slice, ("addressType", "endpoints", "ports"))
            await self._bring(decision.endpoints, ("subsets",))
        return Settled()

    async def _bring(self, wanted: KubeObject, fields: tuple[str, ...]) -> None:
        live = self._view.find(ObjectKey(*_group_and_kind(wanted), namespace_of(wanted), name_of(wanted)))
        if live is None:
            await self._view.create(wanted, MANAGER)
            return
        same = all((live.get(field) or None) == (wanted.get(field) or None) for field in fields)
        if not same or not labels_of(wanted).items() <= labels_of(live).items():
            change = {field: wanted.get(field) for field in fields if field != "addressType"}
            await self._view.merge(live, {**change, "metadata": {"labels": labels_of(wanted)}}, MANAGER)


def _group_and_kind(obj: KubeObject) -> tuple[str, str]:
    return (SLICE.group if obj["kind"] == SLICE.kind else ""), obj["kind"]
