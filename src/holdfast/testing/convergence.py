"""What the cluster must look like once a simulation has come to rest."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from holdfast.adapters.kube.client import KubeClient
from holdfast.engine.plan import hooks, options
from holdfast.engine.plan.deletion_hooks import FINALIZERS
from holdfast.model.discovery import Discovery
from holdfast.model.errors import NotFound
from holdfast.model.health import Health
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, finalizers_of, is_being_deleted
from holdfast.model.live import LiveObject
from holdfast.model.names import OperationPhase, SyncCode
from holdfast.model.resource_types import APPLICATION
from holdfast.testing.invariants import CONTROL_NAMESPACE, owner_of
from holdfast.testing.simulated_git import AppPlan, SimulatedGit, Wish

KINDS = frozenset(
    {
        GroupKind("", "ConfigMap"),
        GroupKind("", "Secret"),
        GroupKind("", "Service"),
        GroupKind("", "ServiceAccount"),
        GroupKind("apps", "Deployment"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRole"),
    }
)


class Expectations:
    """Compares the cluster with the newest commits."""

    def __init__(self, cluster: KubeClient, git: SimulatedGit, apps: list[AppPlan], orphaned: set[str]) -> None:
        self._cluster = cluster
        self._git = git
        self._apps = apps
        self._orphaned = orphaned
        self._discovery: Discovery | None = None
        self._decoded: dict[str, KubeObject] = {}

    async def missing(self) -> list[str]:
        """What is not as it must be yet."""
        live = await self._everything()
        found: list[str] = []
        for app in self._apps:
            application = await self._cluster.get(APPLICATION, CONTROL_NAMESPACE, app.name)
            if application is None:
                found += self._left_behind(app, live)
            else:
                found += self._differences(app, application, live)
        return found

    async def _everything(self) -> dict[ObjectKey, KubeObject]:
        kinds = self._kinds()
        if self._discovery is None or any(self._discovery.find(kind) is None for kind in kinds):
            self._discovery = await self._cluster.discover()
        found: dict[ObjectKey, KubeObject] = {}
        for kind in kinds:
            resource = self._discovery.find(kind)
            if resource is None:
                continue
            try:
                for each in (await self._cluster.list(resource)).items:
                    found[each.key] = self._decode(each)
            except NotFound:
                self._discovery = None
                return await self._everything()
        return found

    def _decode(self, live: LiveObject) -> KubeObject:
        """A version of the cluster is a state of one object alone, and most are looked at many times."""
        version = live.metadata.resource_version
        known = self._decoded.get(version)
        if known is None:
            known = self._decoded[version] = live.decode()
        return known

    def _kinds(self) -> list[GroupKind]:
        wanted = {key.group_kind for app in self._apps for key in self._git.wish(app).objects}
        return sorted(wanted | KINDS)

    def _left_behind(self, app: AppPlan, live: dict[ObjectKey, KubeObject]) -> Iterator[str]:
        if app.cascades and app.name not in self._orphaned:
            for key, obj in live.items():
                if owner_of(obj) == app.name and not options.survives_deletion(obj, ()):
                    yield f"{app.name} is deleted and {key} is still there"

    def _differences(self, app: AppPlan, application: KubeObject, live: dict[ObjectKey, KubeObject]) -> Iterator[str]:
        status = application.get("status") or {}
        sync = status.get("sync") or {}
        if is_being_deleted(application) and self._git.wish(app).unreadable and _has_deletion_hooks(application):
            return  # Its hooks cannot be had.
        if is_being_deleted(application):
            yield f"{app.name} is still being deleted"
            return
        if ((status.get("operationState") or {}).get("phase")) in (
            OperationPhase.RUNNING,
            OperationPhase.TERMINATING,
        ) or application.get("operation"):
            yield f"{app.name}: a sync is still under way: {(status.get('operationState') or {}).get('message')}"
        wish = self._git.wish(app)
        if wish.unreadable or wish.refused:
            yield from _broken(app, wish, status)
            return
        if not wish.objects:
            # Nothing is left but hooks: an automated sync does not take everything away by itself.
            return
        if sync.get("status") != SyncCode.SYNCED or sync.get("revision") != self._git.head_of(app):
            conditions = [one.get("message") for one in status.get("conditions") or ()]
            yield f"{app.name} is {sync.get('status')} at {sync.get('revision')}: {conditions}"
        if (status.get("health") or {}).get("status") != Health.HEALTHY:
            yield f"{app.name} is {status.get('health')}"
        yield from _unlike(app, wish, live)


def _has_deletion_hooks(application: KubeObject) -> bool:
    known = {name for names in FINALIZERS.values() for name in names}
    return any(name in known for name in finalizers_of(application))


def _broken(app: AppPlan, wish: Wish, status: dict[str, Any]) -> Iterator[str]:
    """A source that cannot be had or applied must be told of."""
    code = (status.get("sync") or {}).get("status")
    wanted = SyncCode.UNKNOWN if wish.unreadable else SyncCode.OUT_OF_SYNC
    if code != wanted:
        yield f"{app.name} has a broken source and is {code}, not {wanted}"
    if not status.get("conditions"):
        yield f"{app.name} has a broken source and no condition"


def _unlike(app: AppPlan, wish: Wish, live: dict[ObjectKey, KubeObject]) -> Iterator[str]:
    for key, manifest in wish.objects.items():
        found = live.get(key)
        if found is None:
            yield f"{key} of {app.name} is missing"
        elif owner_of(found) != app.name:
            yield f"{key} belongs to {owner_of(found) or 'nobody'}, not to {app.name}"
        elif not _is_part_of(_as_stored(manifest), found):
            yield f"{key} of {app.name} is not as Git says"
    for key, obj in live.items():
        if owner_of(obj) == app.name and key not in wish.objects and not hooks.is_hook(obj):
            yield f"{key} of {app.name} is not wanted any more and still there"


def _as_stored(manifest: KubeObject) -> KubeObject:
    texts = manifest.get("stringData")
    if not isinstance(texts, dict):
        return manifest
    coded = {name: base64.b64encode(str(text).encode()).decode() for name, text in texts.items()}
    return {**{name: value for name, value in manifest.items() if name != "stringData"}, "data": coded}


def _is_part_of(part: Any, whole: Any) -> bool:
    """Everything that the manifest says is so in the live object."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(_is_part_of(value, whole.get(name)) for name, value in part.items())
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(part) == len(whole)
            and all(_is_part_of(one, other) for one, other in zip(part, whole, strict=True))
        )
    return bool(part == whole)
