"""How a Rollout begins, also one that was there before under the same name: at revision 1, with nothing to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from holdfast.engine.rollout import steps
from holdfast.engine.rollout.history import PROMOTED
from holdfast.engine.rollout.replica_sets import REVISION
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.testing.rollout_plans import IN_PLACE, RolloutPlan
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching

CLEANLY: Final = "a new Rollout begins cleanly"


class BeginningInvariants:
    def __init__(self, plans: Mapping[str, RolloutPlan], watching: Watching, fail: Fail) -> None:
        self._plans = plans
        self._watching = watching
        self._fail = fail

    def makes_a_set(self, seen: SeenRollout, made: KubeObject) -> None:
        revision = annotations_of(made).get(REVISION)
        is_first = not (self._watching.owned(seen) or seen.lost_sets or seen.rollout.status.current_pod_hash)
        if is_first and revision != "1":
            self._fail(CLEANLY, f"{name_of(made)} is its first ReplicaSet and has revision {revision}")

    def starts_a_run(self, seen: SeenRollout, made: KubeObject) -> None:
        if self._is_new(seen):
            self._fail(CLEANLY, f"{name_of(made)} is started, and there is nothing to compare with")

    def reports(self, seen: SeenRollout, was: dict[str, Any], now: dict[str, Any]) -> None:
        """Its status, as the engine writes it."""
        if not was and (now.get("abort") or now.get("pauseConditions")):
            self._fail(CLEANLY, f"{seen.rollout.metadata.name} is aborted or paused by the first status of it")
        index = now.get("currentStepIndex")
        if self._is_new(seen) and index is not None and index < steps.count(seen.rollout):
            self._fail(CLEANLY, f"{seen.rollout.metadata.name} is at step {index} of its first release")

    def _is_new(self, seen: SeenRollout) -> bool:
        """Pods in place may have been there before their Rollout; of a set that was promoted status need not tell yet."""
        is_in_place = self._plans[seen.rollout.metadata.name].style == IN_PLACE
        is_known = any(PROMOTED in annotations_of(one) for one in self._watching.owned(seen))
        return not (seen.rollout.status.stable_rs or is_known or seen.lost_sets or is_in_place)
