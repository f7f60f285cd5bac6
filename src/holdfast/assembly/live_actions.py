"""Offers and runs the actions of an application's live objects, those of argocd-cm too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from secrets import token_hex

import msgspec
from msgspec import Struct

from holdfast.assembly import customized
from holdfast.controllers.application import events
from holdfast.engine.access import project as rules
from holdfast.engine.actions import writing
from holdfast.engine.flow import spec
from holdfast.engine.health import customizations
from holdfast.engine.lang import instants
from holdfast.engine.plan import tracking
from holdfast.model.actions import Action, Impact, Operation
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.customizations import Customizations
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import AlreadyExists, Blocked, Conflict, Forbidden
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of, key_of, namespace_of
from holdfast.model.names import IN_CLUSTER_NAME, IN_CLUSTER_SERVER
from holdfast.model.resource_types import APP_PROJECT, CONFIG_MAP, EVENT
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.ports.scripts import Scripts

SETTINGS = "argocd-cm"
MOST_TRIES = 5


class Wanted(Struct, frozen=True):
    """Which objects are meant; what is None may be anything."""

    kind: str | None = None
    group: str | None = None
    namespace: str | None = None
    name: str | None = None

    def means(self, key: ObjectKey) -> bool:
        said = (self.kind, self.group, self.namespace, self.name)
        found = (key.kind, key.group, key.namespace, key.name)
        return all(wanted is None or wanted == there for wanted, there in zip(said, found, strict=True))

    def __str__(self) -> str:
        said = {"kind": self.kind, "group": self.group, "namespace": self.namespace, "name": self.name}
        return ", ".join(f"{name} {value!r}" for name, value in said.items() if value is not None) or "any kind"


class Done(Struct, frozen=True):
    """One write of an action, or none where the object was so already."""

    operation: Operation
    key: ObjectKey
    changed: bool = True


class LiveActions:
    """On the objects of one application. Everything is asked and checked before the first write."""

    def __init__(self, cluster: Cluster, scripts: Scripts, clock: Clock, *, user: str, field_manager: str) -> None:
        self._cluster = cluster
        self._scripts = scripts
        self._clock = clock
        self._user = user
        self._manager = field_manager

    async def objects(self, app: Application, wanted: Wanted) -> list[KubeObject]:
        """The live ones that are meant, all owned by the application. Raises Blocked when there are none."""
        discovery = await self._cluster.discover()
        listed = {ObjectKey(one.group, one.kind, one.namespace, one.name) for one in app.status.resources}
        found = [
            obj
            for key in sorted(filter(wanted.means, listed | _named(discovery, wanted)))
            if (obj := await self._live(discovery, key)) is not None and _owns(app, obj, listed)
        ]
        if not found:
            message = f"{app.metadata.key} owns no live object of {wanted}; `holdfast app get {app.metadata.name}` "
            raise Blocked("ResourceNotFound", message + "shows its objects")
        return found

    async def offered(self, app: Application, obj: KubeObject) -> list[Action]:
        return await customized.actions_on(self._scripts, await self._customizations(app), obj)

    async def run(self, app: Application, obj: KubeObject, name: str, parameters: Mapping[str, str]) -> list[Done]:
        """Raises Blocked before anything is written. An object that somebody changed meanwhile, such as the controller of
        its kind, is read again, and the action asked again what it makes of it."""
        for _ in range(MOST_TRIES):
            try:
                done = await self._run(app, obj, name, parameters)
            except Conflict:
                [obj] = await self.objects(app, _exactly(key_of(obj)))
                continue
            await self._record(app, f"{self._user} ran action {name} on {key_of(obj)}: {_told(done)}")
            return done
        raise Blocked(
            "ResourceChanged", f"{key_of(obj)} changes all the time: nothing was written, run the action again"
        )

    async def _run(self, app: Application, obj: KubeObject, name: str, parameters: Mapping[str, str]) -> list[Done]:
        """Raises Conflict when the first write met a change of somebody else, Blocked when a later one did."""
        found, now = await self._customizations(app), self._clock.now()
        impacts = await customized.act_on(self._scripts, found, obj, name, parameters, now)
        discovery, project = await self._cluster.discover(), await self._project(app)
        done: list[Done] = []
        for step in [await self._prepared(app, obj, impact, discovery, project) for impact in impacts]:
            try:
                done.append(await self._write(step))
            except Conflict as error:
                if not done:
                    raise
                message = f"{key_of(step.wanted)} was changed meanwhile; the action stopped after it had {_told(done)}"
                raise Blocked("ResourceChanged", message) from error
        return done

    async def _prepared(
        self, app: Application, source: KubeObject, impact: Impact, discovery: Discovery, project: AppProject
    ) -> _Step:
        resource = discovery.find(group_kind_of(impact.resource))
        if resource is None:
            raise Blocked(
                "KindMissing", f"the cluster serves no {group_kind_of(impact.resource)}, which the action needs"
            )
        wanted = impact.resource
        if resource.namespaced and not namespace_of(wanted):
            metadata = {**wanted["metadata"], "namespace": namespace_of(source) or app.spec.destination.namespace}
            wanted = {**wanted, "metadata": metadata}
        key = key_of(wanted)
        _refuse_foreign_kind(project, key, resource)
        if impact.operation is Operation.CREATE:
            return _Step(impact.operation, resource, wanted)
        live = source if key == key_of(source) else await self._cluster.get(resource, key.namespace, key.name)
        listed = {ObjectKey(one.group, one.kind, one.namespace, one.name) for one in app.status.resources}
        if live is None or not _owns(app, live, listed):
            raise Blocked("ResourceNotOwned", f"the action would change {key}, which {app.metadata.key} does not own")
        return _Step(impact.operation, resource, wanted, writing.change(live, wanted, resource.subresources))

    async def _write(self, step: _Step) -> Done:
        key = key_of(step.wanted)
        if step.operation is Operation.CREATE:
            try:
                made = await self._cluster.create(step.resource, step.wanted, field_manager=self._manager)
            except AlreadyExists as error:
                message = (
                    f"{key} is there already: delete it, or run the action again in a minute, when it gets another name"
                )
                raise Blocked("ResourceExists", message) from error
            return Done(step.operation, key_of(made))
        for body, subresource in ((step.change.main, ""), (step.change.status, writing.STATUS)):
            if body:
                await self._cluster.patch(
                    step.resource,
                    key.namespace,
                    key.name,
                    body,
                    PatchKind.MERGE,
                    field_manager=self._manager,
                    subresource=subresource,
                )
        return Done(step.operation, key, changed=bool(step.change.main or step.change.status))

    async def _live(self, discovery: Discovery, key: ObjectKey) -> KubeObject | None:
        resource = discovery.find(key.group_kind)
        return await self._cluster.get(resource, key.namespace, key.name) if resource is not None else None

    async def _customizations(self, app: Application) -> Customizations:
        found = await self._cluster.get(CONFIG_MAP, app.metadata.namespace, SETTINGS)
        return customizations.parse((found or {}).get("data") or {})

    async def _project(self, app: Application) -> AppProject:
        name = spec.project_of(app)
        found = await self._cluster.get(APP_PROJECT, app.metadata.namespace, name)
        if found is None:
            raise Blocked("ProjectMissing", f"{app.metadata.key}: there is no project {name!r}: create it first")
        return msgspec.convert(found, AppProject)

    async def _record(self, app: Application, message: str) -> None:
        """Somebody who may not write events has run the action all the same."""
        at, mark = instants.stamp(self._clock.now()), token_hex(8)
        event = events.event_about(app, events.Reason.RESOURCE_ACTION_RAN, message, at=at, mark=mark)
        try:
            await self._cluster.create(EVENT, event, field_manager=self._manager)
        except Forbidden as error:
            events.log.warning("%s: the event was not written: %s", app.metadata.key, error)


class _Step(Struct, frozen=True):
    operation: Operation
    resource: ResourceType
    wanted: KubeObject
    change: writing.Change = writing.Change()


def _named(discovery: Discovery, wanted: Wanted) -> set[ObjectKey]:
    """What is named in full may carry the application's mark without standing in its status."""
    if wanted.kind is None or wanted.name is None:
        return set()
    kinds = {
        GroupKind(one.group, one.kind)
        for one in discovery.types
        if one.kind == wanted.kind and wanted.group in (None, one.group) and one.namespaced is bool(wanted.namespace)
    }
    return {ObjectKey(kind.group, kind.kind, wanted.namespace or "", wanted.name) for kind in kinds}


def _exactly(key: ObjectKey) -> Wanted:
    return Wanted(kind=key.kind, group=key.group, namespace=key.namespace, name=key.name)


def _owns(app: Application, obj: KubeObject, listed: Iterable[ObjectKey]) -> bool:
    """The mark of another application goes before the status."""
    key = key_of(obj)
    owner = tracking.owner_instance(key, annotations_of(obj))
    return owner == app.metadata.name or (not owner and key in listed)


def _refuse_foreign_kind(project: AppProject, key: ObjectKey, resource: ResourceType) -> None:
    answer = rules.permits_object(
        project,
        group_kind=key.group_kind,
        name=key.name,
        namespace=key.namespace,
        namespaced=resource.namespaced,
        server=IN_CLUSTER_SERVER,
        cluster_name=IN_CLUSTER_NAME,
    )
    if not answer.allowed:
        raise Blocked("NotPermitted", f"the action would write {key}: {answer.because}")


def _told(done: list[Done]) -> str:
    words = {Operation.CREATE: "created", Operation.PATCH: "changed"}
    return ", ".join(f"{words[one.operation]} {one.key}" if one.changed else f"left {one.key}" for one in done) or "-"
