"""The life of a Pod on its node: the next status from the last one and the time.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.model.kube import KubeObject, uid_of
from holdfast.sandbox.simulators import conditions, containers
from holdfast.sandbox.simulators.behaviours import behaviour_of

NODE_IP = "192.0.2.10"
STOP = timedelta(seconds=1)


class PodDecision(Struct, frozen=True):
    """`again` is when something is next due, None when only a change can bring it."""

    status: dict[str, Any]
    again: timedelta | None = None


def decide_pod(pod: KubeObject, now: datetime) -> PodDecision:
    """For a Pod that has a node and is not being deleted."""
    old = pod.get("status") or {}
    began = instants.parse(old.get("startTime")) or now
    inits, inits_done, init_due = _init_containers(pod, old, began, now)
    mains, due = _main_containers(pod, old, inits_done, now)
    phase = _phase(pod, mains)
    status: dict[str, Any] = {
        **{name: value for name, value in old.items() if name not in ("initContainerStatuses", "reason", "message")},
        "phase": phase,
        "startTime": instants.stamp(began),
        "hostIP": NODE_IP,
        "hostIPs": [{"ip": NODE_IP}],
        "qosClass": old.get("qosClass") or "Burstable",
        "containerStatuses": mains,
        "conditions": _conditions(old, mains, phase, now, initialized=inits_done is not None),
    }
    if inits:
        status["initContainerStatuses"] = inits
    if any("running" in each["state"] or each["restartCount"] for each in (*inits, *mains)) or old.get("podIP"):
        ip = old.get("podIP") or pod_ip(pod)
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    dues = [each for each in (init_due, due) if each is not None]
    return PodDecision(status, max(min(dues) - now, timedelta(0)) if dues else None)


def stops_in(pod: KubeObject, now: datetime) -> timedelta:
    """How long a Pod that is being deleted still lives: a short time, or its grace period if that is shorter."""
    grace = timedelta(seconds=pod["metadata"].get("deletionGracePeriodSeconds") or 0)
    ends = instants.parse(pod["metadata"].get("deletionTimestamp")) or now
    return max(timedelta(0), ends - grace + min(grace, STOP) - now)


def pod_ip(pod: KubeObject) -> str:
    """An address of the range for the Pods of the sandbox's node, different for nearly every Pod."""
    one, two = hashlib.sha256(uid_of(pod).encode()).digest()[:2]
    return f"10.244.{one}.{max(two, 1)}"


def unscheduled(pod: KubeObject, reason: str, now: datetime) -> dict[str, Any]:
    """The status of a Pod that no node takes."""
    old = pod.get("status") or {}
    found = conditions.with_condition(
        old.get("conditions"), "PodScheduled", False, now, reason="Unschedulable", message=reason
    )
    return {**old, "phase": "Pending", "conditions": found}


def _setting(pod: KubeObject, container: dict[str, Any], since: datetime, *, init: bool) -> containers.Setting:
    spec = pod["spec"]
    policy = spec.get("restartPolicy") or "Always"
    return containers.Setting(
        container=container,
        behaviour=behaviour_of(pod, container) if not init else behaviour_of({}, container),
        restart_policy="OnFailure" if init and policy == "Always" else policy,
        since=since,
        runs_to_end=init or policy != "Always",
        pod_uid=uid_of(pod),
    )


def _init_containers(
    pod: KubeObject, old: dict[str, Any], began: datetime, now: datetime
) -> tuple[list[containers.Status], datetime | None, datetime | None]:
    """Their statuses, when the last one was done, and when the one at work is due. Sidecars start in their turn and
    hold nobody up."""
    known = {each.get("name"): each for each in old.get("initContainerStatuses") or []}
    statuses: list[containers.Status] = []
    since: datetime | None = began
    due: datetime | None = None
    for container in pod["spec"].get("initContainers") or []:
        if since is None:
            statuses.append(known.get(container["name"]) or containers.waiting(container, "PodInitializing"))
            continue
        sidecar = container.get("restartPolicy") == "Always"
        step = containers.next_status(
            _setting(pod, container, since, init=not sidecar), known.get(container["name"]), now
        )
        due = min((each for each in (due, step.due) if each), default=None)
        statuses.append(step.status)
        since = _done(step.status, since, sidecar=sidecar)
    return statuses, since, due


def _done(status: containers.Status, since: datetime, *, sidecar: bool) -> datetime | None:
    if sidecar:
        return since if "running" in status["state"] else None
    terminated = status["state"].get("terminated") or {}
    return instants.parse(terminated.get("finishedAt")) if terminated.get("exitCode") == 0 else None


def _main_containers(
    pod: KubeObject, old: dict[str, Any], since: datetime | None, now: datetime
) -> tuple[list[containers.Status], datetime | None]:
    known = {each.get("name"): each for each in old.get("containerStatuses") or []}
    statuses: list[containers.Status] = []
    dues: list[datetime] = []
    for container in pod["spec"].get("containers") or []:
        before = known.get(container["name"])
        if since is None:
            statuses.append(before or containers.waiting(container, "PodInitializing"))
            continue
        step = containers.next_status(_setting(pod, container, since, init=False), before, now)
        statuses.append(step.status)
        dues += [step.due] if step.due else []
    return statuses, min(dues, default=None)


def _phase(pod: KubeObject, statuses: Sequence[containers.Status]) -> str:
    if not statuses:
        return "Pending"
    terminated = [each["state"].get("terminated") for each in statuses]
    if all(terminated):
        return "Failed" if any(each and each.get("exitCode") for each in terminated) else "Succeeded"
    untouched = any("waiting" in each["state"] and not each.get("lastState") for each in statuses)
    return "Pending" if untouched else "Running"


def _conditions(
    old: dict[str, Any], statuses: Sequence[containers.Status], phase: str, now: datetime, *, initialized: bool
) -> list[conditions.Condition]:
    found = old.get("conditions") or []
    unready = [each["name"] for each in statuses if not each.get("ready")]
    reason, message = "", ""
    if phase == "Succeeded":
        reason = "PodCompleted"
    elif phase == "Failed":
        reason = "PodFailed"
    elif unready:
        reason, message = "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    found = conditions.with_condition(found, "PodScheduled", True, now)
    found = conditions.with_condition(
        found, "Initialized", initialized, now, reason="" if initialized else "ContainersNotInitialized"
    )
    ready = bool(statuses) and not unready
    found = conditions.with_condition(found, "ContainersReady", ready, now, reason=reason, message=message)
    return conditions.with_condition(found, "Ready", ready, now, reason=reason, message=message)
