"""What a router shall do for a canary: passed from the decision about a Rollout to the routers."""

from __future__ import annotations

from msgspec import Struct

from holdfast.model.rollout import WeightDestination
from holdfast.model.traffic import SetHeaderRoute, SetMirrorRoute


class WantedTraffic(Struct, frozen=True):
    """`canary` and `stable` are services; what `weight` and `additional` leave of `most` goes to the stable one.

    Routes of names in `managed` that are not among `headers` and `mirrors` are taken away.
    """

    canary: str
    stable: str
    weight: int
    most: int = 100
    canary_hash: str = ""
    stable_hash: str = ""
    additional: tuple[WeightDestination, ...] = ()
    headers: tuple[SetHeaderRoute, ...] = ()
    mirrors: tuple[SetMirrorRoute, ...] = ()
    managed: tuple[str, ...] = ()

    @property
    def stable_weight(self) -> int:
        return self.most - self.weight - sum(other.weight for other in self.additional)
