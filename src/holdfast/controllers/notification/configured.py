"""The settings of notifications as the cluster has them, read anew every few seconds."""

from __future__ import annotations

import base64
import binascii
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from holdfast.controllers.notification.subject import Subject
from holdfast.engine.notify import settings
from holdfast.engine.notify.deliveries import Place
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Reader

HOLDS_SECONDS: Final = 5.0
MOST_NAMESPACES: Final = 2_000

log = logging.getLogger("holdfast.notification")


class _Read(Struct, frozen=True):
    """`version` is that of the ConfigMap, "" where there is none."""

    at: float
    version: str = ""
    found: settings.Settings | None = None


class Configured:
    """`namespaces` are the controller's own: what is in the first one counts. With `self_service` the ConfigMap beside an
    object holds for it, too."""

    def __init__(
        self, cluster: Reader, clock: Clock, subject: Subject, namespaces: Sequence[str], *, self_service: bool = False
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._subject = subject
        self._namespaces = tuple(namespaces)
        self._self_service = self_service
        self._reads: OrderedDict[str, _Read] = OrderedDict()

    async def places(self, namespace: str) -> list[Place]:
        """All settings that hold for the objects of a namespace. What cannot be read now is taken as it was."""
        found = []
        for own in self._namespaces:
            read = await self._settings(own)
            if read is not None:
                found.append(Place(read))
                break
        if self._self_service and namespace not in self._namespaces:
            read = await self._settings(namespace)
            if read is not None:
                found.append(Place(read, namespace))
        return found

    async def secrets(self, place: Place) -> Mapping[str, str]:
        """Of the Secret beside the settings. Raises ApiError."""
        for namespace in (place.namespace,) if place.namespace else self._namespaces:
            if not place.namespace and await self._settings(namespace) is None:
                continue
            found = await self._cluster.get(SECRET, namespace, self._subject.secret)
            return {} if found is None else decoded(found)
        return {}

    async def _settings(self, namespace: str) -> settings.Settings | None:
        known, now = self._reads.get(namespace), self._clock.monotonic()
        if known is not None and now - known.at < HOLDS_SECONDS:
            return known.found
        try:
            obj = await self._cluster.get(CONFIG_MAP, namespace, self._subject.config_map)
        except HoldfastError as error:
            log.warning("%s/%s cannot be read: %s", namespace, self._subject.config_map, error)
            known = known or _Read(now)
            self._reads[namespace] = structs.replace(known, at=now)
            return known.found
        self._reads[namespace] = self._read(namespace, known, obj, now)
        self._reads.move_to_end(namespace)
        while len(self._reads) > MOST_NAMESPACES:
            self._reads.popitem(last=False)
        return self._reads[namespace].found

    def _read(self, namespace: str, known: _Read | None, obj: KubeObject | None, now: float) -> _Read:
        if obj is None:
            return _Read(now)
        version = str(obj["metadata"].get("resourceVersion") or "")
        if known is not None and version and known.version == version:
            return _Read(now, version, known.found)
        found = settings.read(obj.get("data") or {})
        for problem in found.problems:
            log.warning("%s/%s: %s", namespace, self._subject.config_map, problem)
        return _Read(now, version, found)


def decoded(secret: KubeObject) -> dict[str, str]:
    """Of the Secret's `data` and, in a file, `stringData`."""
    found = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            found[key] = base64.b64decode(value).decode("utf-8", "replace")
        except (binascii.Error, TypeError):
            log.warning("the key %s of the Secret %s is no base64", key, secret["metadata"].get("name"))
    return {**found, **{key: str(value) for key, value in (secret.get("stringData") or {}).items()}}
