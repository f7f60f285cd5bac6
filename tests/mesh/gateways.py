"""The gateway of a mesh as objects: as Istio describes one, and as the Gateway API does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from holdfast.model.kube import KubeObject
from tests.child_programs import HOST

NAMESPACE: Final = "shop"
GATEWAY: Final = "edge"
LABELS: Final = {"istio": GATEWAY}
CLASS: Final = "istio"
GATEWAY_HOST: Final = f"{GATEWAY}.{NAMESPACE}.svc.cluster.local"
NETWORKING: Final = "networking.istio.io/v1"
GATEWAY_API: Final = "gateway.networking.k8s.io/v1"


def of_istio(port: int) -> list[KubeObject]:
    """Istio's Gateway, to which VirtualServices are bound."""
    server = {"port": {"number": port, "name": "http", "protocol": "HTTP"}, "hosts": ["*"], "bind": HOST}
    return [_object(NETWORKING, "Gateway", {"selector": LABELS, "servers": [server]})]


def behind_gateway_api(port: int) -> list[KubeObject]:
    """What Istio needs beside a Gateway of the Gateway API: the service whose proxies are the gateway.

    Such a Gateway has no word about the interface to listen on: the filter keeps it to this machine.
    """
    service = {
        "hosts": [GATEWAY_HOST],
        "ports": [{"number": port, "name": "http", "protocol": "HTTP"}],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "endpoints": [{"address": HOST, "labels": LABELS}],
    }
    listener = {
        "applyTo": "LISTENER",
        "match": {"context": "GATEWAY"},
        "patch": {"operation": "MERGE", "value": {"address": {"socket_address": {"address": HOST}}}},
    }
    return [
        _object(NETWORKING, "ServiceEntry", service),
        _object("networking.istio.io/v1alpha3", "EnvoyFilter", {"configPatches": [listener]}),
    ]


def of_gateway_api(port: int) -> KubeObject:
    """The Gateway that routes of the Gateway API name as their parent. Istio makes its class itself."""
    by_hand = {"type": "Hostname", "value": GATEWAY_HOST}
    listener = {"name": "http", "port": port, "protocol": "HTTP"}
    return _object(GATEWAY_API, "Gateway", {"gatewayClassName": CLASS, "addresses": [by_hand], "listeners": [listener]})


def _object(api_version: str, kind: str, spec: Mapping[str, Any]) -> KubeObject:
    metadata = {"name": GATEWAY, "namespace": NAMESPACE}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
