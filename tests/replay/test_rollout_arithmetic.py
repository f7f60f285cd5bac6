"""The arithmetic of Rollouts agrees with what Argo Rollouts' own tests say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import affinity, counts, defaults, phases, pod_templates, replica_sets, steps
from holdfast.engine.rollout.experiment import templates
from holdfast.model.canary import CanaryStep, ReplicaProgressThreshold
from holdfast.model.experiment import Experiment
from holdfast.model.rollout import Rollout, TrafficWeights
from tests.replay.cases import Case
from tests.replay.rollouts_left_out import to_run

COUNTS = to_run("07-canary-replicas.jsonl")
REST = [
    case
    for name in ("07-defaults.jsonl", "07-rollout-health.jsonl", "07-replicaset-other.jsonl", "07-conditions.jsonl")
    for case in to_run(name)
]
RUN = [*COUNTS, *REST]


def rollout(value: Any) -> Rollout:
    text = json.dumps(value or {})
    # A reference to the 60 seconds of a setup call.
    return msgspec.json.decode(re.sub(r'\{"\$path": \[\], "\$ref": \d+\}', "60", text), type=Rollout)


def replica_set(value: Any) -> replica_sets.ReplicaSet | None:
    return replica_sets.read(value) if value is not None else None


def weights(value: Any) -> TrafficWeights | None:
    return msgspec.convert(value, TrafficWeights) if value else None


def others(given: Case) -> list[replica_sets.ReplicaSet]:
    return [replica_sets.read(value) for value in given.get("otherRSs") or [] if value]


def pair(found: counts.Counts) -> dict[str, int]:
    return {"canary": found.canary, "stable": found.stable}


def _threshold(args: list[Any]) -> bool:
    threshold = msgspec.convert(args[0], ReplicaProgressThreshold) if args[0] else None
    return counts.threshold_is_met(threshold, replica_set(args[1]), args[2])


NEUTRAL: dict[str, Callable[[Case], Any]] = {
    "ReplicaProgressThresholdMet": lambda i: {"": _threshold(i["args"])},
    "approximateWeightedCanaryStableReplicaCounts": lambda i: pair(
        counts.approximate(i["replicas"], i["weight"], i["maxWeight"], i["maxSurge"])
    ),
    "CalculateReplicaCountsForBasicCanary": lambda i: pair(
        counts.basic(rollout(i["rollout"]), replica_set(i["canaryRS"]), replica_set(i["stableRS"]), others(i))
    ),
    "CalculateReplicaCountsForTrafficRoutedCanary": lambda i: pair(
        counts.routed(
            rollout(i["rollout"]), weights(i["weights"]), replica_set(i["canaryRS"]), replica_set(i["stableRS"])
        )
    ),
    "AtDesiredReplicaCountsForCanary": lambda i: {
        "": counts.are_reached(
            rollout(i["rollout"]),
            weights(i["weights"]),
            replica_set(i["canaryRS"]),
            replica_set(i["stableRS"]),
            others(i),
        )
    },
    "GetCanaryReplicasOrWeight": lambda i: dict(
        zip(("0", "1"), steps.replicas_or_weight(rollout(i["rollout"])), strict=True)
    ),
    "GetCurrentCanaryStep": lambda i: {"0": steps.current(rollout(i["rollout"]))},
    "GetCurrentSetWeight": lambda i: {"": steps.weight(rollout(i["rollout"]))},
}


@pytest.mark.parametrize("case", COUNTS, ids=lambda case: case["id"])
def test_counts_are_those_of_argo_rollouts(case: Case) -> None:
    found = NEUTRAL[case["fn"]](case["input"])
    for key, wanted in case["expected"].items():
        if isinstance(wanted, dict):
            assert found[key] is not None
        elif key in found:
            assert found[key] == wanted, case["input"]


def seconds(value: Any) -> Any:
    return None if value is None else int(value.total_seconds() * 1_000_000_000)


def _injected(value: Any) -> Any:
    spec = affinity.with_injected({}, _with_another_stable(rollout(value)))
    return spec.get("affinity")


def _with_another_stable(found: Rollout) -> Rollout:
    status = msgspec.structs.replace(found.status, stable_rs="old", current_pod_hash="new")
    return msgspec.structs.replace(found, status=status)


CALLS: dict[str, Callable[[list[Any]], Any]] = {
    "GetAbortScaleDownDelaySecondsOrDefault": lambda a: [
        seconds(defaults.abort_scale_down_delay(rollout(a[0]))[0]),
        defaults.abort_scale_down_delay(rollout(a[0]))[1],
    ],
    "GetAutoPromotionEnabledOrDefault": lambda a: defaults.auto_promotion(rollout(a[0])),
    "GetRevisionHistoryLimitOrDefault": lambda a: defaults.revision_history(rollout(a[0])),
    "GetScaleDownDelaySecondsOrDefault": lambda a: seconds(defaults.scale_down_delay(rollout(a[0]))),
    "CanaryStepString": lambda a: steps.describe(msgspec.convert(a[0], CanaryStep)),
    "GetRolloutPhase": lambda a: list(phases.shown(rollout(a[0]))),
    "isGenerationObserved": lambda a: phases.is_generation_observed(rollout(a[0])),
    "GetRolloutAffinity": lambda a: _injected(a[0]),
    "IfInjectedAntiAffinityRuleNeedsUpdate": lambda a: affinity.is_outdated(a[0], rollout(a[1])),
    "IsActive": lambda a: a[0] is not None and replica_sets.read(a[0]).desired > 0,
    "IsReplicaSetAvailable": lambda a: a[0] is not None and _is_available(replica_sets.read(a[0])),
    "MaxSurge": lambda a: defaults.max_surge(rollout(a[0])),
    "PodTemplateEqualIgnoreHash": lambda a: pod_templates.comparable(a[0]) == pod_templates.comparable(a[1]),
    "ExperimentRunning": lambda a: bool(msgspec.convert(a[0], Experiment, strict=False).status.available_at),
    "GetExperimentScaleDownDelaySecondsOrDefault": lambda a: templates.scale_down_delay(
        msgspec.convert(a[0], Experiment)
    ).total_seconds(),
    "GetMaxSurgeOrDefault": lambda a: defaults.canary(rollout(a[0])).max_surge,
    "RemoveInjectedAntiAffinityRule": lambda a: _with_their_names(affinity.without_rule(a[0])),
    "Revision": lambda a: [replica_sets.read(a[0]).revision, None],
    "RolloutHealthy": lambda a: phases.is_healthy(_resolved(a[0])),
}


def _with_setup(case: Case) -> list[Any]:
    """The affinity that a recorded call before has made."""
    if case["fn"] != "RemoveInjectedAntiAffinityRule":
        return list(case["args"])
    made = next(step["args"][0] for step in case["setup"] if step["id"] == case["args"][0]["$ref"])
    spec = affinity.with_injected(made["spec"]["template"]["spec"], _with_another_stable(rollout(made)))
    return [spec["affinity"]]


def _with_their_names(value: Any) -> Any:
    """Fields as their programming interface calls them; None for those that are not there."""
    if not isinstance(value, dict):
        return value
    found = {key[0].upper() + key[1:]: _with_their_names(inner) for key, inner in value.items()}
    return defaultdict(lambda: None, found)


def _is_available(found: replica_sets.ReplicaSet) -> bool:
    return found.desired > 0 and found.available >= found.desired


def _resolved(value: Any) -> Rollout:
    """The reference is the hash that Argo Rollouts gives to the empty template."""
    status = {**value["status"], "currentPodHash": "658c46c486"}
    return rollout({**value, "status": status})


@pytest.mark.parametrize("case", REST, ids=lambda case: case["id"])
def test_defaults_and_phases_are_those_of_argo_rollouts(case: Case) -> None:
    found = CALLS[case["fn"]](_with_setup(case))
    for expectation in case["expect"]:
        value = found
        path = expectation["path"]
        for step in path:
            if isinstance(step, int):
                value = value[step]
            elif step.startswith("!= "):
                value = value is not (step == "!= true")
            else:
                value = value[step]
        assert_holds(expectation, value)


def assert_holds(expectation: Case, value: Any) -> None:
    match expectation["op"]:
        case "Equal":
            assert value == expectation["value"]
        case "True":
            assert value is True
        case "False":
            assert value is False
        case "Nil":
            assert value is None
        case "NotNil":
            assert value is not None
        case other:
            raise AssertionError(other)
