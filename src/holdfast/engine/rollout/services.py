"""Which pods the services of a Rollout select."""

from __future__ import annotations

from holdfast.engine.kube import canonical
from holdfast.engine.rollout import defaults, routes
from holdfast.engine.rollout.actions import PointService
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.pod_templates import HASH_LABEL
from holdfast.engine.rollout.replica_sets import ReplicaSet


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
    point(draft, stable_name, stable)
    if new is None or not canary_name:
        return
    if routes.target(draft) != new.hash:
        return
    if not draft.status.abort and (new.available or not selected(draft, canary_name)):
        point(draft, canary_name, new)
    elif draft.status.abort and defaults.canary(draft.rollout).dynamic_stable_scale and _has_no_traffic(draft):
        point(draft, canary_name, stable)


def _has_no_traffic(draft: Draft) -> bool:
    weights = draft.status.canary.weights
    return weights is not None and weights.canary.weight == 0
