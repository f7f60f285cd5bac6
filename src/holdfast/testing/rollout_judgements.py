"""What a status that the engine writes has been decided on: by what the engine saw, however old that was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT
from holdfast.engine.rollout import defaults
from holdfast.engine.rollout.replica_sets import DEADLINE, REVISION
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.model.rollout import Rollout
from holdfast.testing.rollout_plans import IN_PLACE, RolloutPlan
from holdfast.testing.rollout_views import View
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching, desired, hash_of


class Judgements:
    def __init__(self, plans: Mapping[str, RolloutPlan], watching: Watching, fail: Fail) -> None:
        self._plans = plans
        self._watching = watching
        self._fail = fail

    def reports(self, view: View, seen: SeenRollout, before: KubeObject, after: KubeObject) -> None:
        """A write that leaves the status comes after the decision, and the view may be newer than that."""
        known = view.find(ROLLOUT, name_of(after))
        was, now = before.get("status") or {}, after.get("status") or {}
        if known is None or was == now or self._plans[name_of(after)].style == IN_PLACE:
            return
        rollout, sets = msgspec.convert(known, Rollout), view.owned_sets(seen.uid)
        self._counts_as_asked(rollout, sets, was, now)
        self._keeps_few(rollout, sets, now)

    def _counts_as_asked(
        self, rollout: Rollout, sets: list[KubeObject], was: dict[str, Any], now: dict[str, Any]
    ) -> None:
        """What was available by another minReadySeconds proves nothing; a first set is stable whatever it is like."""
        current, stable = now.get("currentPodHash"), was.get("stableRS")
        if current != now.get("stableRS") or stable in (None, "", current):
            return
        wanted = rollout.spec.min_ready_seconds
        for one in sets:
            counted = int(one["spec"].get("minReadySeconds") or 0)
            if hash_of(one) == current and counted != wanted and defaults.replicas(rollout):
                what = f"{name_of(one)} is promoted, its pods were ready for {counted} s and not {wanted} s"
                self._fail("pods are available by the minReadySeconds that is asked for", what)

    def _keeps_few(self, rollout: Rollout, sets: list[KubeObject], now: dict[str, Any]) -> None:
        """Of old sets that wait for their deadline, beside those that a service selects."""
        limit = defaults.scale_down_delay_revisions(rollout)
        if limit is None:
            return
        known = {now.get("currentPodHash"), now.get("stableRS")}
        services = self._watching.services.items()
        known |= {hash_ for host, hash_ in services if host.startswith(f"{rollout.metadata.name}-")}
        waiting = [one for one in sets if desired(one) and annotations_of(one).get(DEADLINE)]
        waiting = [one for one in waiting if hash_of(one) not in known]
        waiting.sort(key=lambda one: -int(annotations_of(one).get(REVISION, 0)))
        there = self._watching.sets
        left = [name for name in map(name_of, waiting) if name in there and desired(there[name])]
        for name in left[limit:]:
            self._fail("no more old sets wait than asked for", f"{name} is beyond the limit of {limit}")
