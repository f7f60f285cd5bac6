"""The live objects that the watches have seen, found by key, by uid, by owner and by indexes of the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

import msgspec

from holdfast.model import packed_json
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, group_of, kind_of, version_of
from holdfast.model.live import LiveMetadata, LiveObject
from holdfast.runtime.shared_texts import SharedTexts

T = TypeVar("T")

Index: TypeAlias = Callable[[LiveObject], Iterable[str]]
"""The values under which an object is found; it sees the raw bytes even where they are not kept."""


class Store:
    """Holds one state of each object, packed. `keep_raw` says whether its raw bytes are worth their memory."""

    def __init__(
        self,
        *,
        keep_raw: Callable[[LiveObject], bool] = lambda _: True,
        indexes: Mapping[str, Index] | None = None,
    ) -> None:
        self._keep_raw = keep_raw
        self._indexes = dict(indexes or {})
        self._shared = SharedTexts()
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._kinds: dict[GroupKind, dict[ObjectKey, None]] = {}
        self._uids: dict[str, ObjectKey] = {}
        self._owned: dict[str, dict[ObjectKey, None]] = {}
        self._indexed: dict[str, dict[str, dict[ObjectKey, None]]] = {name: {} for name in self._indexes}
        self._index_values: dict[ObjectKey, dict[str, tuple[str, ...]]] = {}
        self._reached: dict[GroupKind, str] = {}

    def put(self, obj: LiveObject) -> LiveObject | None:
        """Answers what was there before."""
        values = {name: tuple(index(obj)) for name, index in self._indexes.items()}
        kept = self._kept(obj)
        old = self.remove(obj.key)
        key = kept.key
        self._objects[key] = kept
        self._kinds.setdefault(kept.group_kind, {})[key] = None
        self._uids[kept.metadata.uid] = key
        for owner in kept.metadata.owner_references:
            self._owned.setdefault(owner.uid, {})[key] = None
        if any(values.values()):
            self._index_values[key] = values
        for name, found_under in values.items():
            for value in found_under:
                self._indexed[name].setdefault(value, {})[key] = None
        return old

    def _kept(self, obj: LiveObject) -> LiveObject:
        raw = obj.raw if self._keep_raw(obj) else b""
        packed = b""
        if len(raw) >= packed_json.SMALLEST:
            raw, packed = b"", packed_json.pack(raw)
        return msgspec.structs.replace(obj, metadata=self._shared.within(obj.metadata), raw=raw, packed=packed)

    def reach(self, group_kind: GroupKind, version: str) -> None:
        """Everything that happened to objects of this kind up to this resource version has been taken in."""
        self._reached[group_kind] = version

    def has_reached(self, group_kind: GroupKind, version: str) -> bool:
        """Whether a write that was answered with this resource version is known already, and maybe what followed it."""
        reached = self._reached.get(group_kind, "")
        return is_before(version, reached) or (version == reached and version.isdecimal())

    def knows_newer(self, obj: LiveObject) -> bool:
        """Whether what is held is the same object in a later state."""
        known = self._objects.get(obj.key)
        if known is None or known.metadata.uid != obj.metadata.uid:
            return False
        return is_before(obj.metadata.resource_version, known.metadata.resource_version)

    def remove(self, key: ObjectKey) -> LiveObject | None:
        old = self._objects.pop(key, None)
        if old is None:
            return None
        _drop(self._kinds, old.group_kind, key)
        if self._uids.get(old.metadata.uid) == key:
            del self._uids[old.metadata.uid]
        for owner in old.metadata.owner_references:
            _drop(self._owned, owner.uid, key)
        for name, values in self._index_values.pop(key, {}).items():
            for value in values:
                _drop(self._indexed[name], value, key)
        return old

    def get(self, key: ObjectKey) -> LiveObject | None:
        return self._objects.get(key)

    def by_uid(self, uid: str) -> LiveObject | None:
        key = self._uids.get(uid)
        return None if key is None else self._objects.get(key)

    def owned_by(self, uid: str) -> list[LiveObject]:
        """The objects that name this uid among their owners."""
        return [self._objects[key] for key in self._owned.get(uid, ())]

    def indexed(self, index: str, value: str) -> list[LiveObject]:
        return [self._objects[key] for key in self._indexed[index].get(value, ())]

    def of_kind(self, group_kind: GroupKind, namespace: str = "") -> list[LiveObject]:
        """All namespaces unless one is given."""
        keys = self._kinds.get(group_kind, ())
        return [self._objects[key] for key in keys if namespace in ("", key.namespace)]

    def __iter__(self) -> Iterator[LiveObject]:
        return iter(list(self._objects.values()))

    def __len__(self) -> int:
        return len(self._objects)


def is_before(version: str, other: str) -> bool:
    """Whether both are numbers, as versions of one resource are where they can be compared.

    Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return version.isdecimal() and other.isdecimal() and int(version) < int(other)


def _drop(found: dict[T, dict[ObjectKey, None]], under: T, key: ObjectKey) -> None:
    keys = found.get(under)
    if keys is not None:
        keys.pop(key, None)
        if not keys:
            del found[under]


def live_object(obj: KubeObject) -> LiveObject:
    """The form in which the store keeps what a server answered."""
    metadata = msgspec.convert(obj.get("metadata") or {}, LiveMetadata)
    return LiveObject(group_of(obj), version_of(obj), kind_of(obj), metadata, msgspec.json.encode(obj))
