"""Identities: what an object is called, never a bare tuple."""

from __future__ import annotations

from msgspec import Struct


class GroupKind(Struct, frozen=True, order=True, gc=False):
    """An API group ("" is the core group) and a kind."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}" if self.group else self.kind


class ObjectKey(Struct, frozen=True, order=True, gc=False):
    """One object of a cluster; `namespace` is "" for cluster-scoped kinds. The version does not identify."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.group_kind} {place}"


class NamespacedName(Struct, frozen=True, order=True, gc=False):
    """The key of a reconcile."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
