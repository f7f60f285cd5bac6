"""The one pretended node of the sandbox: takes Pods in, runs them as far as anybody can see, and lets them go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from holdfast.engine.lang import instants
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of, namespace_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators.pod_lifecycle import NODE_IP, decide_pod, stops_in, unscheduled
from holdfast.sandbox.simulators.pods import POD, is_finished
from holdfast.sandbox.simulators.view import ClusterView

NODE = GroupKind("", "Node")

NODE_NAME = "holdfast-node"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
NODE_KEY = ObjectKey("", "Node", "", NODE_NAME)
MANAGER = "kubelet"
RESOURCES = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1000Gi", "pods": "5000"}


def node(version: str) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE_NAME,
            "labels": {
                "kubernetes.io/hostname": NODE_NAME,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                INSTANCE_TYPE: "sandbox",
                "topology.kubernetes.io/region": "sandbox",
                "topology.kubernetes.io/zone": "sandbox-a",
            },
        },
        "spec": {"podCIDR": "10.244.0.0/16", "providerID": f"sandbox://{NODE_NAME}/{version}"},
    }


def node_status(old: dict[str, Any], version: str, now: datetime) -> dict[str, Any]:
    """There is no heartbeat: a cluster at rest writes nothing."""
    if (old.get("nodeInfo") or {}).get("kubeletVersion") == version and old.get("conditions"):
        return old
    moment = instants.stamp(now)
    pressures = [
        {"type": kind, "status": "False", "reason": f"KubeletHasNo{kind}", "lastTransitionTime": moment}
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")
    ]
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": moment}
    return {
        **old,
        "capacity": RESOURCES,
        "allocatable": RESOURCES,
        "addresses": [{"type": "InternalIP", "address": NODE_IP}, {"type": "Hostname", "address": NODE_NAME}],
        "conditions": [*pressures, {**ready, "message": "kubelet is posting ready status"}],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "sandbox",
            "containerRuntimeVersion": "sandbox://1",
            "kernelVersion": "sandbox",
            "kubeProxyVersion": version,
            "kubeletVersion": version,
            "machineID": "sandbox",
            "operatingSystem": "linux",
            "osImage": "Holdfast sandbox",
            "systemUUID": "sandbox",
        },
    }


def why_not_here(pod: KubeObject, host: KubeObject) -> str:
    """Why the node does not suit the Pod, "" when it does."""
    selector = (pod.get("spec") or {}).get("nodeSelector") or {}
    if not selector.items() <= labels_of(host).items():
        return "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    return ""


class Kubelet:
    name = "kubelet"
    kinds = frozenset({POD, NODE})

    def __init__(self, view: ClusterView, version: str = "v1.36.0") -> None:
        self._view = view
        self._version = version

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return [changed.key]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        if key.group_kind == NODE:
            return await self._node(key)
        pod = self._view.find(key)
        if pod is None:
            return Settled()
        if is_being_deleted(pod):
            return await self._stop(pod)
        if not pod["spec"].get("nodeName"):
            return await self._schedule(pod)
        if is_finished(pod) or not self._is_pretended(pod["spec"]["nodeName"]):
            return Settled()
        decision = decide_pod(pod, self._view.now())
        await self._view.write_status(pod, decision.status, MANAGER)
        return Settled() if decision.again is None else Again(decision.again, "container")

    def _is_pretended(self, name: str) -> bool:
        """Pods of a DaemonSet may be on more nodes: those that say they are of this kind."""
        if name == NODE_NAME:
            return True
        host = self._view.find(ObjectKey("", NODE.kind, "", name))
        return host is not None and labels_of(host).get(INSTANCE_TYPE) == "sandbox"

    async def _node(self, key: ObjectKey) -> Outcome:
        if key.name != NODE_NAME:
            return Settled()
        if self._view.find(key) is None:
            await self._view.create(node(self._version), MANAGER)
        host = self._view.find(key)
        if host is None:
            return Again(timedelta(seconds=1), "node")
        await self._view.write_status(
            host, node_status(host.get("status") or {}, self._version, self._view.now()), MANAGER
        )
        return Settled()

    async def _schedule(self, pod: KubeObject) -> Outcome:
        host = self._view.find(NODE_KEY)
        if host is None:
            return Again(timedelta(seconds=1), "node")
        reason = why_not_here(pod, host)
        if reason:
            await self._view.write_status(pod, unscheduled(pod, reason, self._view.now()), "kube-scheduler")
            return Again(timedelta(seconds=30), "unschedulable")
        await self._bind(pod)
        return Settled()

    async def _bind(self, pod: KubeObject) -> None:
        """A Pod's node is set by a Binding alone, which is posted to the Pod itself."""
        place = ResourceType("", "v1", "Binding", f"pods/{name_of(pod)}/binding", namespaced=True)
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name_of(pod), "namespace": namespace_of(pod)},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE_NAME},
        }
        try:
            await self._view.cluster.create(place, binding, field_manager="kube-scheduler")
        except (Conflict, NotFound):
            # It has a node by now, or is gone: the watch will tell.
            return

    async def _stop(self, pod: KubeObject) -> Outcome:
        left = stops_in(pod, self._view.now())
        if left > timedelta(0) and pod["spec"].get("nodeName") and not is_finished(pod):
            return Again(left, "stopping")
        await self._view.delete(pod, grace=0)
        return Settled()
