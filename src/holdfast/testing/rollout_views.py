"""What the engine saw when it decided on a write: its decisions are measured against that, however old it was."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from msgspec import Struct

from holdfast.controllers.rollout.controller import RolloutController
from holdfast.controllers.rollout.world import REPLICA_SET, ROLLOUT, SERVICE
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, is_being_deleted, name_of
from holdfast.model.live import LiveObject
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.ports.step_plugins import StepPlugins
from holdfast.testing.rollout_plans import NAMESPACE
from holdfast.testing.rollout_watching import owner_of

VIRTUAL_SERVICE: Final = GroupKind("networking.istio.io", "VirtualService")
DESTINATION_RULE: Final = GroupKind("networking.istio.io", "DestinationRule")
LOOKED_AT: Final = (ROLLOUT, REPLICA_SET, SERVICE, VIRTUAL_SERVICE, DESTINATION_RULE)


class View(Struct):
    """`scaled` are the counts that were written since on the strength of it."""

    at: float
    objects: dict[GroupKind, list[LiveObject]]
    scaled: dict[str, int] = {}

    def all(self, kind: GroupKind) -> list[KubeObject]:
        return [live.decode() for live in self.objects[kind] if live.is_whole]

    def find(self, kind: GroupKind, name: str) -> KubeObject | None:
        return next((live.decode() for live in self.objects[kind] if live.metadata.name == name), None)

    def owned_sets(self, uid: str) -> list[KubeObject]:
        return [one for one in self.all(REPLICA_SET) if owner_of(one) == uid and not is_being_deleted(one)]

    def kept(self, one: KubeObject) -> int:
        """How many of its available pods its spec leaves it, with what was written since."""
        wanted = self.scaled.get(name_of(one), int(one["spec"].get("replicas", 1)))
        return min(wanted, int((one.get("status") or {}).get("availableReplicas") or 0))


VIEW: contextvars.ContextVar[View | None] = contextvars.ContextVar("view", default=None)
"""That on which the write was decided that is being carried out."""


class _NotingClock:
    """Implements ports.clock.Clock. The engine asks for the time when it has read what it decides on."""

    def __init__(self, inner: Clock, noted: Callable[[], None]) -> None:
        self._inner = inner
        self._noted = noted

    def now(self) -> datetime:
        self._noted()
        return self._inner.now()

    def monotonic(self) -> float:
        return self._inner.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class WatchedRolloutController(RolloutController):
    """Notes what it sees whenever it decides."""

    def __init__(self, *, cluster: Cluster, clock: Clock, random: Random, step_plugins: StepPlugins) -> None:
        noting = _NotingClock(clock, self._note_view)
        super().__init__(cluster=cluster, clock=noting, random=random, step_plugins=step_plugins)

    def _note_view(self) -> None:
        store, at = self.world.store, self._clock.monotonic()
        VIEW.set(View(at, {kind: store.of_kind(kind, NAMESPACE) for kind in LOOKED_AT}))
