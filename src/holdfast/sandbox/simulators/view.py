"""What a simulator sees of the cluster and how it writes to it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from holdfast.model.discovery import ResourceType
from holdfast.model.errors import AlreadyExists, Conflict, NotFound, Waiting
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, group_kind_of, name_of, namespace_of, uid_of
from holdfast.model.live import LiveObject
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster, PatchKind, Propagation
from holdfast.runtime.discovery_watch import DiscoveryWatch
from holdfast.runtime.outcome import Outcome
from holdfast.runtime.store import Store

# The last letters of generated names: no vowels, so that they form no words.
LETTERS = "bcdfghjklmnpqrstvwxz2456789"

log = logging.getLogger("holdfast.sandbox.simulators")


class Simulator(Protocol):
    """One controller: which kinds it looks at, which of its objects a change concerns, and what it does about one."""

    name: str
    kinds: frozenset[GroupKind]

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]: ...

    async def reconcile(self, key: ObjectKey) -> Outcome: ...


class ClusterView:
    """Reads come from the store, which holds everything that was written here as soon as it is written."""

    def __init__(self, cluster: Cluster, watch: DiscoveryWatch, store: Store, clock: Clock, random: Random) -> None:
        self.cluster = cluster
        self.store = store
        self._watch = watch
        self._clock = clock
        self._random = random

    def now(self) -> datetime:
        return self._clock.now()

    def served(self, kind: GroupKind, version: str = "") -> ResourceType | None:
        return self._watch.discovery.find(kind, version) if self._watch.discovery else None

    def find(self, key: ObjectKey) -> KubeObject | None:
        found = self.store.get(key)
        return None if found is None else found.decode()

    def all(self, kind: GroupKind, namespace: str = "") -> list[KubeObject]:
        return [found.decode() for found in self.store.of_kind(kind, namespace)]

    def owned(self, owner: KubeObject, kind: GroupKind) -> list[KubeObject]:
        """What `owner` controls, by name."""
        found = [each for each in self.store.owned_by(uid_of(owner)) if each.group_kind == kind]
        return [each.decode() for each in sorted(found, key=lambda each: each.metadata.name)]

    def suffix(self) -> str:
        return "".join(self._random.choices(LETTERS, k=5))

    async def create(self, obj: KubeObject, manager: str) -> None:
        """An object that is there already is fine: somebody was faster."""
        try:
            self._watch.note(await self.cluster.create(self._type_of(obj), obj, field_manager=manager))
        except AlreadyExists as error:
            log.debug("%s", error)

    async def write_status(self, obj: KubeObject, status: dict[str, Any], manager: str) -> None:
        """Nothing is written when nothing changes; it is refused when the object has changed meanwhile."""
        if status == (obj.get("status") or {}):
            return
        resource = self._type_of(obj)
        subresource = "status" if "status" in resource.subresources else ""
        try:
            answer = await self.cluster.replace(
                resource, {**obj, "status": status}, field_manager=manager, subresource=subresource
            )
        except Conflict:
            raise Waiting(timedelta(milliseconds=100), "Conflict", "the object has changed meanwhile") from None
        except NotFound:
            return
        self._watch.note(answer)

    async def merge(self, obj: KubeObject, body: dict[str, Any], manager: str, subresource: str = "") -> None:
        """An object that is gone is left alone."""
        try:
            answer = await self.cluster.patch(
                self._type_of(obj),
                namespace_of(obj),
                name_of(obj),
                body,
                PatchKind.MERGE,
                field_manager=manager,
                subresource=subresource,
            )
        except NotFound:
            return
        if not subresource:
            self._watch.note(answer)

    async def delete(
        self, obj: KubeObject, *, grace: int | None = None, propagation: Propagation = Propagation.BACKGROUND
    ) -> None:
        """This very object; that it or its name's bearer is gone is what was wanted."""
        try:
            await self.cluster.delete(
                self._type_of(obj),
                namespace_of(obj),
                name_of(obj),
                propagation=propagation,
                uid=uid_of(obj),
                grace_period_seconds=grace,
            )
        except (NotFound, Conflict) as error:
            log.debug("%s", error)

    def _type_of(self, obj: KubeObject) -> ResourceType:
        version = str(obj.get("apiVersion") or "").rpartition("/")[2]
        resource = self.served(group_kind_of(obj), version)
        if resource is None:
            raise Waiting(timedelta(seconds=5), "KindNotServed", f"{group_kind_of(obj)} is not served")
        return resource


def owner_reference(owner: KubeObject) -> dict[str, Any]:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def own_and_owner(changed: LiveObject, kind: GroupKind) -> list[ObjectKey]:
    """The object itself when it is of `kind`, and the object of `kind` that controls it."""
    if changed.group_kind == kind:
        return [changed.key]
    return [
        ObjectKey(kind.group, kind.kind, changed.metadata.namespace, owner.name)
        for owner in changed.metadata.owner_references
        if owner.controller and owner.kind == kind.kind and owner.api_version.rpartition("/")[0] == kind.group
    ]
