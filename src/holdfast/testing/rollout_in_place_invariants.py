"""What must hold at every write where the pods of a StatefulSet or DaemonSet are replaced in place."""

from __future__ import annotations

from typing import Any

from holdfast.engine.rollout import amounts
from holdfast.model.kube import KubeObject, is_being_deleted, kind_of, name_of
from holdfast.testing.rollout_plans import DAEMON_SET, IN_PLACE, RolloutPlan
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching


class InPlaceInvariants:
    """`lag` is how many seconds old the view may be that a write was decided on."""

    def __init__(self, plans: dict[str, RolloutPlan], watching: Watching, lag: float, fail: Fail) -> None:
        self._plans = plans
        self._watching = watching
        self._lag = lag
        self._fail = fail

    def is_about(self, seen: SeenRollout | None) -> bool:
        return seen is not None and self._plans[seen.rollout.metadata.name].style == IN_PLACE

    def changes(self, before: KubeObject, after: KubeObject) -> None:
        """Of the workload only how its pods are replaced, and for a while the template of a DaemonSet."""
        if _left_alone(before) != _left_alone(after):
            self._fail("of a workload only the update strategy is written", f"{before['spec']} became {after['spec']}")

    def deletes(self, seen: SeenRollout, pod: KubeObject, at: float) -> None:
        """`pod` is as it was before."""
        lender = self._watching.lender(seen)
        if lender is None:
            self._fail("only pods of the workload are deleted", name_of(pod))
            return
        serving = self._watching.serving(lender)
        left = serving - self._watching.pod_serves(name_of(pod))
        wanted = min(self._watching.asked_for(lender, at - self._lag))
        promised = wanted - most_unavailable(self._plans[seen.rollout.metadata.name], wanted)
        if left < serving and left < promised and at - seen.disturbed_at > self._lag:
            what = f"{name_of(pod)} is deleted: {left} are left of {serving}, {promised} are promised"
            self._fail("never fewer pods in place than promised", what)

    def is_completed(self, seen: SeenRollout, hash_: str) -> bool:
        """A StatefulSet that has no pods of another revision, or none at all, makes none but of this one from then on."""
        lender = self._watching.lender(seen)
        status = (lender or {}).get("status") or {}
        return self.is_about(seen) and str(status.get("currentRevision") or "").endswith(f"-{hash_}")

    def promotes(self, seen: SeenRollout, hash_: str, at: float) -> None:
        lender = self._watching.lender(seen)
        if lender is None or at - seen.disturbed_at <= self._lag:
            return
        # Also those that a restart takes away now.
        new = [pod for pod in self._watching.all_pods_in_place(lender) if pod.hash == hash_ and pod.is_ready]
        wanted = min(self._watching.asked_for(lender, at - self._lag))
        if len(new) < wanted:
            what = f"{name_of(lender)}: {len(new)} pods of {hash_} of {wanted} serve"
            self._fail("only what serves is promoted in place", what)


def most_unavailable(plan: RolloutPlan, replicas: int) -> int:
    said = plan.strategy["canary"].get("maxUnavailable")
    return 1 if said is None else max(amounts.resolve(said, replicas, round_up=False), 1)


def _left_alone(workload: KubeObject) -> dict[str, Any]:
    spec = {key: value for key, value in workload["spec"].items() if key != "updateStrategy"}
    if kind_of(workload) == DAEMON_SET or is_being_deleted(workload):
        spec.pop("template", None)
    return spec
