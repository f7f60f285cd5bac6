"""What a Rollout needs of the load balancers that its Ingresses have outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from msgspec import Struct

from holdfast.model.errors import HoldfastError
from holdfast.model.rollout import AwsResourceRef

Forward: TypeAlias = Mapping[str, int]
"""The weights of one rule, by what each target group was made for: NAMESPACE/INGRESS-SERVICE:PORT."""


class LoadBalancer(Struct, frozen=True):
    """`forwards` are those of all its rules, `groups` its target groups by what they were made for."""

    named: AwsResourceRef
    forwards: tuple[Forward, ...] = ()
    groups: Mapping[str, AwsResourceRef] = {}


class LoadBalancerError(HoldfastError):
    """It could not be asked. The message names what to do, never a credential."""


class LoadBalancerMissing(LoadBalancerError):
    """There is none of this name."""


class LoadBalancers(Protocol):
    async def look(self, hostname: str) -> LoadBalancer:
        """The load balancer with this name, as it serves now, in bounded time. Raises LoadBalancerError,
        LoadBalancerMissing where there is none."""
        ...
