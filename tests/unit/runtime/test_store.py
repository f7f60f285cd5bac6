"""The indexed store."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.keys import GroupKind
from holdfast.model.live import LiveMetadata, LiveObject, OwnerReference
from holdfast.runtime.store import Store

CONFIG_MAP = GroupKind("", "ConfigMap")


def config_map(name: str, *, uid: str = "", owner: str = "", tracked: str = "", namespace: str = "ns") -> LiveObject:
    metadata = LiveMetadata(
        name=name,
        namespace=namespace,
        uid=uid or f"uid-{namespace}-{name}",
        annotations={"tracking-id": tracked} if tracked else None,
        owner_references=(OwnerReference(uid=owner),) if owner else (),
    )
    return LiveObject("", "v1", "ConfigMap", metadata, b'{"metadata":{}}')


def tracked_by(obj: LiveObject) -> list[str]:
    tracking = (obj.metadata.annotations or {}).get("tracking-id")
    return [tracking] if tracking else []


def names(objects: list[LiveObject]) -> set[str]:
    return {obj.metadata.name for obj in objects}


def test_an_object_is_found_by_key_uid_owner_index_and_kind() -> None:
    store = Store(indexes={"tracking": tracked_by})
    one = config_map("one", uid="1", owner="o", tracked="app:x")
    assert store.put(one) is None
    store.put(config_map("two", namespace="other"))
    assert store.get(one.key) == one
    assert store.by_uid("1") == one
    assert store.owned_by("o") == [one]
    assert store.indexed("tracking", "app:x") == [one]
    assert names(store.of_kind(CONFIG_MAP)) == {"one", "two"}
    assert names(store.of_kind(CONFIG_MAP, "other")) == {"two"}


def test_a_replaced_object_leaves_nothing_of_its_old_self_in_the_indexes() -> None:
    store = Store(indexes={"tracking": tracked_by})
    old = config_map("one", uid="1", owner="o", tracked="app:x")
    store.put(old)
    assert store.put(config_map("one", uid="2", owner="p", tracked="app:y")) == old
    assert store.by_uid("1") is None
    assert store.owned_by("o") == []
    assert store.indexed("tracking", "app:x") == []
    assert names(store.indexed("tracking", "app:y")) == {"one"}


def test_raw_bytes_are_kept_only_where_they_are_wanted() -> None:
    store = Store(keep_raw=lambda obj: bool(tracked_by(obj)))
    store.put(config_map("owned", tracked="app:x"))
    store.put(config_map("stray"))
    assert [obj.is_whole for obj in store] == [True, False]


def test_a_large_object_is_held_packed_and_reads_as_before() -> None:
    store = Store()
    whole = msgspec.json.encode(
        {"metadata": {"name": "one"}, "data": {f"key-{number}": "value" for number in range(99)}}
    )
    store.put(msgspec.structs.replace(config_map("one"), raw=whole))
    (held,) = store
    assert held.is_whole
    assert held.decode() == {"apiVersion": "v1", "kind": "ConfigMap", **msgspec.json.decode(whole)}
    assert len(held.raw) + len(held.packed) < len(whole) / 3


def test_an_index_that_fails_leaves_the_store_as_it_was() -> None:
    def broken(obj: LiveObject) -> list[str]:
        if obj.metadata.uid == "bad":
            raise KeyError("spec")
        return []

    store = Store(indexes={"broken": broken})
    good = config_map("one")
    store.put(good)
    with pytest.raises(KeyError):
        store.put(config_map("one", uid="bad"))
    assert store.get(good.key) == good


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from(["", "o", "p"])))
)
def test_indexes_always_agree_with_the_objects(steps: list[tuple[bool, str, str, str]]) -> None:
    store = Store(indexes={"tracking": tracked_by})
    objects: dict[str, LiveObject] = {}
    for put, name, generation, owner in steps:
        obj = config_map(name, uid=f"{name}{generation}", owner=owner, tracked=owner)
        if put:
            assert store.put(obj) == objects.get(name)
            objects[name] = obj
        else:
            assert store.remove(obj.key) == objects.pop(name, None)
    assert {obj.metadata.name: obj for obj in store} == objects
    assert len(store) == len(objects)
    for owner in ("o", "p"):
        owned = {name for name, obj in objects.items() if tracked_by(obj) == [owner]}
        assert names(store.owned_by(owner)) == names(store.indexed("tracking", owner)) == owned
    for obj in objects.values():
        assert store.by_uid(obj.metadata.uid) == obj
