"""People who use what is released: some whose answers are counted, and some who come all the while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp

from tests.mesh.pods import VERSION
from tests.mesh.waiting import until

SITE: Final = "shop.example.com"
COUNTED: Final = "/counted"
AT_ONCE: Final = 8
PAUSE_SECONDS: Final = 0.01
PATIENCE: Final = aiohttp.ClientTimeout(total=10)


class Visitors:
    """`served` counts the images of answers to those who come all the while, `failures` tells what went wrong for them."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self.served: Counter[str] = Counter()
        self.failures: list[str] = []

    async def visit(self, path: str = "/", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """One request through the gateway: the status, and the image of the pod that answered or what the gateway says itself."""
        asked = {"Host": SITE, **(headers or {})}
        async with self._session.get(f"{self._url}{path}", headers=asked) as answer:
            text = await answer.text()
            return answer.status, answer.headers.get(VERSION) or f"the gateway itself: {text}"

    async def count(self, requests: int, headers: Mapping[str, str] | None = None) -> Counter[str]:
        """The images that answer so many requests. A request that fails is a failure of the test."""
        found: Counter[str] = Counter()
        left = iter(range(requests))

        async def some() -> None:
            for _ in left:
                status, image = await self.visit(COUNTED, headers)
                assert status == 200, f"the gateway answered {status}"
                found[image] += 1

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return found

    async def are_served(self) -> bool:
        """A gateway that knows no route yet may not even listen."""
        try:
            return (await self.visit())[0] == 200
        except aiohttp.ClientConnectionError:
            return False

    async def keep_coming(self) -> None:
        while True:
            try:
                status, image = await self.visit()
            except (aiohttp.ClientError, TimeoutError) as error:
                self.failures.append(repr(error))
            else:
                self.served[image] += 1
                if status != 200:
                    self.failures.append(f"{status} of {image}")
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def visitors(url: str) -> AsyncIterator[Visitors]:
    """Some keep coming until the end."""
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        them = Visitors(url, session)
        await until(them.are_served, "the gateway has its first routes")
        tasks = [asyncio.create_task(them.keep_coming(), name="visitors") for _ in range(AT_ONCE // 2)]
        try:
            yield them
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
