"""How much of what strangers send is worked on: a few at once, and so many a minute of one address and of all."""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from holdfast.model.errors import TooManyRequests
from holdfast.model.webhook import WebhookLimits
from holdfast.ports.clock import Clock

MOST_ADDRESSES: Final = 4096
MOST_WAITING: Final = 256
RETRY: Final = "retryAfterSeconds"
_MINUTE: Final = 60.0
_EVERYBODY: Final = ""
_BITS_OF_A_NETWORK: Final = 64
_ROUNDING: Final = 1e-6


class Admission:
    """Buckets of tokens: each holds those of one minute at most and is filled evenly. A bucket is one number, the time at
    which it will be full again; full ones are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._inside = 0
        self._waiting: OrderedDict[asyncio.Event, None] = OrderedDict()

    @property
    def addresses(self) -> int:
        """How many are remembered."""
        return len(self._full_at)

    @asynccontextmanager
    async def turn(self, limits: WebhookLimits) -> AsyncIterator[None]:
        """Waits until fewer than `at_once` are inside. Raises TooManyRequests when too many wait already."""
        if self._inside < limits.at_once:
            self._inside += 1
        else:
            await self._wait(limits)
        try:
            yield
        finally:
            self._leave(limits)

    def check(self, address: str, limits: WebhookLimits) -> None:
        """Raises TooManyRequests, with the seconds to wait, when the address or all together have used up their tokens."""
        now = self._clock.monotonic()
        for key, per_minute in _buckets(address, limits):
            pause = _MINUTE / per_minute
            # Full buckets lie in the past; an empty one is full in a minute.
            late = self._full_at.get(key, now) - now + pause - _MINUTE
            if late > _ROUNDING:
                raise too_many("too many webhooks without proof, read docs/webhooks.md on secrets", late)

    def charge(self, address: str, limits: WebhookLimits) -> None:
        """Takes a token of the address and one of all. Raises TooManyRequests, and takes nothing then."""
        self.check(address, limits)
        now = self._clock.monotonic()
        for key, per_minute in _buckets(address, limits):
            self._full_at[key] = max(now, self._full_at.get(key, now)) + _MINUTE / per_minute
            self._full_at.move_to_end(key)
        if len(self._full_at) > MOST_ADDRESSES:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """The full ones; should there be none, whoever was not seen for longest. The bucket of all stays."""
        for key in [key for key, full_at in self._full_at.items() if full_at <= now]:
            del self._full_at[key]
        self._full_at.move_to_end(_EVERYBODY)
        while len(self._full_at) > MOST_ADDRESSES:
            self._full_at.popitem(last=False)

    async def _wait(self, limits: WebhookLimits) -> None:
        """Until the place of somebody who leaves is handed over."""
        if len(self._waiting) >= MOST_WAITING:
            raise too_many("too many webhooks at once", 1.0)
        mine = asyncio.Event()
        self._waiting[mine] = None
        try:
            await mine.wait()
        except asyncio.CancelledError:
            if mine in self._waiting:
                del self._waiting[mine]
            else:
                self._leave(limits)
            raise

    def _leave(self, limits: WebhookLimits) -> None:
        if self._waiting and self._inside <= limits.at_once:
            first, _ = self._waiting.popitem(last=False)
            first.set()
        else:
            self._inside -= 1


def too_many(why: str, seconds: float) -> TooManyRequests:
    return TooManyRequests(why, details={RETRY: max(1, math.ceil(seconds - _ROUNDING))})


def _buckets(address: str, limits: WebhookLimits) -> tuple[tuple[str, int], tuple[str, int]]:
    return (network_of(address), limits.per_minute_of_address), (_EVERYBODY, limits.per_minute)


def network_of(address: str) -> str:
    """Of IPv6 the network, since whoever has one address there has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _BITS_OF_A_NETWORK), strict=False))
    return str(found)
