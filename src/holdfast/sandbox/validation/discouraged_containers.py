"""What the server takes of containers but warns of: variables, amounts, ports, annotations that became fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from holdfast.engine.kube import quantities

_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_NO_SECCOMP: Final = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_NO_APP_ARMOR: Final = 'deprecated since v1.30; use the "appArmorProfile" field instead'
_OF_BYTES: Final = ("memory", "ephemeral-storage")

_Placed = tuple[str, Mapping[str, Any]]


def warnings(spec: Mapping[str, Any], annotations: Mapping[str, str], place: str) -> Iterator[str]:
    """`place` is the path of the Pod or template with its last dot."""
    security = spec.get("securityContext") or {}
    if _SECCOMP_POD in annotations and not security.get("seccompProfile"):
        yield f"{place}metadata.annotations[{_SECCOMP_POD}]: {_NO_SECCOMP}"
    placed = [
        (f"{place}spec.{field}[{index}]", container)
        for field in ("initContainers", "containers", "ephemeralContainers")
        for index, container in enumerate(spec.get(field) or ())
    ]
    for path, container in placed:
        if annotations:
            yield from _annotations(container, security, annotations, f"{place}metadata.annotations")
        yield from _amounts(container.get("resources") or {}, f"{path}.resources")
        yield from _variables(container.get("env") or (), f"{path}.env")
    ports = [
        (f"{path}.ports[{index}]", port)
        for path, container in placed
        for index, port in enumerate(container.get("ports") or ())
    ]
    if len(ports) > 1:
        yield from _ports(ports)
        yield from _port_names(ports)


def _annotations(
    container: Mapping[str, Any], pod: Mapping[str, Any], annotations: Mapping[str, str], place: str
) -> Iterator[str]:
    own = container.get("securityContext") or {}
    for prefix, field, why in (
        (_SECCOMP, "seccompProfile", _NO_SECCOMP),
        (_APP_ARMOR, "appArmorProfile", _NO_APP_ARMOR),
    ):
        name = f"{prefix}{container.get('name')}"
        has_field = own.get(field) or (field == "appArmorProfile" and pod.get(field))
        if name in annotations and not has_field:
            yield f"{place}[{name}]: {why}"


def _variables(variables: Iterable[Mapping[str, Any]], place: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, variable in enumerate(variables):
        name = variable.get("name") or ""
        # One that makes use of the previous one is meant to stand beside it.
        if name in seen and f"$({name})" not in (variable.get("value") or ""):
            yield f'{place}[{index}]: hides previous definition of "{name}", which may be dropped when using apply'
        seen.add(name)


def _amounts(resources: Mapping[str, Any], place: str) -> Iterator[str]:
    for field in ("limits", "requests"):
        amounts = resources.get(field) or {}
        for name in _OF_BYTES:
            value = amounts.get(name)
            if value is not None and quantities.value_of(value) % 1:
                yield f'{place}.{field}[{name}]: fractional byte value "{value}" is invalid, must be an integer'


def _ports(ports: list[_Placed]) -> Iterator[str]:
    seen: dict[tuple[Any, Any], list[_Placed]] = {}
    for path, port in ports:
        others = seen.setdefault((port.get("containerPort"), port.get("protocol")), [])
        for other_path, other in others:
            how = _clash(port, other)
            if how:
                yield f"{path}: {how} port definition with {other_path}"
        others.append((path, port))


def _clash(port: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    hosts, addresses = ([each.get(name) for each in (port, other)] for name in ("hostPort", "hostIP"))
    if hosts[0] == hosts[1] and addresses[0] == addresses[1]:
        return "duplicate"
    if not all(hosts):
        return "overlapping"
    is_ambiguous = hosts[0] == hosts[1] and bool(addresses[0]) != bool(addresses[1])
    return "dangerously ambiguous" if is_ambiguous else ""


def _port_names(ports: list[_Placed]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, port in ports:
        name = port.get("name")
        if not name:
            continue
        if name in seen:
            yield (
                f'{path}: duplicate port name "{name}" with {seen[name]}, '
                f"services and probes that select ports by name will use {seen[name]}"
            )
        seen.setdefault(name, path)
