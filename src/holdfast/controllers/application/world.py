"""What the application controller sees and uses of the world outside."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

import msgspec

from holdfast.controllers.application import parameters
from holdfast.controllers.application.asked_scripts import AskedScripts
from holdfast.controllers.application.chart_uses import ChartUses
from holdfast.controllers.application.customized import Customized
from holdfast.controllers.application.event_queue import EventQueue
from holdfast.controllers.application.failed_renders import FailedRenders
from holdfast.controllers.application.live_view import LiveView
from holdfast.controllers.application.parameters import SyncParameters
from holdfast.controllers.application.permissions import Permissions
from holdfast.controllers.application.predictions import Predictions
from holdfast.controllers.application.record_storage import RecordStorage
from holdfast.controllers.application.render_notes import RenderNotes
from holdfast.controllers.application.revisions import Revisions
from holdfast.controllers.application.values_read import ValuesRead
from holdfast.controllers.application.wanted import Wanted
from holdfast.engine.access import impersonation
from holdfast.engine.flow.restoring import Restored
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.status import times
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import Conflict, Waiting
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import GroupKind, NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import FIELD_MANAGER, GROUP
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.charts import Charts
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.ports.records import RecordStorages
from holdfast.ports.rendering import Renderer, Sharing
from holdfast.ports.scripts import Scripts
from holdfast.ports.sources import Repositories
from holdfast.ports.values_files import ValuesFiles
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.store import Store


class Settings(Protocol):
    """What can be chosen; the controller reads nothing else of it."""

    @property
    def poll_seconds(self) -> float: ...


class World:
    """Everything a reconcile uses. Caches in it may be lost at any time."""

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
        store: Store,
        discovery: Callable[[], Discovery],
        is_watched: Callable[[GroupKind], bool],
        charts: Charts | None = None,
        values_files: ValuesFiles | None = None,
        storages: RecordStorages | None = None,
        scripts: Scripts | None = None,
    ) -> None:
        self.cluster = cluster
        self.repositories = repositories
        self.renderer = renderer
        self.charts = charts
        self.values_files = values_files
        self.values_read = ValuesRead(clock)
        self.chart_uses = ChartUses()
        self.chart_needs: dict[tuple[TreeLocation, str], tuple[Dependency, ...]] = {}
        self.clock = clock
        self.namespace = namespace
        self._settings = settings
        self.random = random
        self.store = store
        self.view = LiveView(store)
        self.events = EventQueue(cluster, clock)
        self.predictions = Predictions()
        self.permissions = Permissions(clock)
        self.asked = AskedScripts(scripts, clock)
        self.customized = Customized(lambda name: store.get(ObjectKey("", "ConfigMap", namespace, name)))
        self.revisions = Revisions(clock, Backoff(random))
        self.failed_renders = FailedRenders(clock)
        self.wanted = Wanted()
        self.at_rest: dict[NamespacedName, tuple[str, ...]] = {}
        """The revisions at which an application was found to be as wished, with nothing going on."""
        self.traced: dict[NamespacedName, tuple[str, ...]] = {}
        """The revisions at which all of its sources were rendered last, so that what they read is known."""
        self.render_notes = RenderNotes()
        self.asked_anew: set[NamespacedName] = set()
        self.record_storage = RecordStorage(storages, clock, Backoff(random))
        self.restored: dict[NamespacedName, tuple[str, Restored, str]] = {}
        self.wave_pauses: dict[NamespacedName, float] = {}
        self.stuck_since: dict[NamespacedName, tuple[str, float]] = {}
        self.is_watched = is_watched
        self._discovery = discovery

    @property
    def poll_seconds(self) -> float:
        """How often a repository is asked for news: what argocd-cm says, else the setting of the process."""
        said = self.config_map("argocd-cm").get("timeout.reconciliation", "")
        return times.duration(said, timedelta(seconds=self._settings.poll_seconds)).total_seconds()

    @property
    def parameters(self) -> SyncParameters:
        return parameters.read(self.config_map("argocd-cm"), self.config_map(parameters.PARAMETERS_MAP))

    @property
    def discovery(self) -> Discovery:
        return self._discovery()

    def now(self) -> datetime:
        return self.clock.now()

    def stamp(self) -> str:
        return times.stamp(self.clock.now())

    def application(self, key: NamespacedName) -> Application | None:
        live = self.view.get(ObjectKey(GROUP, "Application", key.namespace, key.name))
        return live.read_as(Application) if live is not None else None

    def project(self, name: str) -> AppProject | None:
        live = self.view.get(ObjectKey(GROUP, "AppProject", self.namespace, name))
        return live.read_as(AppProject) if live is not None else None

    def in_control_namespace(self, group_kind: GroupKind) -> list[LiveObject]:
        return self.store.of_kind(group_kind, self.namespace)

    def config_map(self, name: str) -> dict[str, str]:
        live = self.store.get(ObjectKey("", "ConfigMap", self.namespace, name))
        return (live.decode().get("data") or {}) if live is not None and live.is_whole else {}

    def secret(self, name: str) -> KubeObject:
        live = self.store.get(ObjectKey("", "Secret", self.namespace, name))
        return live.decode() if live is not None and live.is_whole else {}

    def resource(self, group_kind: GroupKind, version: str = "") -> ResourceType | None:
        return self.discovery.find(group_kind, version) or self.discovery.find(group_kind)

    def acting_as(self, user: str) -> World:
        """The same world, in which the cluster is told another name."""
        if not user:
            return self
        actor = copy.copy(self)
        actor.cluster = self.cluster.as_user(user)
        return actor

    def apart(self) -> World:
        """The same world for looks at what is not there yet: they must not pass for what the controller remembers."""
        other = copy.copy(self)
        other.renderer = self.renderer.apart() if isinstance(self.renderer, Sharing) else self.renderer
        other.values_read = ValuesRead(self.clock)
        other.failed_renders = FailedRenders(self.clock)
        other.predictions = Predictions()
        other.wanted = Wanted()
        other.chart_needs = {}
        other.chart_uses = ChartUses()
        other.traced = {}
        other.render_notes = RenderNotes()
        return other

    def impersonated(self, app: Application, project: AppProject | None) -> str:
        """In whose name the objects of an application are written, "" for our own. Raises Blocked."""
        if project is None or not impersonation.is_enabled(self.config_map("argocd-cm")):
            return ""
        return impersonation.user_of(app, project)

    def forget(self, key: NamespacedName) -> None:
        """The Application is gone."""
        self.revisions.forget(key)
        self.wanted.forget(key)
        self.failed_renders.forget(key)
        self.values_read.forget(key)
        self.chart_uses.forget(key)
        self.asked_anew.discard(key)
        self.at_rest.pop(key, None)
        self.traced.pop(key, None)
        self.render_notes.forget(key)
        self.wave_pauses.pop(key, None)
        self.restored.pop(key, None)
        self.stuck_since.pop(key, None)

    def namespace_exists(self, name: str) -> bool:
        """Where namespaces are not watched, nothing speaks against it."""
        key = ObjectKey("", "Namespace", "", name)
        known = self.view.get(key)
        return not known.metadata.deletion_timestamp if known is not None else not self.is_watched(key.group_kind)

    async def patch_application(self, app: Application, body: dict[str, Any]) -> Application:
        """Writes to exactly the state that was read; raises Waiting when somebody else was faster."""
        resource = self.resource(APPLICATION.group_kind)
        if resource is None:
            raise Waiting(_SOON, "NotServed", "the cluster does not serve Applications")
        metadata = {**body.get("metadata", {}), "resourceVersion": app.metadata.resource_version}
        try:
            answer: KubeObject = await self.cluster.patch(
                resource,
                app.metadata.namespace,
                app.metadata.name,
                {**body, "metadata": metadata},
                PatchKind.MERGE,
                field_manager=FIELD_MANAGER,
            )
        except Conflict as error:
            raise Waiting(_SOON, "Changed", "the Application was changed meanwhile") from error
        self.view.wrote(answer, app.metadata.key)
        return msgspec.convert(answer, Application)


_SOON = timedelta(seconds=0.2)
"""The watch brings the state that was missed."""
