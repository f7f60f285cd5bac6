"""Where the records of syncs are kept, when not in the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from holdfast.model.kube import KubeObject
from holdfast.model.sync_record import Drift


class RecordOwner(Struct, frozen=True):
    """One Application. Its uid tells it from an earlier one of the same name."""

    namespace: str
    name: str
    uid: str


class RecordHeader(Struct, frozen=True):
    """What is known of a record without reading it: `open_drift` marks the drift that is open in it, "" when none is."""

    name: str
    open_drift: str = ""


class Records(Protocol):
    """Raises Transient with reason StorageUnavailable, and Blocked with reason StorageRefused."""

    async def headers(self, owner: RecordOwner) -> tuple[RecordHeader, ...]:
        """The oldest first. An answer of before may serve: only this process writes the records of the owner."""
        ...

    async def read(self, owner: RecordOwner, name: str) -> KubeObject | None: ...

    async def write(self, owner: RecordOwner, document: KubeObject) -> None:
        """A whole SyncRecord; the same one written twice is there once."""
        ...

    async def note(self, owner: RecordOwner, name: str, entries: Sequence[Drift], mark: str) -> None:
        """Replaces the drift of a record."""
        ...

    async def remove(self, owner: RecordOwner, name: str) -> None: ...


class StoragePlace(Struct, frozen=True):
    """A place in object storage. Secrets are never shown."""

    url: str
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""

    def __repr__(self) -> str:
        return f"StoragePlace(url={self.url!r})"


class RecordStorages(Protocol):
    def open(self, place: StoragePlace) -> Records:
        """Raises Blocked with reason StorageInvalid or StorageUnsupported."""
        ...
