"""The counts of a Rollout's status, and what its scale subresource reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.engine.rollout import defaults, replica_sets
from holdfast.engine.rollout.draft import Draft


def update(draft: Draft) -> None:
    sets, new = draft.seen.sets, draft.new
    draft.set(
        replicas=sum(one.current for one in sets),
        updated_replicas=new.current if new is not None else 0,
        ready_replicas=sum(one.ready for one in sets),
        available_replicas=sum(one.available for one in sets),
        hpareplicas=sum(one.current for one in sets),
        selector=selector_text(draft.seen.selector),
    )
    active = replica_sets.by_hash(sets, draft.status.blue_green.active_selector)
    if defaults.blue_green(draft.rollout) is not None and active is not None:
        # An autoscaler judges the pods that serve, not those that wait.
        draft.set(
            hpareplicas=active.current,
            available_replicas=active.available,
            selector=selector_text((active.obj.get("spec") or {}).get("selector") or {}),
        )


def selector_text(selector: Mapping[str, Any]) -> str:
    """As Kubernetes writes a selector in one line."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression.get("key"), expression.get("operator")
        values = ",".join(sorted(expression.get("values") or []))
        if operator in ("In", "NotIn"):
            parts.append(f"{key} {operator.lower()} ({values})")
        else:
            parts.append(str(key) if operator == "Exists" else f"!{key}")
    return ",".join(parts)
