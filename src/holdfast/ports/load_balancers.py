"""What a Rollout needs of the load balancers that its Ingresses have outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from holdfast.model.errors import HoldfastError

Forward: TypeAlias = Mapping[str, int]
"""The weights of one rule, by what each target group was made for: NAMESPACE/INGRESS-SERVICE:PORT."""


class LoadBalancerError(HoldfastError):
    """It could not be asked. The message names what to do, never a credential."""


class LoadBalancerMissing(LoadBalancerError):
    """There is none of this name."""


class LoadBalancers(Protocol):
    async def forwards(self, hostname: str) -> Sequence[Forward]:
        """Of all rules of the load balancer with this name, as it serves them now, in bounded time. Raises
        LoadBalancerError, LoadBalancerMissing where there is none."""
        ...
