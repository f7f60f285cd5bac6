"""The workloads of a simulation whose pod template a Rollout borrows, and the nodes that a DaemonSet needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject
from holdfast.sandbox.simulators.kubelet import INSTANCE_TYPE
from holdfast.testing.builders import resource
from holdfast.testing.rollout_plans import DAEMON_SET, DEPLOYMENT, IN_PLACE, NAMESPACE, STATEFUL_SET, RolloutPlan
from holdfast.testing.rollout_variants import NODES

NODE: Final = resource("v1", "Node")
KINDS: Final[dict[str, ResourceType]] = {
    kind: resource("apps/v1", kind) for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
}
SIMULATORS: Final = {DEPLOYMENT: "deployments", STATEFUL_SET: "stateful-sets", DAEMON_SET: "daemon-sets"}


def simulators(plans: list[RolloutPlan]) -> set[str]:
    """What must run for the workloads of these plans."""
    return {SIMULATORS[one.workload] for one in plans if one.workload}


def workload(plan: RolloutPlan, pods: KubeObject) -> KubeObject:
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": plan.name}}, "template": pods}
    if plan.workload != DAEMON_SET:
        spec["replicas"] = plan.replicas
    if plan.workload == STATEFUL_SET:
        spec["serviceName"] = plan.name
        spec["podManagementPolicy"] = "Parallel" if plan.is_parallel else "OrderedReady"
    if plan.style == IN_PLACE and "minReadySeconds" in plan.spec:
        spec["minReadySeconds"] = plan.spec["minReadySeconds"]
    metadata = {"name": plan.name, "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": plan.workload, "metadata": metadata, "spec": spec}


def nodes(plans: list[RolloutPlan]) -> Iterator[KubeObject]:
    if any(one.workload == DAEMON_SET for one in plans):
        for number in range(1, NODES + 1):
            labels = {"kubernetes.io/hostname": f"node-{number}", INSTANCE_TYPE: "sandbox"}
            yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}", "labels": labels}}
