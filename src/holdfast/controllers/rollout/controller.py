"""The rollout controller: watches, wakes the Rollouts concerned, reconciles them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random

import msgspec

from holdfast.controllers.rollout import triggers
from holdfast.controllers.rollout.load_balancing import LoadBalancing
from holdfast.controllers.rollout.plugin_calls import PluginCalls
from holdfast.controllers.rollout.reconcile import reconcile
from holdfast.controllers.rollout.world import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    EXPERIMENT,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    WORKLOADS,
    World,
    name_of,
)
from holdfast.controllers.tally import Tally
from holdfast.controllers.world import Tidings
from holdfast.engine.rollout import adoption, release_times
from holdfast.engine.traffic import routers
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.rollout import TimedRollout
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.ports.load_balancers import LoadBalancers
from holdfast.ports.step_plugins import StepPlugins
from holdfast.runtime.discovery_watch import DEFINING_KINDS, DiscoveryWatch
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome
from holdfast.runtime.store import Store
from holdfast.runtime.watch import OnChange

WORKERS = 10
OWNERS = frozenset({"Rollout", "Experiment"})
NOTHING = Discovery("", ())
WATCHED = (
    frozenset({ROLLOUT, REPLICA_SET, SERVICE, ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, EXPERIMENT})
    | WORKLOADS
    | routers.KINDS
    | DEFINING_KINDS
)


class RolloutController:
    """One process runs one of these for the Rollouts of all namespaces."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        clock: Clock,
        random: Random,
        workers: int = WORKERS,
        step_plugins: StepPlugins | None = None,
        tidings: Tidings | None = None,
        load_balancers: LoadBalancers | None = None,
        instance_id: str = "",
    ) -> None:
        """`load_balancers` verify the weights of ALBs, None believes that they are taken over. `instance_id` is what the
        label of its Rollouts says, "" takes those without one."""
        self._clock = clock
        self._balancing = LoadBalancing(load_balancers)
        self._listeners: list[OnChange] = []
        store = Store(keep_raw=_keeps_raw, indexes={triggers.NAMES: triggers.named})
        self.watch = DiscoveryWatch(cluster, store, self._changed, clock=clock, random=random, wanted=_is_watched)
        self.watch.on_discovery(self._discovered)
        self.tally = Tally(store, ROLLOUT, instance_id)
        self.world = World(
            cluster=cluster,
            clock=clock,
            random=random,
            store=store,
            discovery=lambda: self.watch.discovery or NOTHING,
            wrote=self._wrote,
            tidings=tidings,
            told=self.tally.told,
            instance_id=instance_id,
        )
        self.loop: ReconcileLoop[NamespacedName] = ReconcileLoop(
            "rollout", self._reconcile, clock=clock, random=random, workers=workers, ran=self.tally.ran
        )
        self._plugins = PluginCalls(step_plugins, self.loop.add)

    def on_change(self, listener: OnChange) -> None:
        """Called with every change of what is watched here."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.watch.run(), name="rollout: watches")
                await self.watch.synced.wait()
                group.create_task(self.loop.run(), name="rollout: loop")
        finally:
            await self._plugins.close()

    async def settle(self, within: timedelta = timedelta(seconds=1)) -> None:
        """Returns once no Rollout is being worked on and none is due `within` the given time."""
        await self.watch.synced.wait()
        while True:
            await self._clock.sleep(0.1)
            due = [self.loop.queue.due_in(name_of(live)) for live in self.world.store.of_kind(ROLLOUT)]
            if not self.loop.queue.working and not any(at is not None and at <= within for at in due):
                return

    async def _reconcile(self, key: NamespacedName) -> Outcome:
        return await reconcile(self.world, self._plugins, key, self._balancing)

    def _wrote(self, obj: KubeObject) -> None:
        self.watch.note(obj)

    def _changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        for key in sorted(triggers.concerned(self.world.store, old, new)):
            self.loop.add(key)
        self._count(old, new)
        for listener in self._listeners:
            listener(old, new)

    def _count(self, old: LiveObject | None, new: LiveObject | None) -> None:
        self.tally.changed(old, new)
        if old is None or new is None or new.group_kind != ROLLOUT or old.metadata.uid != new.metadata.uid:
            return
        # What cannot be read is told elsewhere.
        with suppress(msgspec.ValidationError):
            before, after = old.read_as(TimedRollout).status, new.read_as(TimedRollout).status
            end = release_times.end_between(before.duration, after.duration, self._clock.now())
            if end is not None:
                self.tally.ended(name_of(new), end)

    def _discovered(self, _: Discovery) -> None:
        """A kind that a Rollout waits for may be served now."""
        for live in self.world.store.of_kind(ROLLOUT):
            self.loop.add(name_of(live))


def _is_watched(resource: ResourceType) -> bool:
    return resource.group_kind in WATCHED


def _keeps_raw(live: LiveObject) -> bool:
    """ReplicaSets of Deployments are many, and none of ours. One that nobody owns may lend a Rollout its template."""
    if live.group_kind in DEFINING_KINDS:
        return False
    owners = live.metadata.owner_references
    if live.group_kind != REPLICA_SET or not owners or any(owner.kind in OWNERS for owner in owners):
        return True
    return adoption.is_orphan(live.metadata)
