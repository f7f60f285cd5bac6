"""The metadata of our own resources, as far as deciding needs it."""

from __future__ import annotations

from msgspec import field

from holdfast.model.fields import ApiStruct
from holdfast.model.keys import NamespacedName
from holdfast.model.live import OwnerReference


class ObjectMeta(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def key(self) -> NamespacedName:
        return NamespacedName(self.namespace, self.name)
