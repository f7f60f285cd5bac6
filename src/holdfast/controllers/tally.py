"""Counts for monitoring what was done about the objects of one kind, as long as they are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TypeVar

import msgspec

from holdfast.engine.rollout import ownership
from holdfast.model.events import Event
from holdfast.model.figures import ObjectFigures, ReleaseEnd
from holdfast.model.keys import GroupKind, NamespacedName, ObjectKey
from holdfast.model.live import LiveObject
from holdfast.runtime.store import Store

T = TypeVar("T", bound=msgspec.Struct)

NOTHING = ObjectFigures()


class Tally:
    """What is gone is forgotten, or the counts would grow with every object that ever was.

    Of several controllers on one cluster each counts its own objects: those whose label has its `instance_id`. None counts
    all, for a kind that nobody carries out.
    """

    def __init__(self, store: Store, kind: GroupKind, instance_id: str | None = None) -> None:
        self._store = store
        self._kind = kind
        self._instance_id = instance_id
        self._figures: dict[NamespacedName, ObjectFigures] = {}

    @property
    def figures(self) -> Mapping[NamespacedName, ObjectFigures]:
        return MappingProxyType(self._figures)

    def objects(self, model: type[T]) -> Iterator[T]:
        """Those that are there. What cannot be read is told elsewhere."""
        for live in filter(self._is_ours, self._store.of_kind(self._kind)):
            with suppress(msgspec.ValidationError):
                yield live.read_as(model)

    def ran(self, key: NamespacedName, seconds: float, failed: bool) -> None:
        if self._is_there(key):
            self._figures[key] = self._figures.get(key, NOTHING).with_run(seconds, failed=failed)

    def told(self, key: NamespacedName, event: Event) -> None:
        if self._is_there(key):
            self._figures[key] = self._figures.get(key, NOTHING).with_event(event.type, event.reason)

    def ended(self, key: NamespacedName, end: ReleaseEnd) -> None:
        if self._is_there(key):
            self._figures[key] = self._figures.get(key, NOTHING).with_end(end)

    def changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        """Of any kind. Another object of the same name begins anew, and so does one that another controller has had."""
        if old is None or old.group_kind != self._kind:
            return
        if new is None or new.metadata.uid != old.metadata.uid or not self._is_ours(new):
            self._figures.pop(NamespacedName(old.metadata.namespace, old.metadata.name), None)

    def _is_there(self, key: NamespacedName) -> bool:
        live = self._store.get(ObjectKey(self._kind.group, self._kind.kind, key.namespace, key.name))
        return live is not None and self._is_ours(live)

    def _is_ours(self, live: LiveObject) -> bool:
        instance_id = self._instance_id
        return instance_id is None or ownership.is_carried_out_by(instance_id, live.metadata.labels)
