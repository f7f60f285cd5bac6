"""A live object as the store keeps it: a small Struct of its metadata and, where needed, its raw bytes."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct, field

from holdfast.model import packed_json
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject

T = TypeVar("T", bound=Struct)


class OwnerReference(Struct, frozen=True, gc=False, rename="camel"):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class LiveMetadata(Struct, frozen=True, gc=False, rename="camel"):
    """The part of `metadata` that deciding needs; managedFields stay in the raw bytes."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def is_controlled(self) -> bool:
        return any(owner.controller for owner in self.owner_references)


class LiveObject(Struct, frozen=True, gc=False):
    """`raw` is the JSON of the whole object, which may stand in `packed` instead; both are empty when only metadata is kept."""

    group: str
    version: str
    kind: str
    metadata: LiveMetadata = field(default_factory=LiveMetadata)
    raw: bytes = b""
    packed: bytes = b""

    @property
    def is_whole(self) -> bool:
        return bool(self.raw or self.packed)

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.group, self.kind, self.metadata.namespace, self.metadata.name)

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def decode(self) -> KubeObject:
        """The whole object, a new dict at every call. Raises ValueError when only metadata is kept."""
        obj: KubeObject = msgspec.json.decode(self._json())
        return {"apiVersion": self.api_version, "kind": self.kind, **obj}

    def read_as(self, model: type[T]) -> T:
        """The whole object as a Struct of ours, without the dict between. Raises ValueError when only metadata is kept, and
        msgspec.ValidationError."""
        return msgspec.json.decode(self._json(), type=model)

    def _json(self) -> bytes:
        if not self.is_whole:
            raise ValueError(f"{self.key}: only its metadata is kept")
        return self.raw or packed_json.unpack(self.packed)
