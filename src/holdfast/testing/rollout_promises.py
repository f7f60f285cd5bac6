"""How many pods a scaling leaves, by what the engine saw when it decided: no view is too old to be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT, SERVICE
from holdfast.engine.rollout import amounts, defaults
from holdfast.model.kube import KubeObject, is_being_deleted, name_of
from holdfast.model.rollout import Rollout
from holdfast.testing.rollout_plans import BASIC, BLUE_GREEN, HASH_LABEL, RolloutPlan
from holdfast.testing.rollout_scales import fewest_asked_for
from holdfast.testing.rollout_views import DESTINATION_RULE, VIRTUAL_SERVICE, View
from holdfast.testing.rollout_watching import Fail, SeenRollout, Watching, desired, hash_of, subset_hashes, weights


class Promises:
    def __init__(self, plans: Mapping[str, RolloutPlan], watching: Watching, fail: Fail) -> None:
        self._plans = plans
        self._watching = watching
        self._fail = fail

    def scales_down(self, view: View, seen: SeenRollout, after: KubeObject) -> None:
        """A ReplicaSet; one that the engine did not see loses nothing that it knew of."""
        known = view.find(ROLLOUT, seen.rollout.metadata.name)
        viewed = next((one for one in view.owned_sets(seen.uid) if name_of(one) == name_of(after)), None)
        if known is None or viewed is None or view.at <= seen.routes_edited_at:
            return
        rollout = msgspec.convert(known, Rollout)
        plan = self._plans[rollout.metadata.name]
        counted = view.owned_sets(seen.uid) if plan.style == BASIC else [viewed]
        promised = defaults.promised(rollout) if plan.style == BASIC else self._needed(view, plan, rollout, viewed)
        had = sum(view.kept(one) for one in counted)
        view.scaled[name_of(after)] = desired(after)
        left = sum(view.kept(one) for one in counted)
        if left < had and left < promised:
            what = f"{name_of(after)} is scaled to {desired(after)}: {left} are left of {had}, {promised} are promised"
            self._fail("never fewer available pods than promised, as far as was known", what)

    def gives_up(self, view: View, seen: SeenRollout, before: KubeObject, after: KubeObject) -> None:
        """A Deployment lends its template and is scaled down: with its pods and those of the Rollout all are there."""
        known = view.find(ROLLOUT, seen.rollout.metadata.name)
        if _but_replicas(before) != _but_replicas(after):
            self._fail("of a workload that lends only the replicas are written", f"{before['spec']}, {after['spec']}")
        if known is None or desired(after) >= desired(before):
            return
        wanted = defaults.replicas(msgspec.convert(known, Rollout))
        available = sum(_available(one) for one in view.owned_sets(seen.uid))
        if desired(after) + available < wanted:
            what = f"{name_of(after)} is scaled to {desired(after)} beside {available} available pods, not {wanted}"
            self._fail("a workload gives up only pods that are replaced", what)

    def lacks_both(self, seen: SeenRollout, before: KubeObject, after: KubeObject, since: float) -> str:
        """Deployment and Rollout have, all in all, fewer pods that serve than are promised: which, "" for enough, and for a
        Deployment that gives up none of those that serve."""
        had, lent = (
            sum(min(desired(state), self._watching.serving(one)) for one in self._watching.sets_of(after))
            for state in (before, after)
        )
        if lent >= had:
            return ""
        own = sum(self._watching.most_serving(one, since) for one in self._watching.owned(seen))
        promised = min(seen.promised.since(since))
        return "" if lent + own >= promised else f"{lent} and {own} pods serve, {promised} are promised"

    def _needed(self, view: View, plan: RolloutPlan, rollout: Rollout, one: KubeObject) -> int:
        """By the share of the traffic that goes to the set."""
        hash_ = hash_of(one)
        if plan.style == BLUE_GREEN:
            is_active = _selected(view, f"{plan.name}-active") == hash_
            return defaults.promised(rollout) if is_active else 0
        share = min(self._share_seen(view, plan, hash_), self._share_now(plan, hash_))
        needed = amounts.share(defaults.replicas(rollout), share, defaults.max_weight(rollout))
        return needed if hash_ == rollout.status.stable_rs else min(needed, fewest_asked_for(rollout))

    def _share_seen(self, view: View, plan: RolloutPlan, hash_: str) -> int:
        live = view.find(VIRTUAL_SERVICE, plan.name)
        shares = weights(live) if live is not None else {}
        return sum(weight for host, weight in shares.items() if selected(view, plan, host) == hash_)

    def _share_now(self, plan: RolloutPlan, hash_: str) -> int:
        """The engine may have told the routers something else before it scales."""
        live = self._watching.virtual_services.get(plan.name)
        shares = weights(live) if live is not None else {}
        return sum(weight for host, weight in shares.items() if self._watching.services.get(host) == hash_)


def selected(view: View, plan: RolloutPlan, host: str) -> str:
    """The hash that a host, or the subset that stands for it, chooses."""
    if not plan.by_subsets:
        return _selected(view, host)
    rule = view.find(DESTINATION_RULE, plan.name)
    return subset_hashes(rule).get(host.removeprefix(f"{plan.name}-"), "") if rule is not None else ""


def _selected(view: View, service: str) -> str:
    found = view.find(SERVICE, service)
    return str((found["spec"].get("selector") or {}).get(HASH_LABEL) or "") if found is not None else ""


def _available(one: KubeObject) -> int:
    return 0 if is_being_deleted(one) else int((one.get("status") or {}).get("availableReplicas") or 0)


def _but_replicas(workload: KubeObject) -> dict[str, Any]:
    return {key: value for key, value in workload["spec"].items() if key != "replicas"}
