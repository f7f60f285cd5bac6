"""Which Rollouts replace the pods of their workload in place, and what such a Rollout cannot have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from holdfast.model.rollout import Rollout, WorkloadRef

STATEFUL_SET: Final = "StatefulSet"
DAEMON_SET: Final = "DaemonSet"
KINDS: Final = frozenset({STATEFUL_SET, DAEMON_SET})


def reference(rollout: Rollout) -> WorkloadRef | None:
    """The workload whose own pods are replaced; None for a Rollout that makes ReplicaSets."""
    found = rollout.spec.workload_ref
    if found is None or found.kind not in KINDS or found.api_version.partition("/")[0] != "apps":
        return None
    return found


def problems(rollout: Rollout, *, keeps_configuration: bool) -> Iterator[str]:
    """What needs pods beside those of the workload, or is for the workload itself to say; `keeps_configuration` when copies
    of it are asked for."""
    workload = reference(rollout)
    if workload is None:
        return
    kind, spec = workload.kind, rollout.spec
    beside = f"the pods of a {kind} are replaced in place, there are none beside them"
    if spec.replicas is not None:
        yield f"spec.replicas: Invalid value: {spec.replicas}: the {kind} itself says how many pods there are"
    if spec.min_ready_seconds:
        yield f"spec.minReadySeconds: Invalid value: {spec.min_ready_seconds}: the {kind} itself says it"
    if workload.scale_down not in ("", "never"):
        yield f'spec.workloadRef.scaleDown: Invalid value: "{workload.scale_down}": the pods stay those of the {kind}'
    if spec.strategy.blue_green is not None:
        yield f"spec.strategy.blueGreen: Invalid value: {beside}"
    if keeps_configuration:
        yield f"metadata.annotations: holdfast.dev/revision-configuration: the pod template is that of the {kind}"
    yield from _canary(rollout, kind, beside)


def _canary(rollout: Rollout, kind: str, beside: str) -> Iterator[str]:
    strategy = rollout.spec.strategy.canary
    if strategy is None:
        return
    place = "spec.strategy.canary"
    if strategy.max_surge is not None and str(strategy.max_surge).removesuffix("%") != "0":
        yield f"{place}.maxSurge: Invalid value: {strategy.max_surge}: {beside}"
    refused = {
        "canaryService": strategy.canary_service,
        "stableService": strategy.stable_service,
        "trafficRouting": strategy.traffic_routing,
        "antiAffinity": strategy.anti_affinity,
        "canaryMetadata": strategy.canary_metadata,
        "stableMetadata": strategy.stable_metadata,
    }
    for field, value in refused.items():
        if value:
            yield f"{place}.{field}: Invalid value: not served with workloadRef of kind {kind}"
    for number, step in enumerate(strategy.steps):
        if step.experiment is not None:
            yield f"{place}.steps[{number}].experiment: Invalid value: {beside}"
