"""What a seed draws beside strategy and steps: steps of more kinds, workloads that lend their pods, releases in a group, a
limit of the old sets that wait, Rollouts that are taken away for a while.

All of it comes from a stream of its own, and not every seed has any of it.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final

from msgspec import structs

from holdfast.testing import rollout_plans as plans
from holdfast.testing.rollout_plans import (
    BASIC,
    BLUE_GREEN,
    DAEMON_SET,
    DEPLOYMENT,
    IN_PLACE,
    ISTIO,
    STATEFUL_SET,
    RolloutPlan,
)

AS_BEFORE: Final = 0.35
NODES: Final = 3
"""More than the one that the kubelet of the sandbox makes: that many pods has a DaemonSet, and one."""
OTHER_NAME: Final = "pay"
GROUP: Final = "together"
PLUGIN: Final = "soak"
SCALE_DOWN: Final = (None, "never", "onsuccess", "progressively")
SCALES: Final[tuple[dict[str, Any], ...]] = (
    {"replicas": 1},
    {"replicas": 3},
    {"weight": 25},
    {"weight": 100},
    {"matchTrafficWeight": True},
)
READY_SECONDS: Final = (0, 5, 15)


def varied(drawn: list[RolloutPlan], random: Random) -> list[RolloutPlan]:
    if random.random() < AS_BEFORE:
        return drawn
    found = [_varied(one, random) for one in drawn]
    if random.random() < 0.4:
        if len(found) == 1:
            found.append(_varied(plans.plan(random, OTHER_NAME), random))
        found = [structs.replace(one, group=GROUP) for one in found]
    return [_made_anew(_with_limit(one, random), random) for one in found]


def _varied(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    drawn = random.random()
    if drawn < 0.25:
        wanted = _in_place(wanted, random)
    elif drawn < 0.5:
        wanted = structs.replace(wanted, workload=DEPLOYMENT, scale_down=random.choice(SCALE_DOWN))
    if wanted.style != BLUE_GREEN and random.random() < 0.6:
        wanted = structs.replace(wanted, has_more_steps=True)
    return with_more_steps(wanted, random)


def _made_anew(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    return structs.replace(wanted, is_made_anew=random.random() < 0.5)


def _with_limit(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    """Few of the old sets that wait for their deadline are kept; they wait for long, so that there are many."""
    if wanted.style not in (ISTIO, BLUE_GREEN) or random.random() < 0.6:
        return wanted
    [(strategy, said)] = wanted.strategy.items()
    limited = {**said, "scaleDownDelayRevisionLimit": random.choice((0, 1, 2))}
    if not said.get("dynamicStableScale"):
        limited["scaleDownDelaySeconds"] = random.choice((20, 100))
    return structs.replace(wanted, strategy={strategy: limited})


def with_ready_seconds(wanted: RolloutPlan, seconds: int) -> RolloutPlan:
    return structs.replace(wanted, spec={**wanted.spec, "minReadySeconds": seconds})


def _in_place(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    """Of a plan only what its workload does not say itself."""
    canary = plans.canary(random, wanted.name, BASIC)["canary"]
    canary = {key: value for key, value in canary.items() if key != "maxSurge"}
    kind = random.choice((STATEFUL_SET, DAEMON_SET))
    changed = structs.replace(
        wanted,
        style=IN_PLACE,
        strategy={"canary": canary},
        replicas=wanted.replicas if kind == STATEFUL_SET else NODES + 1,
        workload=kind,
        is_parallel=random.random() < 0.5,
        autoscaled=False,
        by_subsets=False,
    )
    return without_experiments(changed)


def without_experiments(wanted: RolloutPlan) -> RolloutPlan:
    """Where pods are replaced in place there are none beside them to experiment with."""
    if wanted.style != IN_PLACE:
        return wanted
    canary = wanted.strategy["canary"]
    left = [step for step in canary["steps"] if "experiment" not in step]
    return structs.replace(wanted, strategy={"canary": {**canary, "steps": left}})


def with_more_steps(wanted: RolloutPlan, random: Random) -> RolloutPlan:
    """A step plugin anywhere and, with a router, what setCanaryScale says."""
    if not wanted.has_more_steps:
        return wanted
    canary = wanted.strategy["canary"]
    found = list(canary["steps"])
    for _ in range(random.randint(1, 2)):
        step: dict[str, Any] = {"plugin": {"name": PLUGIN, "config": {"times": random.randint(1, 3)}}}
        if wanted.is_routed and random.random() < 0.6:
            step = {"setCanaryScale": random.choice(SCALES)}
        found.insert(random.randint(0, len(found)), step)
    return structs.replace(wanted, strategy={"canary": {**canary, "steps": found}})
