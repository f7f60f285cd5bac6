"""What metrics of pages ask: a web service of the test in place of the one that the page names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from holdfast.model.kube import KubeObject
from tests.unit.adapters.local_http import serving

NAMED = "http://metrics.example.com"


class Metrics:
    """Says `answer` to everybody; the test changes it."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self._address = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with serving(self._say) as address:
            self._address = address
            yield

    def measured_by(self, template: KubeObject) -> KubeObject:
        """The template of a page with the address of this service."""
        text = msgspec.json.encode(template).decode()
        assert NAMED in text, f"the template asks nothing at {NAMED}"
        changed: KubeObject = msgspec.json.decode(text.replace(NAMED, self._address))
        return changed

    async def _say(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return web.json_response(self.answer)
