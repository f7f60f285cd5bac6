"""Reads what others send without letting them fill the memory."""

from __future__ import annotations

from collections.abc import AsyncIterable


async def read_within(chunks: AsyncIterable[bytes], limit: int) -> bytes | None:
    """All of it; None as soon as it is more than `limit` bytes."""
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > limit:
            return None
    return bytes(found)
