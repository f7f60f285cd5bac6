"""Reflectors against a scripted cluster: list, watch, resume, relist, and kinds that come and go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar

import pytest

from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import Forbidden, Gone, HoldfastError, TooManyRequests, Unavailable
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveMetadata, LiveObject
from holdfast.ports.cluster import Listing, WatchEvent, WatchKind
from holdfast.runtime.clock import LoopClock
from holdfast.runtime.discovery_watch import DiscoveryWatch
from holdfast.runtime.store import Store
from holdfast.runtime.watch import Reflector

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
VERBS = frozenset({"list", "watch", "get"})


def kind(name: str, *, version: str = "v1", group: str = "", verbs: frozenset[str] = VERBS) -> ResourceType:
    return ResourceType(group, version, name, name.lower() + "s", True, verbs)


POD = kind("Pod")
CRD = kind("CustomResourceDefinition", group="apiextensions.k8s.io")


class ScriptedCluster:
    """Keeps objects and a log of events for each kind; the test breaks it where it wants."""

    def __init__(self, *types: ResourceType) -> None:
        self.types = types
        self.version = 100
        self.objects: dict[str, dict[str, LiveObject]] = {}
        self.events: dict[str, list[tuple[int, WatchEvent]]] = {}
        self.changed = asyncio.Event()
        self.refusals: dict[str, HoldfastError] = {}
        self.watch_errors: list[HoldfastError] = []
        self.watched_from: list[str] = []
        self.lists = 0
        self.discoveries = 0

    def put(self, resource: ResourceType, name: str, uid: str = "u") -> None:
        known = name in self.objects.setdefault(resource.kind, {})
        self._emit(resource, name, WatchKind.MODIFIED if known else WatchKind.ADDED, uid)
        self.objects[resource.kind][name] = self.events[resource.kind][-1][1].obj

    def delete(self, resource: ResourceType, name: str) -> None:
        del self.objects[resource.kind][name]
        self._emit(resource, name, WatchKind.DELETED)

    def bookmark(self, resource: ResourceType) -> None:
        self._emit(resource, "", WatchKind.BOOKMARK)

    def drop_connections(self, error: HoldfastError) -> None:
        self.watch_errors.append(error)
        self._announce()

    def _emit(self, resource: ResourceType, name: str, what: WatchKind, uid: str = "u") -> None:
        self.version += 1
        metadata = LiveMetadata(name=name, namespace="ns", uid=f"{uid}-{name}", resource_version=str(self.version))
        event = WatchEvent(what, LiveObject(resource.group, resource.version, resource.kind, metadata, b"{}"))
        self.events.setdefault(resource.kind, []).append((self.version, event))
        self._announce()

    def _announce(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def discover(self) -> Discovery:
        self.discoveries += 1
        return Discovery("v1.36.0", self.types)

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject | None:
        raise AssertionError("a reflector gets nothing")

    async def list(self, resource: ResourceType, *, namespace: str = "", labels: str = "", fields: str = "") -> Listing:
        if resource.kind in self.refusals:
            raise self.refusals[resource.kind]
        self.lists += 1
        return Listing(tuple(self.objects.get(resource.kind, {}).values()), str(self.version))

    async def watch(
        self, resource: ResourceType, *, resource_version: str, namespace: str = "", labels: str = "", fields: str = ""
    ) -> AsyncIterator[WatchEvent]:
        self.watched_from.append(resource_version)
        seen = int(resource_version)
        while True:
            if self.watch_errors:
                raise self.watch_errors.pop(0)
            for version, event in list(self.events.get(resource.kind, [])):
                if version > seen:
                    seen = version
                    yield event
            await self.changed.wait()


Changes = list[tuple[str, str]]


@contextlib.asynccontextmanager
async def in_background(coroutine: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def recorder(changes: Changes) -> Any:
    def on_change(old: LiveObject | None, new: LiveObject | None) -> None:
        what = "added" if old is None else "removed" if new is None else "changed"
        one = new or old
        assert one is not None
        changes.append((what, one.metadata.name))

    return on_change


def reflector(cluster: ScriptedCluster, changes: Changes, store: Store | None = None) -> Reflector:
    return Reflector(
        cluster, POD, Store() if store is None else store, recorder(changes), clock=CLOCK, random=Random(1)
    )


async def test_a_list_fills_the_store_and_the_watch_keeps_it() -> None:
    cluster, changes, store = ScriptedCluster(), Changes(), Store()
    cluster.put(POD, "a")
    watching = reflector(cluster, changes, store)
    async with in_background(watching.run()):
        await watching.synced.wait()
        cluster.put(POD, "b")
        cluster.put(POD, "a")
        cluster.delete(POD, "b")
        await asyncio.sleep(1)
    assert changes == [("added", "a"), ("added", "b"), ("changed", "a"), ("removed", "b")]
    assert {obj.metadata.name for obj in store} == {"a"}
    assert cluster.lists == 1


async def test_a_broken_connection_is_resumed_where_it_broke_off() -> None:
    cluster, changes = ScriptedCluster(), Changes()
    watching = reflector(cluster, changes)
    async with in_background(watching.run()):
        await watching.synced.wait()
        cluster.put(POD, "a")
        await asyncio.sleep(1)
        cluster.drop_connections(Unavailable("reset", status=0))
        await asyncio.sleep(0.1)
        assert watching.error is not None
        cluster.put(POD, "b")
        await asyncio.sleep(30)
        assert watching.error is None
    assert changes == [("added", "a"), ("added", "b")]
    assert (cluster.lists, cluster.watched_from) == (1, ["100", "101"])


async def test_a_bookmark_moves_the_version_and_nothing_else() -> None:
    cluster, changes = ScriptedCluster(), Changes()
    watching = reflector(cluster, changes)
    async with in_background(watching.run()):
        await watching.synced.wait()
        cluster.bookmark(POD)
        await asyncio.sleep(1)
        assert watching.resource_version == "101"
    assert changes == []


async def test_a_version_that_is_gone_is_listed_anew_and_what_vanished_meanwhile_is_reported() -> None:
    cluster, changes = ScriptedCluster(), Changes()
    cluster.put(POD, "stays")
    cluster.put(POD, "goes")
    cluster.put(POD, "born-again", uid="first")
    watching = reflector(cluster, changes)
    async with in_background(watching.run()):
        await watching.synced.wait()
        changes.clear()
        cluster.drop_connections(Gone("too old"))
        cluster.delete(POD, "goes")
        cluster.delete(POD, "born-again")
        cluster.put(POD, "born-again", uid="second")
        cluster.put(POD, "new")
        cluster.events.clear()
        await asyncio.sleep(5)
    assert sorted(changes) == [
        ("added", "born-again"),
        ("added", "new"),
        ("removed", "born-again"),
        ("removed", "goes"),
    ]
    assert cluster.lists == 2


async def test_one_object_that_a_trigger_cannot_read_does_not_end_the_watch() -> None:
    cluster, changes = ScriptedCluster(), Changes()

    def on_change(old: LiveObject | None, new: LiveObject | None) -> None:
        if new is not None and new.metadata.name == "bad":
            raise KeyError("spec")
        recorder(changes)(old, new)

    watching = Reflector(cluster, POD, Store(), on_change, clock=CLOCK, random=Random(1))
    async with in_background(watching.run()):
        await watching.synced.wait()
        cluster.put(POD, "bad")
        cluster.put(POD, "good")
        await asyncio.sleep(1)
    assert changes == [("added", "good")]


async def test_a_server_that_ends_each_watch_at_once_is_not_hammered() -> None:
    class Hasty(ScriptedCluster):
        async def watch(self, resource: ResourceType, **_: Any) -> AsyncIterator[WatchEvent]:
            self.watched_from.append("")
            nothing: tuple[WatchEvent, ...] = ()
            for event in nothing:
                yield event

    cluster = Hasty()
    async with in_background(reflector(cluster, []).run()):
        await asyncio.sleep(100)
    assert len(cluster.watched_from) < 150


def discovery_watch(cluster: ScriptedCluster, store: Store, changes: Changes) -> DiscoveryWatch:
    return DiscoveryWatch(cluster, store, recorder(changes), clock=CLOCK, random=Random(1))


async def test_every_kind_that_can_be_watched_is_watched() -> None:
    cluster = ScriptedCluster(
        POD,
        kind("Event"),
        kind("TokenReview", group="authentication.k8s.io"),
        kind("Binding", verbs=frozenset({"create"})),
    )
    watch = discovery_watch(cluster, Store(), [])
    async with in_background(watch.run()):
        await watch.synced.wait()
        assert set(watch.reflectors) == {POD.group_kind}


async def test_a_kind_is_watched_soon_after_its_definition_and_forgotten_after_its_end() -> None:
    cluster, changes, store = ScriptedCluster(POD, CRD), Changes(), Store()
    widget = kind("Widget", group="example.com")
    watch = discovery_watch(cluster, store, changes)
    async with in_background(watch.run()):
        await watch.synced.wait()
        cluster.types = (POD, CRD, widget)
        cluster.put(widget, "w")
        cluster.put(CRD, "widgets.example.com")
        await asyncio.sleep(2)
        assert ("added", "w") in changes
        cluster.types = (POD, CRD)
        cluster.delete(CRD, "widgets.example.com")
        await asyncio.sleep(2)
        assert ("removed", "w") in changes
        assert GroupKind("example.com", "Widget") not in watch.reflectors


async def test_discovery_is_repeated_every_few_minutes() -> None:
    cluster = ScriptedCluster(POD)
    watch = discovery_watch(cluster, Store(), [])
    async with in_background(watch.run()):
        await asyncio.sleep(timedelta(minutes=10).total_seconds())
    assert cluster.discoveries == 4


async def test_a_discovery_that_fails_is_repeated_soon_and_not_before_the_server_wants() -> None:
    class Failing(ScriptedCluster):
        failures: ClassVar[list[HoldfastError]] = [
            Unavailable("no leader", status=500),
            TooManyRequests("busy", details={"retryAfterSeconds": 20}),
        ]

        async def discover(self) -> Discovery:
            found = await super().discover()
            if self.failures:
                raise self.failures.pop(0)
            return found

    cluster = Failing(POD)
    watch = discovery_watch(cluster, Store(), [])
    async with in_background(watch.run()):
        await asyncio.sleep(2)
        assert cluster.discoveries == 2
        await asyncio.sleep(15)
        assert cluster.discoveries == 2
        await asyncio.wait_for(watch.synced.wait(), 10)


@pytest.mark.parametrize(
    ("error", "lists"),
    [
        (Unavailable("connection refused", status=0), 1),
        (TooManyRequests("busy"), 1),
        (Unavailable("etcd is restored from a backup", status=500), 2),
    ],
    ids=["no answer", "too much asked", "a server that fails"],
)
async def test_an_outage_is_not_answered_with_lists(error: HoldfastError, lists: int) -> None:
    cluster = ScriptedCluster()
    async with in_background(reflector(cluster, []).run()):
        await asyncio.sleep(1)
        cluster.watch_errors = [error] * 5
        cluster.drop_connections(error)
        await asyncio.sleep(120)
        assert cluster.lists == lists


async def test_one_forbidden_kind_does_not_hold_up_the_others() -> None:
    secret = kind("Secret")
    cluster, changes = ScriptedCluster(POD, secret), Changes()
    cluster.refusals["Secret"] = Forbidden("secrets is forbidden")
    cluster.put(POD, "a")
    watch = discovery_watch(cluster, Store(), changes)
    async with in_background(watch.run()):
        await asyncio.wait_for(watch.synced.wait(), 1)
        assert changes == [("added", "a")]
        assert isinstance(watch.reflectors[secret.group_kind].error, Forbidden)
        del cluster.refusals["Secret"]
        cluster.put(secret, "s")
        await asyncio.sleep(60)
        assert ("added", "s") in changes


async def test_a_kind_whose_server_fails_does_not_hold_up_the_others_for_long() -> None:
    widget = kind("Widget", group="example.com")
    cluster = ScriptedCluster(POD, widget)
    cluster.refusals["Widget"] = Unavailable("conversion webhook failed", status=500)
    watch = discovery_watch(cluster, Store(), [])
    async with in_background(watch.run()):
        await asyncio.wait_for(watch.synced.wait(), 15)


async def test_a_kind_of_which_too_much_was_asked_is_waited_for() -> None:
    secret = kind("Secret")
    cluster = ScriptedCluster(POD, secret)
    cluster.refusals["Secret"] = TooManyRequests("busy")
    watch = discovery_watch(cluster, Store(), [])
    async with in_background(watch.run()):
        await asyncio.sleep(120)
        assert not watch.synced.is_set()
        del cluster.refusals["Secret"]
        await asyncio.wait_for(watch.synced.wait(), 60)


async def test_what_was_written_is_seen_at_once_and_told_once() -> None:
    cluster, changes, store = ScriptedCluster(POD), Changes(), Store()
    watch = discovery_watch(cluster, store, changes)
    async with in_background(watch.run()):
        await watch.synced.wait()
        await asyncio.sleep(1)
        cluster.put(POD, "a")
        written = cluster.objects["Pod"]["a"]
        watch.note(pod_dict("a", written.metadata.resource_version))
        assert changes == [("added", "a")]
        await asyncio.sleep(1)
        assert changes == [("added", "a")]


async def test_an_answer_that_arrives_after_the_end_of_its_object_does_not_bring_it_back() -> None:
    cluster, changes, store = ScriptedCluster(POD), Changes(), Store()
    watch = discovery_watch(cluster, store, changes)
    async with in_background(watch.run()):
        await watch.synced.wait()
        await asyncio.sleep(1)
        cluster.put(POD, "a")
        version = cluster.objects["Pod"]["a"].metadata.resource_version
        cluster.delete(POD, "a")
        await asyncio.sleep(1)
        watch.note(pod_dict("a", version))
    assert len(store) == 0
    assert changes == [("added", "a"), ("removed", "a")]


def pod_dict(name: str, version: str) -> KubeObject:
    metadata = {"name": name, "namespace": "ns", "uid": f"u-{name}", "resourceVersion": version}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


async def test_a_kind_served_at_another_version_is_taken_over_without_reporting_its_objects_as_gone() -> None:
    old, new = kind("Widget", group="example.com"), kind("Widget", group="example.com", version="v2")
    cluster, changes, store = ScriptedCluster(old), Changes(), Store()
    cluster.put(old, "w")
    watch = discovery_watch(cluster, store, changes)
    async with in_background(watch.run()):
        await watch.synced.wait()
        cluster.types = (new, old)
        watch.rediscover()
        await asyncio.sleep(2)
        cluster.delete(new, "w")
        await asyncio.sleep(2)
    assert changes == [("added", "w"), ("removed", "w")]
