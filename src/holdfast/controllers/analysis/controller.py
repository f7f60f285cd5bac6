"""The analysis controller: watches AnalysisRuns and their Jobs, wakes the runs concerned, reconciles them."""

from __future__ import annotations

import asyncio
from random import Random

from holdfast.controllers.analysis.jobs import JOB
from holdfast.controllers.analysis.reconcile import reconcile
from holdfast.controllers.rollout.world import ANALYSIS_RUN
from holdfast.controllers.tally import Tally
from holdfast.controllers.world import World, name_of
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import GROUP
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.ports.metrics import MetricSources
from holdfast.runtime.discovery_watch import DEFINING_KINDS, DiscoveryWatch
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome
from holdfast.runtime.store import Store

WORKERS = 30
"""Most of their time is spent waiting for answers."""
NOTHING = Discovery("", ())
WATCHED = frozenset({ANALYSIS_RUN, JOB}) | DEFINING_KINDS


class AnalysisController:
    """One process runs one of these for the AnalysisRuns of all namespaces."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        sources: MetricSources,
        clock: Clock,
        random: Random,
        workers: int = WORKERS,
        instance_id: str = "",
    ) -> None:
        self._sources = sources
        store = Store(keep_raw=_keeps_raw)
        self.tally = Tally(store, ANALYSIS_RUN, instance_id)
        self.watch = DiscoveryWatch(cluster, store, self._changed, clock=clock, random=random, wanted=_is_watched)
        self.watch.on_discovery(self._discovered)
        self.world = World(
            cluster=cluster,
            clock=clock,
            random=random,
            store=store,
            discovery=lambda: self.watch.discovery or NOTHING,
            wrote=self._wrote,
            told_of="AnalysisRun",
            instance_id=instance_id,
        )
        self.loop: ReconcileLoop[NamespacedName] = ReconcileLoop(
            "analysis", self._reconcile, clock=clock, random=random, workers=workers, ran=self.tally.ran
        )

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.watch.run(), name="analysis: watches")
            await self.watch.synced.wait()
            group.create_task(self.loop.run(), name="analysis: loop")

    async def _reconcile(self, key: NamespacedName) -> Outcome:
        return await reconcile(self.world, self._sources, key)

    def _wrote(self, obj: KubeObject) -> None:
        self.watch.note(obj)

    def _changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        for key in _concerned(old, new):
            self.loop.add(key)
        self.tally.changed(old, new)

    def _discovered(self, _: Discovery) -> None:
        """The kind that a run waits for may be served now."""
        for live in self.world.store.of_kind(ANALYSIS_RUN):
            self.loop.add(name_of(live))


def _concerned(old: LiveObject | None, new: LiveObject | None) -> list[NamespacedName]:
    changed = new or old
    if changed is None or changed.group_kind in DEFINING_KINDS:
        return []
    if old is not None and new is not None and old.metadata.resource_version == new.metadata.resource_version:
        return []
    if changed.group_kind == ANALYSIS_RUN:
        return [name_of(changed)]
    return [NamespacedName(changed.metadata.namespace, name) for name in _runs(changed)]


def _runs(live: LiveObject) -> list[str]:
    """The runs that a Job measures for."""
    return [
        owner.name
        for owner in live.metadata.owner_references
        if owner.kind == "AnalysisRun" and owner.api_version.startswith(f"{GROUP}/")
    ]


def _is_watched(resource: ResourceType) -> bool:
    return resource.group_kind in WATCHED


def _keeps_raw(live: LiveObject) -> bool:
    """Jobs are many, and few of ours."""
    return live.group_kind == ANALYSIS_RUN or (live.group_kind == JOB and bool(_runs(live)))
