"""Gives Services their cluster IPs and node ports, and refuses those that are taken or out of range."""

from __future__ import annotations

import hashlib
import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.sandbox import failures, problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.storage import Change, Collection, Storage, Stored

SERVICES: Final = Collection("", "services")
NETWORK: Final = ipaddress.IPv4Network("10.96.0.0/12")
NODE_PORTS: Final = range(30000, 32768)
# The first one is the API server's own.
_FIRST_HOST: Final = 10


class ServiceAddresses:
    """Keeps account of what the stored Services hold; the same Service gets the same address again when it is free."""

    def __init__(self, storage: Storage) -> None:
        self._addresses: Counter[str] = Counter()
        self._ports: Counter[int] = Counter()
        for stored in storage.all_in(SERVICES):
            self._count(stored, 1)
        storage.listen(self._note)

    def assign(self, obj: KubeObject, before: KubeObject | None) -> KubeObject:
        """The Service with what it lacks. Raises Invalid."""
        spec: dict[str, Any] = dict(obj.get("spec") or {})
        old: dict[str, Any] = (before or {}).get("spec") or {}
        name = obj["metadata"].get("name") or ""
        if spec.get("type") == "ExternalName":
            for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
                spec.pop(field, None)
        else:
            self._assign_address(name, obj["metadata"].get("namespace") or "", spec, old)
        if _needs_ports(spec):
            self._assign_ports(name, spec, old)
        elif _needs_ports(old):
            _drop_ports(spec, old)
        if old.get("type") == "LoadBalancer" and spec.get("type") != "LoadBalancer":
            _drop_same(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass")
        return {**obj, "spec": spec}

    def _assign_address(self, name: str, namespace: str, spec: dict[str, Any], old: dict[str, Any]) -> None:
        if not spec.get("clusterIP") and not spec.get("clusterIPs") and old.get("clusterIP"):
            for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                if field in old:
                    spec.setdefault(field, old[field])
        wanted = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
        spec["clusterIP"] = wanted or self._free_address(f"{namespace}/{name}")
        if not spec.get("clusterIPs") or spec["clusterIPs"][0] != spec["clusterIP"]:
            spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if wanted and wanted not in ("None", old.get("clusterIP")):
            found = list(self._address_problems(wanted))
            if found and not old.get("clusterIP"):
                raise failures.invalid("", "Service", name, found)

    def _address_problems(self, wanted: str) -> Iterator[Problem]:
        try:
            inside = ipaddress.ip_address(wanted) in NETWORK
        except ValueError:
            yield problems.invalid(
                "spec.clusterIPs[0]", wanted, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            )
            return
        if not inside:
            detail = f"failed to allocate IP {wanted}: the provided network does not match the current range"
            yield problems.invalid("spec.clusterIPs", [wanted], detail)
        elif self._addresses[wanted]:
            yield problems.invalid(
                "spec.clusterIPs", [wanted], f"failed to allocate IP {wanted}: provided IP is already allocated"
            )

    def _free_address(self, seed: str) -> str:
        size = NETWORK.num_addresses - _FIRST_HOST - 1
        start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % size
        for step in range(size):
            address = str(NETWORK[_FIRST_HOST + (start + step) % size])
            if not self._addresses[address]:
                return address
        raise failures.without_reason(500, "failed to allocate a serviceIP: range is full")

    def _assign_ports(self, name: str, spec: dict[str, Any], old: dict[str, Any]) -> None:
        needs_ports = spec["type"] == "NodePort" or spec.get("allocateLoadBalancerNodePorts") is not False
        held = {(port.get("protocol"), port.get("port")): port.get("nodePort") for port in old.get("ports") or ()}
        own = set(held.values())
        ports = []
        found: list[Problem] = []
        given: set[int] = set()
        for index, port in enumerate(spec.get("ports") or ()):
            wanted = port.get("nodePort") or held.get((port.get("protocol"), port.get("port")))
            field = f"spec.ports[{index}].nodePort"
            if not wanted and not needs_ports:
                ports.append(port)
                continue
            if not wanted:
                wanted = self._free_port(f"{name}/{index}", given)
            elif wanted not in NODE_PORTS:
                detail = (
                    "provided port is not in the valid range. The range of valid ports is "
                    f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"
                )
                found.append(problems.invalid(field, wanted, detail))
            elif wanted not in own and self._ports[wanted]:
                found.append(problems.invalid(field, wanted, "provided port is already allocated"))
            given.add(wanted)
            ports.append({**port, "nodePort": wanted})
        if found:
            raise failures.invalid("", "Service", name, found)
        spec["ports"] = ports

    def _free_port(self, seed: str, given: set[int]) -> int:
        start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
        for step in range(len(NODE_PORTS)):
            port = NODE_PORTS[(start + step) % len(NODE_PORTS)]
            if not self._ports[port] and port not in given:
                return port
        raise failures.without_reason(500, "failed to allocate a nodePort: range is full")

    def _note(self, collection: Collection, change: Change) -> None:
        if collection != SERVICES:
            return
        if change.before is not None:
            self._count(change.before, -1)
        if change.after is not None:
            self._count(change.after, 1)

    def _count(self, stored: Stored, step: int) -> None:
        spec = stored.decode().get("spec") or {}
        if spec.get("clusterIP") not in (None, "", "None"):
            self._addresses[spec["clusterIP"]] += step
        for port in spec.get("ports") or ():
            if port.get("nodePort"):
                self._ports[port["nodePort"]] += step


def _needs_ports(spec: Mapping[str, Any]) -> bool:
    return spec.get("type") in ("NodePort", "LoadBalancer")


def _drop_ports(spec: dict[str, Any], old: Mapping[str, Any]) -> None:
    """Who changes the type alone does not mean to keep what only the old type had."""
    ports = spec.get("ports") or []
    if [port.get("nodePort") for port in ports] == [port.get("nodePort") for port in old.get("ports") or ()]:
        spec["ports"] = [{key: value for key, value in port.items() if key != "nodePort"} for port in ports]
    _drop_same(spec, old, "externalTrafficPolicy")


def _drop_same(spec: dict[str, Any], old: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in spec and spec[name] == old.get(name):
            del spec[name]
