"""How a Rollout is, in one word and one sentence: what dashboards and Argo CD's health check read."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from holdfast.engine.rollout import defaults
from holdfast.model.rollout import Rollout, RolloutCondition

INVALID_SPEC: Final = "InvalidSpec"
REPLICA_FAILURE: Final = "ReplicaFailure"
WORKLOAD_GENERATION: Final = "rollout.argoproj.io/workload-generation"


class Phase(StrEnum):
    HEALTHY = "Healthy"
    DEGRADED = "Degraded"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"


def of(rollout: Rollout) -> tuple[Phase, str]:
    """What the controller writes down."""
    return (
        _failure(rollout.status.conditions)
        or _pause(rollout)
        or _refused(rollout, _replicas(rollout))
        or _takeover(rollout)
        or (Phase.HEALTHY, "")
    )


def _failure(conditions: Sequence[RolloutCondition]) -> tuple[Phase, str] | None:
    for condition in conditions:
        if condition.type == INVALID_SPEC:
            return Phase.DEGRADED, f"InvalidSpec: {condition.message}"
    for condition in conditions:
        if condition.type == "Progressing" and condition.reason in ("RolloutAborted", "ProgressDeadlineExceeded"):
            return Phase.DEGRADED, f"{condition.reason}: {condition.message}"
    return None


def _pause(rollout: Rollout) -> tuple[Phase, str] | None:
    if rollout.status.pause_conditions:
        return Phase.PAUSED, rollout.status.pause_conditions[0].reason
    return (Phase.PAUSED, "manually paused") if rollout.spec.paused else None


def _replicas(rollout: Rollout) -> tuple[Phase, str] | None:
    status = rollout.status
    if status.updated_replicas < defaults.replicas(rollout):
        return Phase.PROGRESSING, "more replicas need to be updated"
    if status.available_replicas < status.updated_replicas:
        return Phase.PROGRESSING, "updated replicas are still becoming available"
    is_shared_by_counts = defaults.blue_green(rollout) is None and not defaults.is_routed(rollout)
    if is_shared_by_counts and status.replicas > status.updated_replicas:
        return Phase.PROGRESSING, "old replicas are pending termination"
    return None


def _refused(rollout: Rollout, found: tuple[Phase, str] | None) -> tuple[Phase, str] | None:
    """Pods that nobody lets be made are waited for: why stands beside it."""
    why = next((one.message for one in rollout.status.conditions if one.type == REPLICA_FAILURE), "")
    return (found[0], f"{found[1]}: {why}") if found is not None and why else found


def _takeover(rollout: Rollout) -> tuple[Phase, str] | None:
    status = rollout.status
    is_stable = bool(status.stable_rs) and status.stable_rs == status.current_pod_hash
    if defaults.blue_green(rollout) is not None:
        if not status.blue_green.active_selector or status.blue_green.active_selector != status.current_pod_hash:
            return Phase.PROGRESSING, "active service cutover pending"
        return None if is_stable else (Phase.PROGRESSING, "waiting for analysis to complete")
    return None if is_stable else (Phase.PROGRESSING, "waiting for all steps to complete")


def shown(rollout: Rollout) -> tuple[str, str]:
    """What a person is told: the written phase may be that of an older spec."""
    if not is_generation_observed(rollout):
        return Phase.PROGRESSING, "waiting for rollout spec update to be observed"
    if not is_workload_observed(rollout):
        return (
            Phase.PROGRESSING,
            "waiting for rollout spec update to be observed for the reference workload",
        )
    if rollout.status.controller_pause and not rollout.status.pause_conditions:
        return Phase.PROGRESSING, "waiting for rollout to unpause"
    if rollout.status.phase:
        return rollout.status.phase, rollout.status.message
    return of(rollout)


def is_generation_observed(rollout: Rollout) -> bool:
    """Before 1.0 the field held a hash: what is no number says nothing about generations."""
    observed = rollout.status.observed_generation
    return not observed.isdecimal() or int(observed) >= rollout.metadata.generation


def is_workload_observed(rollout: Rollout) -> bool:
    seen = rollout.status.workload_observed_generation
    wanted = rollout.metadata.annotations.get(WORKLOAD_GENERATION, "")
    if rollout.spec.workload_ref is None or not seen.isdecimal() or not wanted.isdecimal():
        return True
    return int(seen) >= int(wanted)


def is_healthy(rollout: Rollout) -> bool:
    """Everything serves, everything is new, and this spec has been seen."""
    status = rollout.status
    wanted = defaults.replicas(rollout)
    if status.observed_generation != str(rollout.metadata.generation):
        return False
    if not (status.updated_replicas == status.available_replicas == wanted):
        return False
    strategy = defaults.blue_green(rollout)
    if strategy is not None:
        preview = status.blue_green.preview_selector
        if strategy.preview_service and preview != status.current_pod_hash:
            return False
        return status.blue_green.active_selector == status.current_pod_hash
    if status.replicas != wanted and not defaults.is_routed(rollout):
        return False
    has_steps_left = bool(defaults.canary(rollout).steps) and (status.current_step_index or 0) < len(
        defaults.canary(rollout).steps
    )
    return not has_steps_left and bool(status.stable_rs) and status.stable_rs == status.current_pod_hash


def with_phase(rollout: Rollout) -> Rollout:
    phase, message = of(rollout)
    status = msgspec.structs.replace(rollout.status, phase=phase, message=message)
    return msgspec.structs.replace(rollout, status=status)
