"""What ails a Pod, in the words of its containers, its conditions and the scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from holdfast.model.kube import KubeObject, conditions_of, name_of, namespace_of

_PULLING = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"})
_SETTING_UP = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
# The usual moments of a start, of which nothing can be learnt.
_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})


class Ailment(Struct, frozen=True):
    """`grave` orders them: the lowest tells most."""

    grave: int
    seen: str
    unblock: str = ""
    command: str = ""


def ailments(pod: KubeObject) -> tuple[Ailment, ...]:
    """The gravest first; none for a Pod that is well or has ended well."""
    return tuple(sorted((*_of_pod(pod), *_of_containers(pod)), key=lambda one: one.grave))


def _of_pod(pod: KubeObject) -> Iterator[Ailment]:
    status = pod.get("status") or {}
    for condition in conditions_of(pod):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            seen = f"Pod {name_of(pod)} is not scheduled: {condition.get('message') or condition.get('reason')}"
            yield Ailment(1, seen, "make room for it, or lower what it requests", _describe(pod))
    if status.get("phase") == "Failed" and status.get("reason"):
        seen = f"Pod {name_of(pod)} failed: {_said(status)}"
        yield Ailment(1, seen, command=_describe(pod))


def _of_containers(pod: KubeObject) -> Iterator[Ailment]:
    status = pod.get("status") or {}
    for field in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(field) or ():
            found = _of_container(pod, container)
            if found is not None:
                yield found


def _of_container(pod: KubeObject, container: dict[str, Any]) -> Ailment | None:
    where = f"Pod {name_of(pod)}, container {container.get('name')}"
    state, last = container.get("state") or {}, container.get("lastState") or {}
    waiting, ended = state.get("waiting"), state.get("terminated") or last.get("terminated")
    if waiting is not None:
        return _waiting(pod, container, waiting, ended, where)
    if state.get("terminated") and ended and ended.get("exitCode") != 0:
        return _ended(pod, container, ended, where)
    if state.get("running") is not None and container.get("ready") is False:
        restarts = container.get("restartCount") or 0
        more = f"; restarted {restarts} times, last: {_end(ended)}" if restarts and ended else ""
        return Ailment(3, f"{where}: runs and is not ready{more}", "see what its probe meets", _logs(pod, container))
    return None


def _waiting(
    pod: KubeObject, container: dict[str, Any], waiting: dict[str, Any], ended: dict[str, Any] | None, where: str
) -> Ailment | None:
    reason = str(waiting.get("reason") or "")
    if reason in _STARTING:
        return Ailment(4, f"{where}: {reason}") if reason else None
    seen = f"{where}: {_said(waiting)}"
    if reason in _PULLING:
        image = container.get("image") or "the image"
        return Ailment(0, seen, f"make {image} pullable: its name, the registry, imagePullSecrets", _describe(pod))
    if reason in _SETTING_UP:
        return Ailment(0, seen, "add what the message names (a ConfigMap, a Secret, a key of one)", _describe(pod))
    if ended is not None and ended.get("exitCode") != 0:
        return _ended(pod, container, ended, f"{where}: {reason}")
    return Ailment(1, seen, command=_logs(pod, container, previous=True))


def _ended(pod: KubeObject, container: dict[str, Any], ended: dict[str, Any], where: str) -> Ailment:
    memory = ended.get("reason") == "OOMKilled"
    return Ailment(
        0,
        f"{where}: {_end(ended)}",
        "raise its memory limit, or let it use less" if memory else "read why it ended",
        _logs(pod, container, previous=bool((container.get("state") or {}).get("waiting"))),
    )


def _end(ended: dict[str, Any]) -> str:
    said = " ".join(str(ended.get("message") or "").split())
    return f"{ended.get('reason') or 'ended'}, exit code {ended.get('exitCode')}" + (f": {said}" if said else "")


def _said(state: dict[str, Any]) -> str:
    message = " ".join(str(state.get("message") or "").split())
    return f"{state.get('reason')}: {message}" if message else str(state.get("reason"))


def _logs(pod: KubeObject, container: dict[str, Any], *, previous: bool = False) -> str:
    more = " --previous" if previous else ""
    return f"kubectl -n {namespace_of(pod)} logs {name_of(pod)} -c {container.get('name')}{more}"


def _describe(pod: KubeObject) -> str:
    return f"kubectl -n {namespace_of(pod)} describe pod {name_of(pod)}"
