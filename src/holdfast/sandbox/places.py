"""What a request speaks of, once its path is known to be served."""

from __future__ import annotations

from msgspec import Struct

from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.storage import Key


class Place(Struct, frozen=True):
    """A collection (`name` is "") or an object of it."""

    served: ServedType
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.name)
