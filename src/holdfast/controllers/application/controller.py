"""The application controller: watches, wakes the applications concerned, reconciles them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from random import Random

from holdfast.controllers.application import gates, sources, triggers
from holdfast.controllers.application.live_view import INSTANCE, instance_of
from holdfast.controllers.application.reconcile import reconcile
from holdfast.controllers.application.revisions import Source
from holdfast.controllers.application.world import Settings, World
from holdfast.engine.preflight import admission
from holdfast.model.application import Application
from holdfast.model.discovery import Discovery
from holdfast.model.errors import HoldfastError
from holdfast.model.keys import GroupKind, NamespacedName
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import Label
from holdfast.model.rendering import ChartUse
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, NAMESPACE, SECRET
from holdfast.ports.charts import Charts
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.ports.records import RecordStorages
from holdfast.ports.rendering import ChangeAware, Renderer
from holdfast.ports.scripts import Scripts
from holdfast.ports.sources import Repositories
from holdfast.ports.values_files import ValuesFiles
from holdfast.runtime.discovery_watch import DiscoveryWatch
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome, Settled
from holdfast.runtime.store import Store

WORKERS = 10
NOTHING = Discovery("", ())
NEVER = timedelta.max.total_seconds() / 2
SETTINGS_SECRET = "argocd-secret"  # noqa: S105 - the name of the Secret that holds those of webhooks
# A namespace, a definition: small, and asked for by key.
ALWAYS_WHOLE = frozenset(
    {
        APPLICATION.group_kind,
        APP_PROJECT.group_kind,
        NAMESPACE.group_kind,
        gates.APPROVAL,
        gates.FREEZE,
        *admission.KINDS,
    }
)


class ApplicationController:
    """One process runs one of these for the Applications of `namespace`."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        repositories: Repositories,
        renderer: Renderer,
        clock: Clock,
        namespace: str,
        settings: Settings,
        random: Random,
        scripts: Scripts | None = None,
        workers: int = WORKERS,
        charts: Charts | None = None,
        values_files: ValuesFiles | None = None,
        storages: RecordStorages | None = None,
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        store = Store(keep_raw=self._keeps_raw, indexes={INSTANCE: instance_of, gates.CONCERNED: gates.concerned})
        self.watch = DiscoveryWatch(cluster, store, self._changed, clock=clock, random=random)
        self.watch.on_discovery(self._discovered)
        self.world = World(
            cluster=cluster,
            repositories=repositories,
            renderer=renderer,
            clock=clock,
            namespace=namespace,
            settings=settings,
            random=random,
            store=store,
            discovery=lambda: self.watch.discovery or NOTHING,
            is_watched=self._is_watched,
            charts=charts,
            values_files=values_files,
            storages=storages,
            scripts=scripts,
        )
        self._news: asyncio.Queue[tuple[tuple[NamespacedName, ...], Source, str]] = asyncio.Queue()
        self.world.revisions.wake = self._wake
        self.loop: ReconcileLoop[NamespacedName] = ReconcileLoop(
            "application", self._reconcile, clock=clock, random=random, workers=workers
        )
        self.world.events.is_at_work = lambda: self.loop.queue.working > 0

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.watch.run(), name="application: watches")
            await self.watch.synced.wait()
            group.create_task(self.world.revisions.run(), name="application: polls")
            group.create_task(self._sort_news(), name="application: news")
            group.create_task(self.world.events.run(), name="application: events")
            group.create_task(self.loop.run(), name="application: loop")

    def refresh(self, app: NamespacedName) -> None:
        """Looks at the application now, and asks its repository for news."""
        self.world.asked_anew.add(app)
        self.loop.add(app)

    def applications(self) -> list[Application]:
        """As they are known now."""
        found = (self.world.application(name) for name in self._applications())
        return [app for app in found if app is not None]

    def charts_of(self, app: NamespacedName) -> frozenset[ChartUse]:
        """The charts that it was rendered with last, beside those that its sources name."""
        return self.world.chart_uses.of(app)

    def settings_secret(self) -> KubeObject:
        """The Secret argocd-secret, {} when there is none."""
        return self.world.secret(SETTINGS_SECRET)

    async def settle(self, within: timedelta = timedelta(seconds=1)) -> None:
        """Returns once no application is being worked on and none is due `within` the given time, and all is told."""
        await self.watch.synced.wait()
        while True:
            await self._clock.sleep(0.1)
            due = [self.loop.queue.due_in(app) for app in self._applications()]
            due += [self.world.revisions.due_in(app, NEVER) for app in self._applications()]
            if (
                not self.loop.queue.working
                and self.world.events.is_empty
                and not any(at is not None and at <= within for at in due)
            ):
                return

    async def _reconcile(self, key: NamespacedName) -> Outcome:
        """Applications of other namespaces belong to somebody else, even where an object names one of them."""
        return await reconcile(self.world, key) if key.namespace == self._namespace else Settled()

    def _wake(self, apps: Iterable[NamespacedName], source: Source, commit: str) -> None:
        self._news.put_nowait((tuple(apps), source, commit))

    async def _sort_news(self) -> None:
        """Wakes those for which a new commit changes something, as far as that can be told."""
        while True:
            apps, source, commit = await self._news.get()
            unchanged = await self._unchanged(apps, source, commit) if commit else {}
            for app in apps:
                if not unchanged.get(app):
                    self.loop.add(app)

    async def _unchanged(
        self, apps: Iterable[NamespacedName], source: Source, commit: str
    ) -> Mapping[NamespacedName, bool]:
        access = source[0]
        at_rest = sources.known_at(self.world, apps, source)
        if not at_rest or not isinstance(self.world.renderer, ChangeAware):
            return {}
        try:
            location = await self.world.repositories.fetch(access, commit)
            return await self.world.renderer.unchanged(at_rest, location)
        except HoldfastError:
            return {}  # whoever is woken finds out, and tells

    def _changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        author = self.world.view.saw(old, new)
        for app in sorted(triggers.concerned(self.world, old, new) - {author}):
            self.loop.add(app)

    def _discovered(self, _: Discovery) -> None:
        """A kind that an application waits for may be served now."""
        for app in self._applications():
            self.loop.add(app)

    def _applications(self) -> list[NamespacedName]:
        live = self.world.in_control_namespace(APPLICATION.group_kind)
        return [NamespacedName(obj.metadata.namespace, obj.metadata.name) for obj in live]

    def _is_watched(self, group_kind: GroupKind) -> bool:
        reflector = self.watch.reflectors.get(group_kind)
        return reflector is not None and reflector.synced.is_set()

    def _keeps_raw(self, obj: LiveObject) -> bool:
        """Whole objects are kept of what an application owns, and of what the controller itself reads."""
        if instance_of(obj) or obj.group_kind in ALWAYS_WHOLE:
            return True
        if obj.metadata.namespace != self._namespace:
            return False
        return obj.group_kind == CONFIG_MAP.group_kind or (
            obj.group_kind == SECRET.group_kind
            and (Label.SECRET_TYPE in (obj.metadata.labels or {}) or obj.metadata.name == SETTINGS_SECRET)
        )
