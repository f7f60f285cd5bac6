"""Which pods the services of a Rollout select."""

from __future__ import annotations

from holdfast.engine.kube import canonical
from holdfast.engine.rollout import defaults, replica_sets, routes
from holdfast.engine.rollout.actions import PointService
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.names import HASH_LABEL


def selected(draft: Draft, service: str) -> str:
    """The hash that a service selects by, "" for none."""
    return str(canonical.get_path(draft.seen.services.get(service), "spec", "selector", HASH_LABEL) or "")


def point(draft: Draft, service: str, target: ReplicaSet | None) -> None:
    if target is None or service not in draft.seen.services or selected(draft, service) == target.hash:
        return
    before = selected(draft, service)
    draft.act(PointService(service, target.hash))
    draft.tell("SwitchService", f"Switched selector for service '{service}' from '{before}' to '{target.hash}'")


def canary(draft: Draft) -> None:
    """The canary's service moves to new pods only when they serve: before that it would select nothing."""
    canary_name, stable_name = routes.services(draft.rollout)
    new, stable = draft.new, draft.stable
    if stable is not None and not _would_lose(draft, stable_name, stable):
        point(draft, stable_name, stable)
    if new is None or not canary_name:
        return
    if routes.target(draft) != new.hash:
        return
    if not draft.status.abort and (new.available or not selected(draft, canary_name)):
        point(draft, canary_name, new)
    elif draft.status.abort and defaults.canary(draft.rollout).dynamic_stable_scale and _has_no_traffic(draft):
        point(draft, canary_name, stable)


def _would_lose(draft: Draft, stable_name: str, stable: ReplicaSet) -> bool:
    """The pods that the service selects now serve, and those that it is to select are fewer, and too few.

    So it is where a first deployment is replaced before it was over, and where a promoted set has lost its pods.
    """
    serving = replica_sets.by_hash(draft.seen.sets, selected(draft, stable_name))
    promised = defaults.promised(draft.rollout)
    return serving is not None and stable.available < min(serving.available, promised)


def is_stable_target(draft: Draft, one: ReplicaSet) -> bool:
    """The service of the stable pods sends its traffic to them, whatever status says."""
    _, stable_name = routes.services(draft.rollout)
    return bool(one.hash) and selected(draft, stable_name) == one.hash


def _has_no_traffic(draft: Draft) -> bool:
    weights = draft.status.canary.weights
    return weights is not None and weights.canary.weight == 0
