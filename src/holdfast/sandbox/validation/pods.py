"""What the server refuses of Pods and Pod templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.kube import names, quantities
from holdfast.engine.kube.canonical import equal
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox import problems
from holdfast.sandbox.metadata_rules import map_problems
from holdfast.sandbox.problems import Problem

_POLICIES: Final = ("Always", "Never", "OnFailure")
_PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_IMMUTABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_MAY_CHANGE: Final = frozenset({"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"})


def template(value: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """A Pod template of a workload."""
    yield from map_problems(value.get("metadata") or {}, f"{place}.metadata")
    yield from pod_spec(value.get("spec") or {}, f"{place}.spec")


def pod_spec(spec: Mapping[str, Any], place: str) -> Iterator[Problem]:
    volumes = _volumes(spec, place)
    known: set[str] = set()
    for item in volumes:
        if isinstance(item, Problem):
            yield item
        else:
            known.add(item)
    if not spec.get("containers"):
        yield problems.required(f"{place}.containers")
    seen: set[str] = set()
    for member in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(member) or ()):
            yield from _container(container, f"{place}.{member}[{index}]", known, seen)
    if spec.get("restartPolicy") not in _POLICIES:
        yield problems.not_supported(f"{place}.restartPolicy", spec.get("restartPolicy") or "", _POLICIES)


def _volumes(spec: Mapping[str, Any], place: str) -> Iterator[Problem | str]:
    """The names of the volumes, and what is wrong with them."""
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or ()):
        name, field = volume.get("name") or "", f"{place}.volumes[{index}].name"
        if not name:
            yield problems.required(field)
        elif name in seen:
            yield problems.duplicate(field, name)
        for problem in names.dns1123_label(name) if name else ():
            yield problems.invalid(field, name, problem)
        sources = [key for key, value in volume.items() if key != "name" and value is not None]
        for source in sources[1:]:
            yield problems.forbidden(f"{place}.volumes[{index}].{source}", "may not specify more than 1 volume type")
        seen.add(name)
        yield name


def _container(container: Mapping[str, Any], place: str, volumes: set[str], seen: set[str]) -> Iterator[Problem]:
    name = container.get("name") or ""
    if not name:
        yield problems.required(f"{place}.name")
    else:
        for problem in names.dns1123_label(name):
            yield problems.invalid(f"{place}.name", name, problem)
        if name in seen:
            yield problems.duplicate(f"{place}.name", name)
        seen.add(name)
    if not container.get("image"):
        yield problems.required(f"{place}.image")
    if container.get("imagePullPolicy") not in _PULL_POLICIES:
        yield problems.not_supported(f"{place}.imagePullPolicy", container.get("imagePullPolicy"), _PULL_POLICIES)
    yield from _ports(container.get("ports") or (), f"{place}.ports")
    yield from _environment(container.get("env") or (), f"{place}.env")
    yield from _mounts(container.get("volumeMounts") or (), f"{place}.volumeMounts", volumes)
    for probe in _PROBES:
        if probe in container:
            yield from _probe(container[probe], f"{place}.{probe}", is_readiness=probe == "readinessProbe")
    yield from _resources(container.get("resources") or {}, f"{place}.resources")


def port_range(value: Any, field: str) -> Iterator[Problem]:
    """A port by number."""
    if not isinstance(value, int) or not 1 <= value <= 65535:
        yield problems.invalid(field, value if value is not None else 0, "must be between 1 and 65535, inclusive")


def _ports(ports: Any, place: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        if not port.get("containerPort"):
            yield problems.required(f"{place}[{index}].containerPort")
        else:
            yield from port_range(port["containerPort"], f"{place}[{index}].containerPort")
        if port.get("hostPort"):
            yield from port_range(port["hostPort"], f"{place}[{index}].hostPort")
        if port.get("protocol") not in _PROTOCOLS:
            yield problems.not_supported(f"{place}[{index}].protocol", port.get("protocol"), _PROTOCOLS)
        name = port.get("name")
        if name:
            if len(name) > 15:
                yield problems.invalid(f"{place}[{index}].name", name, "must be no more than 15 characters")
            if name in seen:
                yield problems.duplicate(f"{place}[{index}].name", name)
            seen.add(name)


def _environment(variables: Any, place: str) -> Iterator[Problem]:
    for index, variable in enumerate(variables):
        if not variable.get("name"):
            yield problems.required(f"{place}[{index}].name")
        if variable.get("valueFrom") and variable.get("value"):
            detail = "may not be specified when `value` is not empty"
            yield problems.invalid(f"{place}[{index}].valueFrom", "", detail)


def _mounts(mounts: Any, place: str, volumes: set[str]) -> Iterator[Problem]:
    paths: set[str] = set()
    for index, mount in enumerate(mounts):
        name, path = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            yield problems.required(f"{place}[{index}].name")
        elif name not in volumes:
            yield Problem(f"{place}[{index}].name", "FieldValueNotFound", f'Not found: "{name}"')
        if not path:
            yield problems.required(f"{place}[{index}].mountPath")
        elif path in paths:
            yield problems.invalid(f"{place}[{index}].mountPath", path, "must be unique")
        paths.add(path)


def _probe(probe: Mapping[str, Any], place: str, *, is_readiness: bool) -> Iterator[Problem]:
    handlers = [key for key in ("exec", "httpGet", "tcpSocket", "grpc") if key in probe]
    if not handlers:
        yield problems.required(place, "must specify a handler type")
    for handler in handlers[1:]:
        yield problems.forbidden(f"{place}.{handler}", "may not specify more than 1 handler type")
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if int(probe.get(name) or 0) < 0:
            yield problems.invalid(f"{place}.{name}", probe[name], "must be greater than or equal to 0")
    if not is_readiness and probe.get("successThreshold", 1) != 1:
        yield problems.invalid(f"{place}.successThreshold", probe["successThreshold"], "must be 1")
    port = (probe.get("httpGet") or {}).get("port")
    if isinstance(port, int):
        yield from port_range(port, f"{place}.httpGet.port")


def _resources(resources: Mapping[str, Any], place: str) -> Iterator[Problem]:
    limits = resources.get("limits") or {}
    for name, value in (resources.get("requests") or {}).items():
        if name in limits and quantities.value_of(value) > quantities.value_of(limits[name]):
            detail = f"must be less than or equal to {name} limit of {limits[name]}"
            yield problems.invalid(f"{place}.requests", value, detail)


def _pod(obj: KubeObject) -> Iterator[Problem]:
    yield from pod_spec(obj.get("spec") or {}, "spec")


def _pod_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    if not equal(_without_what_may_change(before), _without_what_may_change(after)):
        yield problems.forbidden("spec", _IMMUTABLE)


def _without_what_may_change(obj: KubeObject) -> dict[str, Any]:
    spec = {key: value for key, value in (obj.get("spec") or {}).items() if key not in _MAY_CHANGE}
    spec.pop("ephemeralContainers", None)
    for member in ("containers", "initContainers"):
        spec[member] = [
            {key: value for key, value in container.items() if key not in ("image", "resources", "resizePolicy")}
            for container in spec.get(member) or ()
        ]
    return spec


JUDGES: Final = {GroupKind("", "Pod"): _pod}
IMMUTABLE: Final = {GroupKind("", "Pod"): _pod_update}
