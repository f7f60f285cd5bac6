"""The object storage that argocd-cm names for the ledger: opened when it is needed, left alone for a while when it fails."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import SECRET
from holdfast.model.sync_record import Drift
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Reader
from holdfast.ports.records import RecordHeader, RecordOwner, Records, RecordStorages, StoragePlace
from holdfast.runtime.backoff import Backoff

STORAGE_SETTING = "holdfast.ledger.storage"
STORAGE_SECRET = "holdfast-ledger-storage"  # noqa: S105 - an object's name
PATIENCE = 5.0

T = TypeVar("T")

log = logging.getLogger("holdfast.application")


def place_of(settings: Mapping[str, str], secret: KubeObject | None) -> StoragePlace | None:
    """None when argocd-cm names no storage. Without the Secret, credentials are those of the process."""
    url = settings.get(STORAGE_SETTING, "").strip()
    if not url:
        return None
    values = (secret or {}).get("data") or {}
    return StoragePlace(
        url=url,
        endpoint=settings.get(f"{STORAGE_SETTING}.endpoint", "").strip(),
        region=settings.get(f"{STORAGE_SETTING}.region", "").strip(),
        access_key=_decoded(values.get("accessKeyID")),
        secret_key=_decoded(values.get("secretAccessKey")),
        session_token=_decoded(values.get("sessionToken")),
    )


def _decoded(value: object) -> str:
    try:
        return base64.b64decode(str(value or ""), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Blocked("SecretInvalid", f"the Secret {STORAGE_SECRET} holds what is no base64 of UTF-8 text") from error


class RecordStorage:
    """After a failure it rests, longer each time, so that nobody waits for a storage that is away."""

    def __init__(self, storages: RecordStorages | None, clock: Clock, backoff: Backoff) -> None:
        self._storages = storages
        self._clock = clock
        self._backoff = backoff
        self._opened: tuple[tuple[str, ...], Records] | None = None
        self._failures = 0
        self._rests_until = 0.0

    def is_wanted(self, settings: Mapping[str, str]) -> bool:
        return bool(settings.get(STORAGE_SETTING, "").strip())

    def rests(self) -> bool:
        return self._clock.monotonic() < self._rests_until

    async def opened(self, cluster: Reader, namespace: str, settings: Mapping[str, str]) -> Records:
        """Raises Blocked, and rests, when it cannot be opened as it is set."""
        asked = tuple(settings.get(STORAGE_SETTING + more, "") for more in ("", ".endpoint", ".region"))
        if self._opened is None or self._opened[0] != asked:
            records = await self.attempt(lambda: self._open(cluster, namespace, settings))
            self._opened = asked, _Guarded(self, records)
        return self._opened[1]

    async def _open(self, cluster: Reader, namespace: str, settings: Mapping[str, str]) -> Records:
        place = place_of(settings, await cluster.get(SECRET, namespace, STORAGE_SECRET))
        if self._storages is None or place is None:
            raise Blocked("StorageUnsupported", "this process keeps no records in object storage")
        return self._storages.open(place)

    async def attempt(self, work: Callable[[], Awaitable[T]]) -> T:
        """Raises Transient or Blocked, and rests, when the work fails or takes too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                result = await work()
        except TimeoutError as error:
            raise self._failed(Transient("StorageUnavailable", f"no answer after {PATIENCE:g} s")) from error
        except HoldfastError as error:
            raise self._failed(error) from error
        self._failures = 0
        return result

    def _failed(self, error: HoldfastError) -> HoldfastError:
        """It is opened anew next time: the credentials may have been changed."""
        self._failures += 1
        self._opened = None
        pause = self._backoff.delay(self._failures).total_seconds()
        self._rests_until = self._clock.monotonic() + pause
        log.warning("the storage of the ledger fails: %s; it is tried again in %.0f s", error, pause)
        return error


class _Guarded:
    """Every call is an attempt."""

    def __init__(self, storage: RecordStorage, records: Records) -> None:
        self._storage = storage
        self._records = records

    async def headers(self, owner: RecordOwner) -> tuple[RecordHeader, ...]:
        return await self._storage.attempt(lambda: self._records.headers(owner))

    async def read(self, owner: RecordOwner, name: str) -> KubeObject | None:
        return await self._storage.attempt(lambda: self._records.read(owner, name))

    async def write(self, owner: RecordOwner, document: KubeObject) -> None:
        await self._storage.attempt(lambda: self._records.write(owner, document))

    async def note(self, owner: RecordOwner, name: str, entries: Sequence[Drift], mark: str) -> None:
        await self._storage.attempt(lambda: self._records.note(owner, name, entries, mark))

    async def remove(self, owner: RecordOwner, name: str) -> None:
        await self._storage.attempt(lambda: self._records.remove(owner, name))
