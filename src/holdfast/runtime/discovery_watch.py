"""Watches every kind that a cluster serves, as kinds come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from random import Random

from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import HoldfastError
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of, version_of
from holdfast.model.live import LiveObject
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Reader
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.loop import retry_after
from holdfast.runtime.store import Store, live_object
from holdfast.runtime.watch import LONGEST_PAUSE, OnChange, Reflector

THREE_MINUTES = timedelta(minutes=3)
# Kinds are defined in bunches, and a new one is served a moment after its definition says so.
SETTLING = 0.5

DEFINING_KINDS = frozenset(
    {
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind("apiregistration.k8s.io", "APIService"),
    }
)

# Kinds that change all the time, or that are questions rather than objects: nobody declares them in Git.
# Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#resource-exclusioninclusion
QUIET_KINDS = frozenset(
    {
        GroupKind("", "Endpoints"),
        GroupKind("", "Event"),
        GroupKind("discovery.k8s.io", "EndpointSlice"),
        GroupKind("events.k8s.io", "Event"),
        GroupKind("coordination.k8s.io", "Lease"),
        GroupKind("certificates.k8s.io", "CertificateSigningRequest"),
        GroupKind("cert-manager.io", "CertificateRequest"),
    }
)
QUIET_GROUPS = frozenset(
    {
        "authentication.k8s.io",
        "authorization.k8s.io",
        "metrics.k8s.io",
        "custom.metrics.k8s.io",
        "external.metrics.k8s.io",
    }
)

log = logging.getLogger("holdfast.watch")


def watched_by_default(resource: ResourceType) -> bool:
    return resource.group not in QUIET_GROUPS and resource.group_kind not in QUIET_KINDS


class DiscoveryWatch:
    """One reflector for each kind that can be listed and watched and that `wanted` wants, at its preferred version.

    `synced` is set once every kind of the first discovery has been listed or refused.
    """

    def __init__(
        self,
        cluster: Reader,
        store: Store,
        on_change: OnChange,
        *,
        clock: Clock,
        random: Random,
        wanted: Callable[[ResourceType], bool] = watched_by_default,
        every: timedelta = THREE_MINUTES,
    ) -> None:
        self.discovery: Discovery | None = None
        self.reflectors: dict[GroupKind, Reflector] = {}
        self.synced = asyncio.Event()
        self._cluster = cluster
        self._store = store
        self._on_change = on_change
        self._clock = clock
        self._random = random
        self._wanted = wanted
        self._every = every
        self._backoff = Backoff(random, cap=LONGEST_PAUSE)
        self._tasks: dict[GroupKind, asyncio.Task[None]] = {}
        self._asked = asyncio.Event()
        self._listeners: list[Callable[[Discovery], None]] = []

    def rediscover(self) -> None:
        """Soon, without waiting for the next regular time."""
        self._asked.set()

    def note(self, written: KubeObject) -> None:
        """Takes in what a write was answered with, so that the next look at the store sees it."""
        reflector = self.reflectors.get(group_kind_of(written))
        if reflector is not None and reflector.resource.version == version_of(written):
            reflector.note(live_object(written))

    def on_discovery(self, listener: Callable[[Discovery], None]) -> None:
        """Called with each discovery that differs from the one before."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            failures = 0
            while True:
                self._asked.clear()
                try:
                    self._adopt(await self._cluster.discover(), group)
                except HoldfastError as error:
                    failures += 1
                    after = max(self._backoff.delay(failures), retry_after(error) or timedelta(0))
                    log.warning("discovery failed: %s; again in %.3g s", error, after.total_seconds())
                    await self._clock.sleep(after.total_seconds())
                else:
                    failures = 0
                    await self._pause(group)

    def _adopt(self, discovery: Discovery, group: asyncio.TaskGroup) -> None:
        wanted = self._wanted_types(discovery)
        for kind in [kind for kind in self.reflectors if kind not in wanted]:
            log.info("%s is not served any more", kind)
            self._stop(kind).forget()
        started = []
        for kind, resource in wanted.items():
            previous = self.reflectors.get(kind)
            if previous is None or not _same_place(previous.resource, resource):
                started.append(self._start(resource, group))
        if discovery != self.discovery:
            first = self.discovery is None
            self.discovery = discovery
            if first:
                group.create_task(self._await_answers(started), name="watch: first lists")
            for listener in self._listeners:
                listener(discovery)

    def _wanted_types(self, discovery: Discovery) -> dict[GroupKind, ResourceType]:
        wanted: dict[GroupKind, ResourceType] = {}
        for resource in discovery.types:
            if resource.verbs >= {"list", "watch"} and self._wanted(resource):
                wanted.setdefault(resource.group_kind, resource)
        return wanted

    def _start(self, resource: ResourceType, group: asyncio.TaskGroup) -> Reflector:
        reflector = Reflector(
            self._cluster, resource, self._store, self._changed, clock=self._clock, random=self._random
        )
        kind = resource.group_kind
        if kind in self.reflectors:
            reflector.take_over(self._stop(kind))
        self.reflectors[kind] = reflector
        self._tasks[kind] = group.create_task(reflector.run(), name=f"watch {resource.plural}")
        return reflector

    def _stop(self, kind: GroupKind) -> Reflector:
        self._tasks.pop(kind).cancel()
        reflector = self.reflectors.pop(kind)
        reflector.answered.set()
        return reflector

    async def _await_answers(self, reflectors: list[Reflector]) -> None:
        for reflector in reflectors:
            await reflector.answered.wait()
        self.synced.set()

    def _changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        changed = new or old
        if changed is not None and changed.group_kind in DEFINING_KINDS:
            self._asked.set()
        self._on_change(old, new)

    async def _pause(self, group: asyncio.TaskGroup) -> None:
        regular = group.create_task(self._clock.sleep(self._every.total_seconds()))
        asked = group.create_task(self._asked.wait())
        await asyncio.wait({regular, asked}, return_when=asyncio.FIRST_COMPLETED)
        regular.cancel()
        asked.cancel()
        await self._clock.sleep(SETTLING)


def _same_place(one: ResourceType, other: ResourceType) -> bool:
    return one.collection_path() == other.collection_path() and one.namespaced == other.namespaced
