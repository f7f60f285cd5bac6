"""Makes the autoscaler of each ScaledObject, as KEDA does, and says that it is ready.

Source: https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from msgspec import Struct

from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, name_of, namespace_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators.deployments import DEPLOYMENT
from holdfast.sandbox.simulators.horizontal_pod_autoscalers import AUTOSCALER
from holdfast.sandbox.simulators.stateful_sets import STATEFUL_SET
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner, owner_reference

SCALED_OBJECT = GroupKind("keda.sh", "ScaledObject")

PAUSED = "autoscaling.keda.sh/paused"
PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
MANAGER = "keda-operator"
RESOURCE_TRIGGERS = frozenset({"cpu", "memory"})
TARGETS = frozenset({DEPLOYMENT, STATEFUL_SET, GroupKind("argoproj.io", "Rollout")})
RETRY = timedelta(seconds=15)


class ScaledObjectDecision(Struct, frozen=True):
    """`autoscaler` is as it should be, None where there should be none; `scale_to` is the size of a paused target."""

    autoscaler: KubeObject | None
    scale_to: int | None
    status: dict[str, Any]


def decide_scaled_object(
    scaled: KubeObject, target: KubeObject | None, resource: ResourceType | None
) -> ScaledObjectDecision:
    spec = scaled["spec"]
    if target is None or resource is None:
        problem = f"ScaledObject doesn't have correct scaleTargetRef: {spec['scaleTargetRef'].get('name')} not found"
        return ScaledObjectDecision(None, None, _status(scaled, None, None, paused=False, problem=problem))
    replicas = annotations_of(scaled).get(PAUSED_REPLICAS, "")
    paused = replicas.isdecimal() or annotations_of(scaled).get(PAUSED, "").lower() == "true"
    return ScaledObjectDecision(
        autoscaler=None if paused else autoscaler_of(scaled, resource),
        scale_to=int(replicas) if replicas.isdecimal() and size_of(target) != int(replicas) else None,
        status=_status(scaled, target, resource, paused=paused, problem=""),
    )


def size_of(target: KubeObject) -> int:
    return int((target.get("spec") or {}).get("replicas", 1))


def target_of(scaled: KubeObject) -> tuple[GroupKind, str]:
    """The kind and version; a Deployment unless something else is named."""
    reference = scaled["spec"]["scaleTargetRef"]
    group, _, version = str(reference.get("apiVersion") or "apps/v1").rpartition("/")
    return GroupKind(group, reference.get("kind") or "Deployment"), version


def autoscaler_name(scaled: KubeObject) -> str:
    advanced = (scaled["spec"].get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}
    return advanced.get("name") or f"keda-hpa-{name_of(scaled)}"


def autoscaler_of(scaled: KubeObject, resource: ResourceType) -> KubeObject:
    spec = scaled["spec"]
    advanced = (spec.get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": autoscaler_name(scaled),
            "namespace": namespace_of(scaled),
            "labels": {
                "app.kubernetes.io/managed-by": "keda-operator",
                "app.kubernetes.io/name": autoscaler_name(scaled),
                "app.kubernetes.io/part-of": name_of(scaled),
                "scaledobject.keda.sh/name": name_of(scaled),
            },
            "ownerReferences": [owner_reference(scaled)],
        },
        "spec": {
            "scaleTargetRef": {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                "name": spec["scaleTargetRef"]["name"],
            },
            # To zero and back KEDA scales by itself: an autoscaler cannot.
            "minReplicas": max(1, spec.get("minReplicaCount") or 0),
            "maxReplicas": spec.get("maxReplicaCount") or 100,
            "metrics": [_metric(number, trigger, scaled) for number, trigger in enumerate(spec.get("triggers") or [])],
            **({"behavior": advanced["behavior"]} if advanced.get("behavior") else {}),
        },
    }


def _metric(number: int, trigger: dict[str, Any], scaled: KubeObject) -> dict[str, Any]:
    kind = str(trigger.get("type") or "")
    given = trigger.get("metadata") or {}
    if kind in RESOURCE_TRIGGERS:
        value = str(given.get("value") or "50")
        if (trigger.get("metricType") or given.get("type") or "Utilization") == "Utilization":
            target: dict[str, Any] = {
                "type": "Utilization",
                "averageUtilization": int(value) if value.isdecimal() else 50,
            }
        else:
            target = {"type": "AverageValue", "averageValue": value}
        return {"type": "Resource", "resource": {"name": kind, "target": target}}
    selector = {"matchLabels": {"scaledobject.keda.sh/name": name_of(scaled)}}
    metric = {"name": external_name(number, trigger), "selector": selector}
    goal = next(
        (
            given[name]
            for name in ("threshold", "listLength", "targetValue", "value", "lagThreshold")
            if given.get(name)
        ),
        "5",
    )
    return {
        "type": "External",
        "external": {"metric": metric, "target": {"type": "AverageValue", "averageValue": str(goal)}},
    }


def external_name(number: int, trigger: dict[str, Any]) -> str:
    subject = next((str(value) for name, value in (trigger.get("metadata") or {}).items() if name.endswith("Name")), "")
    words = [f"s{number}", str(trigger.get("type") or ""), *([subject] if subject else [])]
    return "-".join(words).replace("/", "-").replace(".", "-").replace(":", "-")


def _status(
    scaled: KubeObject, target: KubeObject | None, resource: ResourceType | None, *, paused: bool, problem: str
) -> dict[str, Any]:
    old = scaled.get("status") or {}
    ready = (
        _condition("Ready", "False", "ScaledObjectCheckFailed", problem)
        if problem
        else _condition(
            "Ready", "True", "ScaledObjectReady", "ScaledObject is defined correctly and is ready for scaling"
        )
    )
    active = (
        _condition("Active", "Unknown", "", "")
        if problem or paused
        else _condition("Active", "True", "ScalerActive", "Scaling is performed because triggers are active")
    )
    status = {
        **old,
        "conditions": [
            ready,
            active,
            _condition("Fallback", "False", "NoFallbackFound", "No fallbacks are active on this scaled object"),
            _condition("Paused", "True", "ScaledObjectPaused", "ScaledObject is paused")
            if paused
            else _condition("Paused", "False", "", ""),
        ],
    }
    if target is not None and resource is not None:
        triggers = list(enumerate(scaled["spec"].get("triggers") or []))
        external = [external_name(*each) for each in triggers if each[1].get("type") not in RESOURCE_TRIGGERS]
        resources = [str(each[1]["type"]) for each in triggers if each[1].get("type") in RESOURCE_TRIGGERS]
        status |= {
            "hpaName": autoscaler_name(scaled),
            "originalReplicaCount": old.get("originalReplicaCount", size_of(target)),
            "scaleTargetKind": f"{resource.api_version}.{resource.kind}",
            "scaleTargetGVKR": {
                "group": resource.group,
                "version": resource.version,
                "kind": resource.kind,
                "resource": resource.plural,
            },
            **({"externalMetricNames": external} if external else {}),
            **({"resourceMetricNames": resources} if resources else {}),
        }
    return status


def _condition(kind: str, status: str, reason: str, message: str) -> dict[str, str]:
    """KEDA keeps no transition times."""
    return {
        "type": kind,
        "status": status,
        **({"reason": reason} if reason else {}),
        **({"message": message} if message else {}),
    }


class ScaledObjects:
    name = "keda"
    kinds = frozenset({SCALED_OBJECT, AUTOSCALER, *TARGETS})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        if changed.group_kind in TARGETS:
            in_namespace = self._view.store.of_kind(SCALED_OBJECT, changed.metadata.namespace)
            return [
                each.key
                for each in in_namespace
                if each.decode()["spec"]["scaleTargetRef"].get("name") == changed.metadata.name
            ]
        return own_and_owner(changed, SCALED_OBJECT)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        scaled = self._view.find(key)
        if scaled is None or is_being_deleted(scaled):
            return Settled()
        kind, version = target_of(scaled)
        resource = self._view.served(kind, version)
        name = scaled["spec"]["scaleTargetRef"]["name"]
        target = self._view.find(ObjectKey(kind.group, kind.kind, key.namespace, name))
        if target is None and resource is not None and kind not in TARGETS:
            target = await self._view.cluster.get(resource, key.namespace, name)
        decision = decide_scaled_object(scaled, target, resource)
        await self._bring(scaled, decision.autoscaler)
        if decision.scale_to is not None and target is not None:
            await self._view.merge(target, {"spec": {"replicas": decision.scale_to}}, MANAGER, "scale")
        await self._view.write_status(scaled, decision.status, MANAGER)
        return Settled() if target is not None else Again(RETRY, "target")

    async def _bring(self, scaled: KubeObject, wanted: KubeObject | None) -> None:
        for each in self._view.owned(scaled, AUTOSCALER):
            if wanted is None or name_of(each) != name_of(wanted):
                await self._view.delete(each)
        if wanted is None:
            return
        live = self._view.find(ObjectKey(AUTOSCALER.group, AUTOSCALER.kind, namespace_of(wanted), name_of(wanted)))
        if live is None:
            await self._view.create(wanted, MANAGER)
        elif any(live["spec"].get(field) != value for field, value in wanted["spec"].items() if field != "behavior"):
            await self._view.merge(live, {"spec": wanted["spec"]}, MANAGER)
