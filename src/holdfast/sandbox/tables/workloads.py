"""The cells of the workloads, in the order of the server's columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.engine.kube.canonical import get_path
from holdfast.engine.lang import durations, instants
from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells
from holdfast.sandbox.tables.cells import Cells, number


def _template(obj: KubeObject, *, selector: bool = True) -> list[Any]:
    found: list[Any] = cells.containers(obj, "spec", "template")
    return [*found, cells.selector(get_path(obj, "spec", "selector"))] if selector else found


def _deployment(obj: KubeObject, now: datetime) -> list[Any]:
    return [
        cells.name(obj),
        f"{number(obj, 'status', 'readyReplicas')}/{number(obj, 'spec', 'replicas')}",
        number(obj, "status", "updatedReplicas"),
        number(obj, "status", "availableReplicas"),
        cells.age(obj, now),
        *_template(obj),
    ]


def _replica_set(obj: KubeObject, now: datetime) -> list[Any]:
    return [
        cells.name(obj),
        number(obj, "spec", "replicas"),
        number(obj, "status", "replicas"),
        number(obj, "status", "readyReplicas"),
        cells.age(obj, now),
        *_template(obj),
    ]


def _stateful_set(obj: KubeObject, now: datetime) -> list[Any]:
    ready = f"{number(obj, 'status', 'readyReplicas')}/{number(obj, 'spec', 'replicas')}"
    return [cells.name(obj), ready, cells.age(obj, now), *_template(obj, selector=False)]


def _daemon_set(obj: KubeObject, now: datetime) -> list[Any]:
    return [
        cells.name(obj),
        number(obj, "status", "desiredNumberScheduled"),
        number(obj, "status", "currentNumberScheduled"),
        number(obj, "status", "numberReady"),
        number(obj, "status", "updatedNumberScheduled"),
        number(obj, "status", "numberAvailable"),
        cells.selector(get_path(obj, "spec", "template", "spec", "nodeSelector")),
        cells.age(obj, now),
        *_template(obj),
    ]


def _job(obj: KubeObject, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    completions = get_path(obj, "spec", "completions")
    succeeded = number(obj, "status", "succeeded")
    if completions is not None:
        done = f"{succeeded}/{completions}"
    elif number(obj, "spec", "parallelism") > 1:
        done = f"{succeeded}/1 of {number(obj, 'spec', 'parallelism')}"
    else:
        done = f"{succeeded}/1"
    return [cells.name(obj), _job_word(obj), done, _duration(status, now), cells.age(obj, now), *_template(obj)]


def _job_word(obj: KubeObject) -> str:
    true = {each.get("type") for each in get_path(obj, "status", "conditions") or () if each.get("status") == "True"}
    for condition, shown in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition in true:
            return shown
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for condition, shown in (("Suspended", "Suspended"), ("FailureTarget", "FailureTarget")):
        if condition in true:
            return shown
    return "SuccessCriteriaMet" if "SuccessCriteriaMet" in true else "Running"


def _duration(status: Mapping[str, Any], now: datetime) -> str:
    began = instants.parse(status.get("startTime"))
    return "" if began is None else durations.brief((instants.parse(status.get("completionTime")) or now) - began)


def _cron_job(obj: KubeObject, now: datetime) -> list[Any]:
    last = get_path(obj, "status", "lastScheduleTime")
    return [
        cells.name(obj),
        get_path(obj, "spec", "schedule"),
        get_path(obj, "spec", "timeZone") or "<none>",
        "True" if get_path(obj, "spec", "suspend") else "False",
        len(get_path(obj, "status", "active") or ()),
        cells.since(last, now) if last else "<none>",
        cells.age(obj, now),
        *cells.containers(obj, "spec", "jobTemplate", "spec", "template"),
        cells.selector(get_path(obj, "spec", "jobTemplate", "spec", "selector")),
    ]


def _autoscaler(obj: KubeObject, now: datetime) -> list[Any]:
    target = get_path(obj, "spec", "scaleTargetRef") or {}
    minimum = get_path(obj, "spec", "minReplicas")
    return [
        cells.name(obj),
        f"{target.get('kind')}/{target.get('name')}",
        _targets(obj),
        "<unset>" if minimum is None else str(minimum),
        number(obj, "spec", "maxReplicas"),
        number(obj, "status", "currentReplicas"),
        cells.age(obj, now),
    ]


def _targets(obj: KubeObject) -> str:
    wanted = get_path(obj, "spec", "metrics") or []
    utilization = get_path(obj, "spec", "targetCPUUtilizationPercentage")
    if utilization is not None:
        current = get_path(obj, "status", "currentCPUUtilizationPercentage")
        return f"cpu: {'<unknown>' if current is None else f'{current}%'}/{utilization}%"
    current_metrics = get_path(obj, "status", "currentMetrics") or []
    shown = [_target(each, current_metrics[at] if at < len(current_metrics) else {}) for at, each in enumerate(wanted)]
    if len(shown) > 2:
        return ", ".join(shown[:2]) + f" + {len(shown) - 2} more..."
    return ", ".join(shown) or "<none>"


def _target(metric: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    kind = str(metric.get("type") or "")
    source = kind[:1].lower() + kind[1:]
    wanted, found = metric.get(source) or {}, (current.get(source) or {}).get("current") or {}
    target = wanted.get("target") or {}
    name = f"{wanted['name']}: " if "name" in wanted else ""
    for key, unit, suffix in (("averageUtilization", "%", ""), ("averageValue", "", " (avg)"), ("value", "", "")):
        if target.get(key) is not None:
            now = found.get(key)
            return f"{name}{'<unknown>' if now is None else f'{now}{unit}'}/{target[key]}{unit}{suffix}"
    return f"{name}<unknown>"


CELLS: Final[Mapping[tuple[str, str], Cells]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("", "ReplicationController"): _replica_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
}
