"""The preview of a revision or of a pull request for the command line: a world of its own, read once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from holdfast.adapters.credentials.sign_in import SignIn
from holdfast.adapters.scm.hosts import Hosts
from holdfast.assembly.engine_process import scripts_of_users, sources
from holdfast.assembly.inspection import world_of
from holdfast.assembly.places import place_of
from holdfast.controllers.application import access
from holdfast.controllers.application.world import World
from holdfast.controllers.preview.job import SETTINGS, urls_of
from holdfast.controllers.preview.previewing import Asked as Asked
from holdfast.controllers.preview.previewing import Previewing, is_same
from holdfast.controllers.preview.telling import Telling
from holdfast.engine.access import hosting, preview_settings
from holdfast.model.application import Application
from holdfast.model.errors import ApiError, Blocked, HoldfastError, Transient
from holdfast.model.preview import Preview
from holdfast.model.pull_request import HostAccess, PullRequest
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.loop import retry_after

T = TypeVar("T")
ATTEMPTS: Final = 4
LONGEST_WAIT: Final = timedelta(minutes=1)
"""A person or a pipeline looks at the terminal meanwhile."""


class AskedPull(Struct, frozen=True):
    """A pull request. What is "" comes from the Secret of the repository, or from its address; `post` tells the preview
    there. Never shown."""

    repository: str
    number: int
    post: bool = False
    provider: str = ""
    api: str = ""
    token: str = ""
    username: str = ""
    context: str = ""

    def __repr__(self) -> str:
        return f"AskedPull(repository={self.repository!r}, number={self.number!r})"


async def preview_of(
    cluster: Cluster, kubeconfig: Path, asked: Asked, namespace: str, *, workers: int = 2, plugins: str = ""
) -> Preview:
    """Nothing is changed. `plugins` is where definitions of plugins are, by default those of the place.

    Raises Blocked when the repository or a revision cannot be had, or nobody reads it.
    """
    async with _looking(cluster, kubeconfig, namespace, workers, plugins) as (world, apps):
        return await Previewing(world, asked).run(apps)


async def preview_of_pull(
    cluster: Cluster,
    kubeconfig: Path,
    asked: AskedPull,
    namespace: str,
    *,
    workers: int = 2,
    plugins: str = "",
    warn: Callable[[str], None] = lambda _: None,
) -> Preview:
    """The cluster is not changed. Where the preview cannot be told at the host, `warn` is told why: it counts all the
    same. Raises Blocked when there is no preview, and what the host says when it does not tell of the pull request."""
    clock = SystemClock()
    hosts = Hosts(clock)
    try:
        async with _looking(cluster, kubeconfig, namespace, workers, plugins) as (world, apps):
            telling, pull = await _found(world, apps, asked, hosts)
            if asked.post:
                await _try(lambda: telling.begun(pull), clock, warn)
            try:
                preview = await Previewing(world, Asked(asked.repository, pull.head, pull.base)).run(apps)
            except Blocked as blocked:
                reason, message = blocked.reason, blocked.message
                if asked.post:
                    await _try(lambda: telling.failed(pull, reason, message), clock, warn)
                raise
            if asked.post:
                await _try(lambda: telling.done(pull, preview), clock, warn)
            return preview
    finally:
        await hosts.close()


async def _found(world: World, apps: list[Application], asked: AskedPull, hosts: Hosts) -> tuple[Telling, PullRequest]:
    """The repository is opened as the application that reads it opens it."""
    named = ((app, url) for app in apps for url in urls_of(app) if is_same(url, asked.repository))
    app, url = next(named, (Application(), asked.repository))
    project = app.spec.project
    told = preview_settings.settings_for(
        url, access.repository_secrets(world), world.config_map(SETTINGS), project=project
    )
    opened = access.of_url(world, app, url)
    repository = hosting.hosted(
        url,
        provider=asked.provider or told.provider,
        api=asked.api or told.api,
    )
    if asked.token:
        host = HostAccess(opened, asked.token, asked.username)
    elif told.token:
        host = HostAccess(opened, told.token, told.username)
    else:
        host = HostAccess(await SignIn(world.clock).opened(opened))
    context = preview_settings.checked_context(asked.context or told.context)
    pull = await patiently(lambda: hosts.pull_request(repository, host, asked.number), world.clock)
    return Telling(hosts, repository, host, context), pull


async def _try(work: Callable[[], Awaitable[None]], clock: Clock, warn: Callable[[str], None]) -> None:
    try:
        await patiently(work, clock)
    except HoldfastError as error:
        warn(f"the preview is not told at the pull request: {error}")


async def patiently(work: Callable[[], Awaitable[T]], clock: Clock, attempts: int = ATTEMPTS) -> T:
    """Tries what may pass by itself a few times. Raises what the last attempt raised."""
    backoff = Backoff(Random())  # noqa: S311 - jitter
    for attempt in range(1, attempts):
        try:
            return await work()
        except (Transient, ApiError) as error:
            wait = max(backoff.delay(attempt), retry_after(error) or timedelta(0))
            await clock.sleep(min(wait, LONGEST_WAIT).total_seconds())
    return await work()


@asynccontextmanager
async def _looking(
    cluster: Cluster, kubeconfig: Path, namespace: str, workers: int, plugins: str
) -> AsyncIterator[tuple[World, list[Application]]]:
    place = place_of(kubeconfig)
    async with (
        sources(place, place.read_rewrites(), workers=workers, plugins=place.plugins_with(plugins)) as opened,
        scripts_of_users() as scripts,
    ):
        world = await world_of(cluster, opened, scripts, namespace)
        items = (await cluster.list(APPLICATION, namespace=namespace)).items
        for item in items:
            world.store.put(item)
        yield world, [msgspec.convert(item.decode(), Application) for item in items]
