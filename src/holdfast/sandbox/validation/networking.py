"""What the server refuses of Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.kube import names
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox import problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.validation.pods import port_range

_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")


def _service(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    kind = spec.get("type")
    ports = spec.get("ports") or []
    if kind not in _TYPES:
        yield problems.not_supported("spec.type", kind, _TYPES)
    if kind == "ExternalName":
        if not spec.get("externalName"):
            yield problems.required("spec.externalName")
    elif not ports and spec.get("clusterIP") != "None":
        yield problems.required("spec.ports")
    seen_names: set[str] = set()
    seen_ports: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        yield from _port(port, f"spec.ports[{index}]", len(ports), seen_names)
        key = (port.get("protocol"), port.get("port"))
        if key in seen_ports:
            yield problems.duplicate(f"spec.ports[{index}]", {"port": key[1], "protocol": key[0]})
        seen_ports.add(key)


def _port(port: Mapping[str, Any], place: str, count: int, seen: set[str]) -> Iterator[Problem]:
    name = port.get("name") or ""
    if not name and count > 1:
        yield problems.required(f"{place}.name")
    elif name:
        for problem in names.dns1123_label(name):
            yield problems.invalid(f"{place}.name", name, problem)
        if name in seen:
            yield problems.duplicate(f"{place}.name", name)
        seen.add(name)
    yield from port_range(port.get("port"), f"{place}.port")
    if port.get("protocol") not in _PROTOCOLS:
        yield problems.not_supported(f"{place}.protocol", port.get("protocol"), _PROTOCOLS)
    target = port.get("targetPort")
    if isinstance(target, int):
        yield from port_range(target, f"{place}.targetPort")


def _service_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    if "ExternalName" in (old.get("type"), new.get("type")):
        return
    if old.get("clusterIP") and new.get("clusterIP") != old["clusterIP"]:
        yield problems.invalid("spec.clusterIPs[0]", new.get("clusterIPs"), "may not change once set")


def _ingress(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield problems.invalid("spec", None, "either `defaultBackend` or `rules` must be specified")
    for index, rule in enumerate(spec.get("rules") or ()):
        for at, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            yield from _path(path, f"spec.rules[{index}].http.paths[{at}]")


def _path(path: Mapping[str, Any], place: str) -> Iterator[Problem]:
    kind = path.get("pathType")
    if kind is None:
        yield problems.required(f"{place}.pathType", "pathType must be specified")
    elif kind not in _PATH_TYPES:
        yield problems.not_supported(f"{place}.pathType", kind, _PATH_TYPES)
    if kind in ("Exact", "Prefix") and not str(path.get("path") or "").startswith("/"):
        yield problems.invalid(f"{place}.path", path.get("path") or "", "must be an absolute path")
    service = (path.get("backend") or {}).get("service")
    if service is not None and not service.get("name"):
        yield problems.required(f"{place}.backend.service.name")


JUDGES: Final = {
    GroupKind("", "Service"): _service,
    GroupKind("networking.k8s.io", "Ingress"): _ingress,
}
IMMUTABLE: Final = {GroupKind("", "Service"): _service_update}
