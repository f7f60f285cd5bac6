"""The cells of Services and of what leads to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.engine.kube.canonical import get_path
from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells
from holdfast.sandbox.tables.cells import Cells

_SHOWN_ENDPOINTS: Final = 3


def _service(obj: KubeObject, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    return [
        cells.name(obj),
        spec.get("type"),
        spec.get("clusterIP") or "<none>",
        _external(obj, spec),
        ports or "<none>",
        cells.age(obj, now),
        cells.selector(spec.get("selector")),
    ]


def _port(port: Mapping[str, Any]) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}"


def _external(obj: KubeObject, spec: Mapping[str, Any]) -> str:
    given = [str(address) for address in spec.get("externalIPs") or ()]
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName") or "<none>")
        case "LoadBalancer":
            return ",".join([*_balancers(obj), *given]) or "<pending>"
        case _:
            return ",".join(given) or "<none>"


def _balancers(obj: KubeObject) -> list[str]:
    found = get_path(obj, "status", "loadBalancer", "ingress") or ()
    return [str(each.get("ip") or each.get("hostname") or "") for each in found]


def _ingress(obj: KubeObject, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    hosts = [str(rule.get("host") or "*") for rule in spec.get("rules") or ()]
    shown = ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    return [
        cells.name(obj),
        spec.get("ingressClassName") or "<none>",
        shown or "*",
        ",".join(_balancers(obj)),
        "80, 443" if spec.get("tls") else "80",
        cells.age(obj, now),
    ]


def _ingress_class(obj: KubeObject, now: datetime) -> list[Any]:
    parameters = get_path(obj, "spec", "parameters") or {}
    shown = (
        f"{parameters.get('kind')}.{parameters.get('apiGroup')}/{parameters.get('name')}" if parameters else "<none>"
    )
    return [cells.name(obj), get_path(obj, "spec", "controller"), shown, cells.age(obj, now)]


def _network_policy(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), cells.selector(get_path(obj, "spec", "podSelector")), cells.age(obj, now)]


def _endpoints(obj: KubeObject, now: datetime) -> list[Any]:
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in obj.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    return [cells.name(obj), _some(found), cells.age(obj, now)]


def _endpoint_slice(obj: KubeObject, now: datetime) -> list[Any]:
    ports = [str(port.get("port") or "*") for port in obj.get("ports") or ()]
    addresses = [address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()]
    return [
        cells.name(obj),
        obj.get("addressType"),
        _some(ports) if ports else "<unset>",
        _some(addresses) if addresses else "<unset>",
        cells.age(obj, now),
    ]


def _some(found: Iterable[str]) -> str:
    listed = list(found)
    more = f" + {len(listed) - _SHOWN_ENDPOINTS} more..." if len(listed) > _SHOWN_ENDPOINTS else ""
    return ",".join(listed[:_SHOWN_ENDPOINTS]) + more if listed else "<none>"


def _budget(obj: KubeObject, now: datetime) -> list[Any]:
    minimum, maximum = get_path(obj, "spec", "minAvailable"), get_path(obj, "spec", "maxUnavailable")
    return [
        cells.name(obj),
        "N/A" if minimum is None else str(minimum),
        "N/A" if maximum is None else str(maximum),
        cells.number(obj, "status", "disruptionsAllowed"),
        cells.age(obj, now),
    ]


CELLS: Final[Mapping[tuple[str, str], Cells]] = {
    ("", "Service"): _service,
    ("", "Endpoints"): _endpoints,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("policy", "PodDisruptionBudget"): _budget,
}
