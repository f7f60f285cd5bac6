"""The rule that keeps new pods off the nodes of stable ones, as Argo Rollouts adds it to a ReplicaSet's template."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.canary import AntiAffinity
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout

REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
TOPOLOGY: Final = "kubernetes.io/hostname"


def wanted(rollout: Rollout) -> AntiAffinity | None:
    strategy = rollout.spec.strategy.blue_green or rollout.spec.strategy.canary
    return strategy.anti_affinity if strategy is not None else None


def with_injected(spec: dict[str, Any], rollout: Rollout) -> dict[str, Any]:
    """The pod spec with the rule against the stable pods; unchanged before there are any."""
    rule = wanted(rollout)
    stable = rollout.status.stable_rs
    if rule is None or not stable or stable == rollout.status.current_pod_hash:
        return spec
    term: dict[str, Any] = {
        "labelSelector": {"matchExpressions": [{"key": HASH_LABEL, "operator": "In", "values": [stable]}]},
        "topologyKey": TOPOLOGY,
    }
    form, entry = REQUIRED, term
    preferred = rule.preferred_during_scheduling_ignored_during_execution
    if rule.required_during_scheduling_ignored_during_execution is None and preferred is not None:
        form, entry = PREFERRED, {"weight": preferred.weight, "podAffinityTerm": term}
    affinity = spec.get("affinity") or {}
    against = affinity.get("podAntiAffinity") or {}
    rules = [*(against.get(form) or []), entry]
    return {**spec, "affinity": {**affinity, "podAntiAffinity": {**against, form: rules}}}


def without_injected(spec: dict[str, Any]) -> dict[str, Any]:
    affinity = without_rule(spec.get("affinity"))
    rest = {key: value for key, value in spec.items() if key != "affinity"}
    return {**rest, "affinity": affinity} if affinity else rest


def without_rule(affinity: dict[str, Any] | None) -> dict[str, Any] | None:
    """None where nothing else is left of it."""
    against = (affinity or {}).get("podAntiAffinity")
    if not affinity or not against:
        return affinity
    kept = {form: [rule for rule in against.get(form) or [] if not is_ours(rule)] for form in (REQUIRED, PREFERRED)}
    left = {form: rules for form, rules in kept.items() if rules}
    rest = {key: value for key, value in affinity.items() if key != "podAntiAffinity"}
    found = {**rest, "podAntiAffinity": left} if left else rest
    return found or None


def is_ours(rule: dict[str, Any]) -> bool:
    term = rule.get("podAffinityTerm") or rule
    expressions = (term.get("labelSelector") or {}).get("matchExpressions") or []
    return any(expression.get("key") == HASH_LABEL for expression in expressions)


def is_outdated(affinity: dict[str, Any] | None, rollout: Rollout) -> bool:
    """The rule names pods that are not the stable ones any more."""
    if wanted(rollout) is None or not affinity:
        return False
    against = affinity.get("podAntiAffinity") or {}
    rules = [rule for form in (REQUIRED, PREFERRED) for rule in against.get(form) or [] if is_ours(rule)]
    return any(_names(rule) and rollout.status.stable_rs not in _names(rule) for rule in rules)


def _names(rule: dict[str, Any]) -> list[str]:
    term = rule.get("podAffinityTerm") or rule
    return [
        value
        for expression in term["labelSelector"]["matchExpressions"]
        if expression.get("key") == HASH_LABEL
        for value in expression.get("values") or []
    ]
