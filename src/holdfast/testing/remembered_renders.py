"""Renders once what is asked for again and again, as the engine's own renderer does with its cache on disk."""

from __future__ import annotations

import msgspec

from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.ports.rendering import Renderer

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(RenderResult)


class RememberedRenders:
    """A Renderer. Every answer is a new one, so that nobody can change another's; failures are not remembered."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner
        self._known: dict[bytes, bytes] = {}

    async def render(self, request: RenderRequest) -> RenderResult:
        key = _ENCODER.encode(request)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _ENCODER.encode(await self._inner.render(request))
        return _DECODER.decode(known)

    async def close(self) -> None:
        await self._inner.close()
