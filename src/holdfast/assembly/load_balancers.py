"""Opens what tells which weights load balancers of AWS serve."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.adapters.load_balancers.elastic_load_balancing import ElasticLoadBalancing
from holdfast.ports.clock import Clock
from holdfast.ports.load_balancers import LoadBalancers
from holdfast.runtime.aws.identity import AwsPlace


@asynccontextmanager
async def load_balancers(clock: Clock, *, is_wanted: bool) -> AsyncIterator[LoadBalancers | None]:
    """None where nobody asked for it: it needs rights in AWS."""
    if not is_wanted:
        yield None
        return
    opened = ElasticLoadBalancing(AwsPlace.of(os.environ), clock)
    try:
        yield opened
    finally:
        await opened.close()
