"""Where the traffic goes, at every moment: never for long to pods that are not there while others could carry it, and never
for long by the selector of a Rollout that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Final

from msgspec import Struct

from holdfast.engine.rollout import defaults
from holdfast.testing.rollout_plans import RolloutPlan
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching, desired, hash_of, weights

UNSERVED: Final = "no traffic goes where nothing can carry it"
LEFT: Final = "a Rollout that is gone gives its Services back"


class Place(Struct, frozen=True):
    """Of which Rollout, and by which host; `invariant` is what must not last there."""

    rollout: str
    host: str
    invariant: str


class RouterInvariants:
    """`lag` is for how many seconds at most the engine, as long as it runs, may not have acted on what has happened."""

    def __init__(self, plans: Mapping[str, RolloutPlan], watching: Watching, lag: float, fail: Fail) -> None:
        self._plans = plans
        self._watching = watching
        self._lag = lag
        self._fail = fail
        self._since: dict[Place, float] = {}
        self._runs_since = 0.0

    def engine_starts(self, at: float) -> None:
        self._runs_since = at

    def engine_ends(self) -> None:
        self._runs_since = inf

    def look(self, at: float) -> None:
        lost: dict[Place, str] = {}
        for name, plan in self._plans.items():
            seen = self._watching.rollouts.get(name)
            if seen is None:
                lost |= {Place(name, service, LEFT): what for service, what in self._kept(plan)}
            elif plan.is_routed:
                lost |= {Place(name, host, UNSERVED): what for host, what in self._lost(seen)}
        self._since = {place: self._since.get(place, at) for place in lost}
        for place, since in self._since.items():
            if at - max(since, self._runs_since) > self._lag:
                self._fail(place.invariant, f"{place.rollout}: {lost[place]} since {since:.1f}")

    def _kept(self, plan: RolloutPlan) -> Iterator[tuple[str, str]]:
        for service in plan.services:
            hash_ = self._watching.services.get(service, "")
            if hash_:
                yield service, f"Service {service} selects {hash_}"

    def _lost(self, seen: SeenRollout) -> Iterator[tuple[str, str]]:
        name, wanted = seen.rollout.metadata.name, defaults.replicas(seen.rollout)
        live = self._watching.virtual_services.get(name)
        shares = weights(live) if live is not None and wanted else {}
        sets = {hash_of(one): one for one in self._watching.owned(seen)}
        for host, share in shares.items():
            hash_ = self._watching.services.get(host, "")
            if not share or not hash_:
                continue
            found = sets.get(hash_)
            # An earlier, unfinished update was left for a reason: nothing goes back to it.
            known = {seen.rollout.status.stable_rs, seen.rollout.status.current_pod_hash} - {hash_}
            best = max((self._watching.serving(sets[one]) for one in known if one in sets), default=0)
            if host == f"{name}-canary":
                if best and (found is None or not self._watching.serving(found)):
                    yield host, f"{share} to {hash_}, of which no pod serves"
            elif found is None and best >= wanted and not seen.rollout.status.abort:
                yield host, f"{share} to {hash_}, which is gone"
            elif found is not None and not desired(found) and best:
                yield host, f"{share} to {hash_}, which asks for no pods"
