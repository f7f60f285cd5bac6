"""The Rollouts of a simulation: which strategy each follows, through which steps, and what its versions are like."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from msgspec import Struct, structs

from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION
from holdfast.sandbox.simulators.behaviours import ANNOTATION
from holdfast.testing.builders import resource

NAMESPACE: Final = "shop"
ROLLOUT: Final = resource(API_VERSION, "Rollout")
REPLICA_SET: Final = resource("apps/v1", "ReplicaSet")
SERVICE: Final = resource("v1", "Service")
POD: Final = resource("v1", "Pod")
ANALYSIS_RUN: Final = resource(API_VERSION, "AnalysisRun")
EXPERIMENT: Final = resource(API_VERSION, "Experiment")
ANALYSIS_TEMPLATE: Final = resource(API_VERSION, "AnalysisTemplate")
VIRTUAL_SERVICE: Final = resource("networking.istio.io/v1", "VirtualService")
DESTINATION_RULE: Final = resource("networking.istio.io/v1", "DestinationRule")
AUTOSCALER: Final = resource("autoscaling/v2", "HorizontalPodAutoscaler")
HASH_LABEL: Final = "rollouts-pod-template-hash"
MOOD: Final = "mood"
VERSION: Final = "version"

GOOD, SLOW, STUCK, SICK, DOUBTFUL = "good", "slow", "stuck", "sick", "doubtful"
"""Pods serve at once, after a while, or never; or they serve and what is measured of them is bad, or says nothing."""

MOODS: Final = (GOOD,) * 6 + (SLOW,) * 3 + (STUCK, SICK, SICK, DOUBTFUL)
BASIC, ISTIO, BLUE_GREEN, IN_PLACE = "basic", "istio", "blue-green", "in-place"
DEPLOYMENT, STATEFUL_SET, DAEMON_SET = "Deployment", "StatefulSet", "DaemonSet"
GROUP_LABEL: Final = "holdfast.dev/release-group"
MEASURED: Final = "errors"
ANALYSIS: Final[dict[str, Any]] = {
    "templates": [{"templateName": MEASURED}],
    "args": [{"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}],
}


class RolloutPlan(Struct, frozen=True):
    """`strategy` is as in spec.strategy; `autoscaled` says that a HorizontalPodAutoscaler has the replicas.

    `workload` is the kind that lends its pod template, "" for none; with the style IN_PLACE its own pods are replaced.
    """

    name: str
    style: str
    strategy: dict[str, Any]
    replicas: int
    spec: dict[str, Any]
    autoscaled: bool = False
    by_subsets: bool = False
    workload: str = ""
    scale_down: str | None = None
    is_parallel: bool = False
    group: str = ""
    has_more_steps: bool = False
    is_made_anew: bool = False
    """People take it away for a while, and change its minReadySeconds."""

    @property
    def services(self) -> tuple[str, ...]:
        names = ("canaryService", "stableService", "activeService", "previewService")
        said = next(iter(self.strategy.values()))
        return tuple(said[name] for name in names if name in said)

    @property
    def is_routed(self) -> bool:
        return self.style == ISTIO


def plan(random: Random, name: str) -> RolloutPlan:
    style = random.choice((BASIC, BASIC, ISTIO, ISTIO, BLUE_GREEN))
    spec: dict[str, Any] = {"progressDeadlineSeconds": random.choice((60, 90, 600)), "revisionHistoryLimit": 3}
    if random.random() < 0.2:
        spec["progressDeadlineAbort"] = True
    if random.random() < 0.2:
        spec["minReadySeconds"] = 5
    if random.random() < 0.2:
        spec["rollbackWindow"] = {"revisions": 2}
    strategy = blue_green(random, name) if style == BLUE_GREEN else canary(random, name, style)
    wanted = RolloutPlan(name, style, strategy, random.randint(1, 6), spec, autoscaled=random.random() < 0.2)
    return _by_subsets(wanted) if style == ISTIO and random.random() < 0.3 else wanted


def _by_subsets(wanted: RolloutPlan) -> RolloutPlan:
    """Subsets of a DestinationRule tell the pods apart, in place of two services."""
    rule = {"name": wanted.name, "canarySubsetName": "canary", "stableSubsetName": "stable"}
    routing = wanted.strategy["canary"]["trafficRouting"]["istio"]
    left = {key: value for key, value in wanted.strategy["canary"].items() if not key.endswith("Service")}
    changed = {**left, "trafficRouting": {"istio": {**routing, "destinationRule": rule}}}
    return structs.replace(wanted, strategy={"canary": changed}, by_subsets=True)


def canary(random: Random, name: str, style: str) -> dict[str, Any]:
    said: dict[str, Any] = {"steps": steps(random)}
    if random.random() < 0.3:
        said["analysis"] = {**ANALYSIS, "startingStep": random.randrange(3)}
    surge, unavailable = random.choice(((1, 0), (0, 1), (2, 0), (1, 1), ("25%", "25%"), ("50%", 0), (None, None)))
    said |= {} if surge is None else {"maxSurge": surge}
    said |= {} if unavailable is None else {"maxUnavailable": unavailable}
    if style != ISTIO:
        return {"canary": said}
    said |= {"canaryService": f"{name}-canary", "stableService": f"{name}-stable"}
    said["trafficRouting"] = {"istio": {"virtualService": {"name": name, "routes": ["primary"]}}}
    if random.random() < 0.3:
        said["dynamicStableScale"] = True
    elif random.random() < 0.6:
        said["scaleDownDelaySeconds"] = random.choice((1, 20))
    if random.random() < 0.4:
        said["abortScaleDownDelaySeconds"] = random.choice((0, 5, 20))
    if random.random() < 0.2:
        said["minPodsPerReplicaSet"] = 2
    return {"canary": said}


def steps(random: Random) -> list[dict[str, Any]]:
    """Up to six, the weights rising; some updates have none."""
    if random.random() < 0.1:
        return []
    found: list[dict[str, Any]] = []
    for weight in sorted(random.sample((5, 10, 20, 34, 50, 75, 100), random.randint(1, 3))):
        found.append({"setWeight": weight})
        drawn = random.random()
        if drawn < 0.35:
            found.append({"pause": {"duration": random.choice((1, 10, "20s"))}})
        elif drawn < 0.5:
            found.append({"pause": {}})
        elif drawn < 0.8:
            found.append({"analysis": ANALYSIS})
        elif drawn < 0.87:
            found.append({"experiment": _experiment(random)})
    return found


def _experiment(random: Random) -> dict[str, Any]:
    wanted: dict[str, Any] = {"templates": [{"name": "trial", "specRef": "canary", "replicas": 1}]}
    wanted["duration"] = random.choice(("5s", "20s"))
    if random.random() < 0.5:
        wanted["analyses"] = [{"name": "trial", "templateName": MEASURED, "args": ANALYSIS["args"]}]
    return wanted


def blue_green(random: Random, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"activeService": f"{name}-active"}
    if random.random() < 0.7:
        said["previewService"] = f"{name}-preview"
    if random.random() < 0.3:
        said["autoPromotionEnabled"] = False
    elif random.random() < 0.4:
        said["autoPromotionSeconds"] = random.choice((3, 20))
    if random.random() < 0.3:
        said["previewReplicaCount"] = 1
    if random.random() < 0.4:
        said["prePromotionAnalysis"] = ANALYSIS
    if random.random() < 0.3:
        said["postPromotionAnalysis"] = ANALYSIS
    if random.random() < 0.6:
        said["scaleDownDelaySeconds"] = random.choice((1, 20))
    if random.random() < 0.3:
        said["abortScaleDownDelaySeconds"] = random.choice((0, 5))
    return {"blueGreen": said}


def with_steps(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    changed = {**wanted.strategy["canary"], "steps": steps(random)}
    return structs.replace(wanted, strategy={"canary": changed})


def template(name: str, version: int, mood: str, seconds: int = 10) -> KubeObject:
    annotations = {VERSION: str(version), MOOD: mood}
    if mood == SLOW:
        annotations[ANNOTATION] = f"slow-start={seconds}s"
    elif mood == STUCK:
        annotations[ANNOTATION] = "image-pull-error"
    return {
        "metadata": {"labels": {"app": name}, "annotations": annotations},
        "spec": {"containers": [{"name": "main", "image": f"registry.example.com/{name}:{version}"}]},
    }


def rollout_object(wanted: RolloutPlan, pods: KubeObject) -> KubeObject:
    spec: dict[str, Any] = {**wanted.spec, "replicas": wanted.replicas, "strategy": wanted.strategy}
    if wanted.workload:
        spec["workloadRef"] = {"apiVersion": "apps/v1", "kind": wanted.workload, "name": wanted.name}
        if wanted.scale_down is not None:
            spec["workloadRef"]["scaleDown"] = wanted.scale_down
    else:
        spec |= {"selector": {"matchLabels": {"app": wanted.name}}, "template": pods}
    if wanted.style == IN_PLACE:
        # These the workload says.
        spec = {key: value for key, value in spec.items() if key not in ("replicas", "minReadySeconds")}
    labels = {"labels": {GROUP_LABEL: wanted.group}} if wanted.group else {}
    metadata = {"name": wanted.name, "namespace": NAMESPACE, **labels}
    return {"apiVersion": API_VERSION, "kind": "Rollout", "metadata": metadata, "spec": spec}


def beside(wanted: RolloutPlan) -> list[tuple[Any, KubeObject]]:
    """What a Rollout names: services, the VirtualService with a route of somebody else's, and who scales it."""
    found: list[tuple[Any, KubeObject]] = [(SERVICE, _service(wanted, name)) for name in wanted.services]
    if wanted.is_routed:
        found.append((VIRTUAL_SERVICE, _virtual_service(wanted)))
    if wanted.by_subsets:
        found.append((DESTINATION_RULE, _destination_rule(wanted)))
    if wanted.autoscaled:
        found.append((AUTOSCALER, _autoscaler(wanted)))
    return found


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE}


def _service(wanted: RolloutPlan, name: str) -> KubeObject:
    spec = {"selector": {"app": wanted.name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(name), "spec": spec}


def _virtual_service(wanted: RolloutPlan) -> KubeObject:
    stable, canary = ({"host": f"{wanted.name}-{role}"} for role in ("stable", "canary"))
    if wanted.by_subsets:
        stable, canary = ({"host": wanted.name, "subset": role} for role in ("stable", "canary"))
    primary = [{"destination": stable, "weight": 100}, {"destination": canary, "weight": 0}]
    other = [{"destination": {"host": "elsewhere"}, "weight": 30}, {"destination": {"host": "there"}, "weight": 70}]
    http = [{"name": "other", "route": other}, {"name": "primary", "timeout": "5s", "route": primary}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": _metadata(wanted.name),
        "spec": {"hosts": [wanted.name], "http": http},
    }


def _destination_rule(wanted: RolloutPlan) -> KubeObject:
    """Also with a subset and settings of somebody else's."""
    subsets = [{"name": "other", "labels": {"app": "other"}}]
    subsets += [{"name": role, "labels": {"app": wanted.name}} for role in ("canary", "stable")]
    spec = {"host": wanted.name, "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}, "subsets": subsets}
    kind = {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule"}
    return {**kind, "metadata": _metadata(wanted.name), "spec": spec}


def _autoscaler(wanted: RolloutPlan) -> KubeObject:
    target = {"type": "Utilization", "averageUtilization": 50}
    spec = {
        "scaleTargetRef": {"apiVersion": API_VERSION, "kind": "Rollout", "name": wanted.name},
        "minReplicas": 1,
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": _metadata(wanted.name), "spec": spec}


def analysis_template() -> KubeObject:
    metric = {
        "name": MEASURED,
        "interval": "4s",
        "count": 3,
        "successCondition": "result < 0.1",
        "failureCondition": "result > 0.5",
        "provider": {"prometheus": {"address": "http://metrics.example.com", "query": "{{args.hash}}"}},
    }
    spec = {"args": [{"name": "hash"}], "metrics": [metric]}
    kind = {"apiVersion": API_VERSION, "kind": "AnalysisTemplate"}
    return {**kind, "metadata": _metadata(MEASURED), "spec": spec}


def of_istio(kind: str) -> KubeObject:
    """The kind, whatever its objects hold."""
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.networking.istio.io"},
        "spec": {
            "group": "networking.istio.io",
            "scope": "Namespaced",
            "names": {**names, "listKind": f"{kind}List"},
            "versions": [served],
        },
    }
