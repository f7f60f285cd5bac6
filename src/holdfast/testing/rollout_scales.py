"""What setCanaryScale asks for on purpose, whatever the share of the traffic is."""

from __future__ import annotations

from holdfast.engine.rollout import amounts, defaults
from holdfast.model.canary import SetCanaryScale
from holdfast.model.rollout import Rollout


def fewest_asked_for(rollout: Rollout) -> int:
    """Of the canary's pods, at any step; all replicas where no step says anything."""
    wanted = defaults.replicas(rollout)
    scales = [step.set_canary_scale for step in defaults.canary(rollout).steps if step.set_canary_scale]
    return min([wanted, *(_asked(one, wanted, defaults.max_weight(rollout)) for one in scales)])


def most_asked_for(rollout: Rollout) -> int:
    """It may be more than there are replicas; 0 where no step says anything."""
    scales = [step.set_canary_scale for step in defaults.canary(rollout).steps if step.set_canary_scale]
    return max((one.replicas for one in scales if one.replicas is not None), default=0)


def _asked(scale: SetCanaryScale, wanted: int, most: int) -> int:
    if scale.replicas is not None:
        return scale.replicas
    return wanted if scale.weight is None else amounts.share(wanted, scale.weight, most)
