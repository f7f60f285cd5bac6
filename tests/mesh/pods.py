"""Pods that carry traffic: for each one that runs in the cluster, a web service on this machine that says its image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Final

from aiohttp import web

from holdfast.model.kube import KubeObject, name_of
from tests.unit.adapters.local_http import Handler, serving

VERSION: Final = "x-version"


class Pods:
    """Their services, by the names of the pods. `asked` counts the requests that came to an image with a path. A context manager."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self._ports: dict[str, int] = {}
        self._stacks: dict[str, AsyncExitStack] = {}

    @property
    def ports(self) -> Mapping[str, int]:
        return self._ports

    async def __aenter__(self) -> Pods:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.be(())

    async def be(self, pods: Iterable[KubeObject]) -> None:
        """These run and no others. One that is being deleted serves until it is gone, as a pod does that ends well."""
        wanted = {name_of(pod): pod for pod in pods if (pod.get("status") or {}).get("podIP")}
        for name in self._stacks.keys() - wanted.keys():
            del self._ports[name]
            await self._stacks.pop(name).aclose()
        for name in wanted.keys() - self._stacks.keys():
            self._stacks[name] = stack = AsyncExitStack()
            image = wanted[name]["spec"]["containers"][0]["image"]
            address = await stack.enter_async_context(serving(self._service(image)))
            self._ports[name] = int(address.rpartition(":")[2])

    def _service(self, image: str) -> Handler:
        async def say(request: web.Request) -> web.StreamResponse:
            self.asked[image, request.path] += 1
            return web.Response(text="hello\n", headers={VERSION: image})

        return say
