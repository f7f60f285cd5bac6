"""The live objects as one process knows them."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.controllers.application.live_view import INSTANCE, LiveView, instance_of
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveMetadata, LiveObject
from holdfast.model.names import Annotation
from holdfast.runtime.store import Store
from holdfast.testing.builders import config_map

KEY = ObjectKey("", "ConfigMap", "shop", "settings")
WEB = NamespacedName("argocd", "web")


def manifest(version: str, uid: str = "u1", **data: str) -> KubeObject:
    obj = config_map(namespace="shop", data=data, annotations={Annotation.TRACKING_ID: "web:/ConfigMap:shop/settings"})
    return {**obj, "metadata": {**obj["metadata"], "uid": uid, "resourceVersion": version}}


def live(obj: KubeObject) -> LiveObject:
    return LiveObject("", "v1", "ConfigMap", msgspec.convert(obj["metadata"], LiveMetadata), msgspec.json.encode(obj))


class Watched:
    """A store and a view, kept together as the controller keeps them."""

    def __init__(self) -> None:
        self.store = Store(indexes={INSTANCE: instance_of})
        self.view = LiveView(self.store)

    def see(self, obj: KubeObject) -> NamespacedName | None:
        old = self.store.put(live(obj))
        return self.view.saw(old, live(obj))

    def see_gone(self) -> NamespacedName | None:
        return self.view.saw(self.store.remove(KEY), None)

    def data(self) -> Any:
        found = self.view.get(KEY)
        return None if found is None else found.decode()["data"]


def test_an_own_write_counts_before_the_watch_tells_of_it() -> None:
    world = Watched()
    world.see(manifest("5", level="old"))
    world.view.wrote(manifest("9", level="new"))
    assert world.data() == {"level": "new"}
    world.see(manifest("7", level="between"))
    assert world.data() == {"level": "new"}
    world.see(manifest("10", level="newest"))
    assert world.data() == {"level": "newest"}


def test_an_answer_that_comes_after_its_event_is_not_kept() -> None:
    world = Watched()
    world.see(manifest("10", level="newest"))
    world.view.wrote(manifest("9", level="new"))
    assert world.data() == {"level": "newest"}


def test_an_answer_that_comes_after_the_end_of_what_was_written_is_not_kept() -> None:
    world = Watched()
    world.see(manifest("9", level="new"))
    world.see_gone()
    world.store.reach(KEY.group_kind, "10")
    world.view.wrote(manifest("9", level="new"))
    assert world.data() is None


def test_an_own_write_is_forgotten_when_a_later_list_does_not_have_it() -> None:
    world = Watched()
    world.view.wrote(manifest("9", level="new"))
    world.store.reach(KEY.group_kind, "8")
    assert world.data() == {"level": "new"}
    world.store.reach(KEY.group_kind, "9")
    assert world.view.owned_by("web") == []


def test_versions_are_numbers_of_any_length() -> None:
    world = Watched()
    world.see(manifest("9", level="old"))
    world.view.wrote(manifest("10", level="new"))
    assert world.data() == {"level": "new"}


def test_what_was_created_is_owned_before_the_watch_tells_of_it() -> None:
    world = Watched()
    world.view.wrote(manifest("3"))
    assert [obj.key for obj in world.view.owned_by("web")] == [KEY]
    assert world.view.owned_by("other") == []


def test_what_was_deleted_is_being_deleted_until_it_is_gone() -> None:
    world = Watched()
    world.see(manifest("3"))
    world.view.deleted(KEY, "u1")
    found = world.view.get(KEY)
    assert found is not None
    assert found.metadata.deletion_timestamp
    assert found.decode()["metadata"]["deletionTimestamp"]
    world.see_gone()
    assert world.view.get(KEY) is None


def test_a_successor_of_a_deleted_object_is_another_one() -> None:
    world = Watched()
    world.see(manifest("3"))
    world.view.deleted(KEY, "u1")
    world.see(manifest("8", uid="u2"))
    found = world.view.get(KEY)
    assert found is not None
    assert not found.metadata.deletion_timestamp


def test_an_own_write_is_forgotten_when_the_object_goes() -> None:
    world = Watched()
    world.see(manifest("3"))
    world.view.wrote(manifest("4"))
    world.see_gone()
    assert world.view.get(KEY) is None


def test_the_author_of_a_change_knows_it_before_the_watch_tells_of_it() -> None:
    world = Watched()
    world.see(manifest("5"))
    world.view.wrote(manifest("9"), WEB)
    assert world.see(manifest("9")) == WEB


def test_a_change_by_another_or_on_top_of_an_own_one_is_news() -> None:
    world = Watched()
    world.view.wrote(manifest("9"), WEB)
    assert world.see(manifest("8")) is None
    assert world.see(manifest("10")) is None
    world.view.wrote(manifest("12"), WEB)
    assert world.see_gone() is None
