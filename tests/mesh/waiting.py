"""Waits for what real programs do in their own time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

SECONDS: Final = 30.0
EVERY_SECONDS: Final = 0.05


async def until(holds: Callable[[], Awaitable[bool]], what: str, seconds: float = SECONDS) -> None:
    """Fails with what was waited for."""
    ends = asyncio.get_running_loop().time() + seconds
    while not await holds():
        assert asyncio.get_running_loop().time() < ends, f"waited {seconds:g} s in vain: {what}"
        await asyncio.sleep(EVERY_SECONDS)
