"""Runs all simulators on one cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from random import Random

from holdfast.model.keys import ObjectKey
from holdfast.model.live import LiveObject
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.runtime.discovery_watch import DEFINING_KINDS, DiscoveryWatch
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.store import Store
from holdfast.sandbox.simulators.cloud_secrets import CloudSecrets
from holdfast.sandbox.simulators.cron_jobs import CronJobs
from holdfast.sandbox.simulators.daemon_sets import DaemonSets
from holdfast.sandbox.simulators.deployments import Deployments
from holdfast.sandbox.simulators.endpoints import ServiceEndpoints
from holdfast.sandbox.simulators.external_secrets import ExternalSecrets
from holdfast.sandbox.simulators.horizontal_pod_autoscalers import Autoscalers
from holdfast.sandbox.simulators.jobs import Jobs
from holdfast.sandbox.simulators.keda import ScaledObjects
from holdfast.sandbox.simulators.kubelet import NODE_KEY, Kubelet
from holdfast.sandbox.simulators.load_balancers import LoadBalancers
from holdfast.sandbox.simulators.persistent_volumes import PersistentVolumes
from holdfast.sandbox.simulators.replica_sets import ReplicaSets
from holdfast.sandbox.simulators.secret_stores import SecretStores
from holdfast.sandbox.simulators.stateful_sets import StatefulSets
from holdfast.sandbox.simulators.view import ClusterView, Simulator

WORKERS = 4


async def run_simulators(
    cluster: Cluster,
    clock: Clock,
    *,
    secrets_file: Path | None,
    random: Random,
    left_out: Collection[str] = (),
) -> None:
    """Until cancelled. `secrets_file` holds the pretended secrets of a cloud; it may be missing.

    `left_out` names the simulators whose work something else does on this cluster.
    """
    store = Store()
    loops: list[tuple[Simulator, ReconcileLoop[ObjectKey]]] = []

    def dispatch(old: LiveObject | None, new: LiveObject | None) -> None:
        for simulator, loop in loops:
            for state in (old, new):
                if state is not None and state.group_kind in simulator.kinds:
                    for key in simulator.concerned(state):
                        loop.add(key)

    kinds = DEFINING_KINDS
    watch = DiscoveryWatch(
        cluster, store, dispatch, clock=clock, random=random, wanted=lambda resource: resource.group_kind in kinds
    )
    view = ClusterView(cluster, watch, store, clock, random)
    for simulator in _simulators(view, secrets_file):
        if simulator.name in left_out:
            continue
        loop = ReconcileLoop(simulator.name, simulator.reconcile, clock=clock, random=random, workers=WORKERS)
        loops.append((simulator, loop))
        kinds |= simulator.kinds
        if isinstance(simulator, Kubelet):
            # The node is there before anything asks for it.
            loop.add(NODE_KEY)
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.run(), name="simulators: watch")
        # Nothing is decided on half a view: Pods that were not listed yet would be created once more.
        await watch.synced.wait()
        for simulator, loop in loops:
            group.create_task(loop.run(), name=f"simulator {simulator.name}")


def _simulators(view: ClusterView, secrets_file: Path | None) -> list[Simulator]:
    return [
        Kubelet(view),
        Deployments(view),
        ReplicaSets(view),
        StatefulSets(view),
        DaemonSets(view),
        Jobs(view),
        CronJobs(view),
        ServiceEndpoints(view),
        Autoscalers(view),
        ScaledObjects(view),
        ExternalSecrets(view, CloudSecrets(secrets_file)),
        SecretStores(view),
        PersistentVolumes(view),
        LoadBalancers(view),
    ]
