"""Keeps what a HorizontalPodAutoscaler targets within its limits, by a load that is pretended.

Without the annotation the load is a steady 50 % and only the limits move the replicas; with it, the replicas follow the
given utilization as they would a measured one.
Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, conditions_of, is_being_deleted
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import conditions
from holdfast.sandbox.simulators.deployments import DEPLOYMENT
from holdfast.sandbox.simulators.pods import MANAGER, without_zeros
from holdfast.sandbox.simulators.stateful_sets import STATEFUL_SET
from holdfast.sandbox.simulators.view import ClusterView

AUTOSCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")

UTILIZATION = "sandbox.holdfast.dev/cpu-utilization"
STEADY = 50
TOLERANCE = 0.1
SYNC = timedelta(seconds=15)
TARGETS = frozenset({DEPLOYMENT, STATEFUL_SET, GroupKind("argoproj.io", "Rollout")})


class AutoscalerDecision(Struct, frozen=True):
    """`scale_to` is None when the target has the right size, or is not there."""

    scale_to: int | None
    status: dict[str, Any]


def decide_autoscaler(autoscaler: KubeObject, target: KubeObject | None, now: datetime) -> AutoscalerDecision:
    spec, old = autoscaler["spec"], autoscaler.get("status") or {}
    found = conditions_of(autoscaler)
    if target is None:
        reference = spec["scaleTargetRef"]
        found = conditions.with_condition(
            found,
            "AbleToScale",
            False,
            now,
            reason="FailedGetScale",
            message=f"the HPA controller was unable to get the target's current scale: "
            f'{reference["kind"]} "{reference["name"]}" not found',
        )
        return AutoscalerDecision(None, {**old, "conditions": found})
    current = int((target.get("spec") or {}).get("replicas", 1))
    if current == 0:
        found = _able(found, now)
        message = "scaling is disabled since the replica count of the target is zero"
        found = conditions.with_condition(found, "ScalingActive", False, now, reason="ScalingDisabled", message=message)
        return AutoscalerDecision(None, _status(autoscaler, old, 0, 0, found))
    low, high = spec.get("minReplicas") or 1, spec["maxReplicas"]
    proposed = max((_proposed(autoscaler, metric, current) for metric in spec.get("metrics") or []), default=current)
    desired = max(low, min(high, proposed))
    status = _status(autoscaler, old, current, desired, _scaled(found, proposed, low, high, now))
    if desired != current:
        status["lastScaleTime"] = instants.stamp(now)
    return AutoscalerDecision(desired if desired != current else None, status)


def _proposed(autoscaler: KubeObject, metric: dict[str, Any], current: int) -> int:
    wanted = _target_utilization(metric)
    if wanted is None or UTILIZATION not in annotations_of(autoscaler) or _resource(metric).get("name") != "cpu":
        return current
    ratio = _utilization(autoscaler) / wanted
    return current if abs(ratio - 1) <= TOLERANCE else math.ceil(current * ratio)


def _utilization(autoscaler: KubeObject) -> int:
    text = annotations_of(autoscaler).get(UTILIZATION, "").removesuffix("%")
    return int(text) if text.isdecimal() else STEADY


def _resource(metric: dict[str, Any]) -> dict[str, Any]:
    return metric.get("resource") or metric.get("containerResource") or {}


def _target_utilization(metric: dict[str, Any]) -> int | None:
    return (_resource(metric).get("target") or {}).get("averageUtilization")


def _able(found: list[conditions.Condition], now: datetime) -> list[conditions.Condition]:
    message = "recommended size matches current size"
    return conditions.with_condition(found, "AbleToScale", True, now, reason="ReadyForNewScale", message=message)


def _scaled(
    found: list[conditions.Condition], proposed: int, low: int, high: int, now: datetime
) -> list[conditions.Condition]:
    message = "the HPA was able to successfully calculate a replica count"
    found = _able(found, now)
    found = conditions.with_condition(found, "ScalingActive", True, now, reason="ValidMetricFound", message=message)
    if proposed < low:
        limited = True, "TooFewReplicas", "the desired replica count is less than the minimum replica count"
    elif proposed > high:
        limited = True, "TooManyReplicas", "the desired replica count is more than the maximum replica count"
    else:
        limited = False, "DesiredWithinRange", "the desired count is within the acceptable range"
    status, reason, message = limited
    return conditions.with_condition(found, "ScalingLimited", status, now, reason=reason, message=message)


def _status(
    autoscaler: KubeObject, old: dict[str, Any], current: int, desired: int, found: list[conditions.Condition]
) -> dict[str, Any]:
    metrics = [_current_metric(autoscaler, metric) for metric in autoscaler["spec"].get("metrics") or []]
    return {
        **without_zeros(
            {
                "observedGeneration": autoscaler["metadata"].get("generation"),
                "lastScaleTime": old.get("lastScaleTime"),
                "currentReplicas": current,
                "currentMetrics": [metric for metric in metrics if metric] if current else [],
            }
        ),
        "desiredReplicas": desired,
        "conditions": found,
    }


def _current_metric(autoscaler: KubeObject, metric: dict[str, Any]) -> dict[str, Any] | None:
    kind = metric.get("type")
    if kind == "Resource":
        used = _utilization(autoscaler) if metric["resource"].get("name") == "cpu" else STEADY
        current: dict[str, Any] = {
            "averageValue": f"{used}m" if metric["resource"].get("name") == "cpu" else f"{used}Mi"
        }
        if _target_utilization(metric) is not None:
            current["averageUtilization"] = used
        return {"type": kind, "resource": {"name": metric["resource"].get("name"), "current": current}}
    if kind == "External":
        external = metric["external"]
        return {"type": kind, "external": {"metric": external["metric"], "current": {"averageValue": "0"}}}
    return None


class Autoscalers:
    name = "horizontal-pod-autoscalers"
    kinds = frozenset({AUTOSCALER, *TARGETS})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        if changed.group_kind == AUTOSCALER:
            return [changed.key]
        found = []
        for each in self._view.store.of_kind(AUTOSCALER, changed.metadata.namespace):
            reference = each.decode()["spec"]["scaleTargetRef"]
            if (reference.get("kind"), reference.get("name")) == (changed.kind, changed.metadata.name):
                found.append(each.key)
        return found

    async def reconcile(self, key: ObjectKey) -> Outcome:
        autoscaler = self._view.find(key)
        if autoscaler is None or is_being_deleted(autoscaler):
            return Settled()
        resource = self._target_type(autoscaler)
        target = await self._target(autoscaler, resource, key.namespace)
        decision = decide_autoscaler(autoscaler, target, self._view.now())
        if decision.scale_to is not None and target is not None and resource is not None:
            subresource = "scale" if "scale" in resource.subresources else ""
            await self._view.merge(target, {"spec": {"replicas": decision.scale_to}}, MANAGER, subresource)
        await self._view.write_status(autoscaler, decision.status, MANAGER)
        return Again(SYNC, "measure again")

    def _target_type(self, autoscaler: KubeObject) -> ResourceType | None:
        reference = autoscaler["spec"]["scaleTargetRef"]
        group, _, version = str(reference.get("apiVersion") or "").rpartition("/")
        return self._view.served(GroupKind(group, reference["kind"]), version)

    async def _target(self, autoscaler: KubeObject, resource: ResourceType | None, namespace: str) -> KubeObject | None:
        if resource is None:
            return None
        name = autoscaler["spec"]["scaleTargetRef"]["name"]
        if resource.group_kind in TARGETS:
            return self._view.find(ObjectKey(resource.group, resource.kind, namespace, name))
        return await self._view.cluster.get(resource, namespace, name)
