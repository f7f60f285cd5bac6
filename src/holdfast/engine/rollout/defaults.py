"""What a Rollout means where it says nothing, as Argo Rollouts defaults it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from holdfast.engine.lang import durations
from holdfast.engine.rollout import amounts
from holdfast.model.canary import CanaryStrategy
from holdfast.model.rollout import BlueGreenStrategy, Rollout

REPLICAS: Final = 1
REVISION_HISTORY: Final = 10
PROGRESS_DEADLINE: Final = 600
MAX_SURGE: Final = "25%"
MAX_UNAVAILABLE: Final = "25%"
SCALE_DOWN_DELAY: Final = 30
ABORT_SCALE_DOWN_DELAY: Final = 30
MAX_WEIGHT: Final = 100


def replicas(rollout: Rollout) -> int:
    return REPLICAS if rollout.spec.replicas is None else rollout.spec.replicas


def canary(rollout: Rollout) -> CanaryStrategy:
    return rollout.spec.strategy.canary or CanaryStrategy()


def blue_green(rollout: Rollout) -> BlueGreenStrategy | None:
    return rollout.spec.strategy.blue_green


def is_routed(rollout: Rollout) -> bool:
    """Traffic is shared by a router and not by counts of replicas."""
    return blue_green(rollout) is None and canary(rollout).traffic_routing is not None


def max_weight(rollout: Rollout) -> int:
    routing = canary(rollout).traffic_routing
    return routing.max_traffic_weight if routing is not None and routing.max_traffic_weight else MAX_WEIGHT


def revision_history(rollout: Rollout) -> int:
    said = rollout.spec.revision_history_limit
    return REVISION_HISTORY if said is None else said


def progress_deadline(rollout: Rollout) -> timedelta:
    return durations.of_seconds(rollout.spec.progress_deadline_seconds or PROGRESS_DEADLINE)


def max_surge(rollout: Rollout) -> int:
    """Zero for blue-green: it always has both sets whole."""
    if blue_green(rollout) is not None:
        return 0
    said = canary(rollout).max_surge
    return amounts.resolve(MAX_SURGE if said is None else said, replicas(rollout), round_up=True)


def max_unavailable(rollout: Rollout) -> int:
    """At least one when both round to nothing, else no pod could ever be replaced. Never more than there are."""
    strategy = blue_green(rollout)
    said = strategy.max_unavailable if strategy is not None else canary(rollout).max_unavailable
    wanted = replicas(rollout)
    if strategy is not None and said is None:
        return 0
    found = amounts.resolve(MAX_UNAVAILABLE if said is None else said, wanted, round_up=False)
    if found == 0 and strategy is None and max_surge(rollout) == 0:
        found = 1
    return min(found, wanted)


def promised(rollout: Rollout) -> int:
    """How many pods serve whatever happens to the others."""
    return replicas(rollout) - max_unavailable(rollout)


def auto_promotion(rollout: Rollout) -> bool:
    strategy = blue_green(rollout)
    said = strategy.auto_promotion_enabled if strategy is not None else None
    return True if said is None else said


def scale_down_delay(rollout: Rollout) -> timedelta:
    """How long the old pods stay after the switch: only where traffic can still be on its way to them."""
    strategy = blue_green(rollout) or (canary(rollout) if is_routed(rollout) else None)
    if strategy is None:
        return timedelta(0)
    said = strategy.scale_down_delay_seconds
    return durations.of_seconds(SCALE_DOWN_DELAY if said is None else said)


def scale_down_delay_revisions(rollout: Rollout) -> int | None:
    strategy = blue_green(rollout) or canary(rollout)
    return strategy.scale_down_delay_revision_limit


def abort_scale_down_delay(rollout: Rollout) -> tuple[timedelta | None, bool]:
    """How long the new pods stay after an abort, and whether somebody said so. None keeps them."""
    strategy = blue_green(rollout) or (canary(rollout) if is_routed(rollout) else None)
    if strategy is None:
        return timedelta(0), False
    said = strategy.abort_scale_down_delay_seconds
    if said is None:
        return timedelta(seconds=ABORT_SCALE_DOWN_DELAY), False
    return (durations.of_seconds(said) if said else None), True
