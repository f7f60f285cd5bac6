"""One preview of one pull request: asks the host how it stands, renders, compares, tells.

What the webhook said is not used any more: the host is asked, so that a forged event can do no more than have an open
pull request previewed again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias

from msgspec import Struct

from holdfast.controllers.application import access
from holdfast.controllers.application.world import World
from holdfast.controllers.preview.previewing import Asked, Previewing
from holdfast.controllers.preview.telling import Telling
from holdfast.engine.access import hosting, preview_settings
from holdfast.engine.access.repository_urls import path_of
from holdfast.engine.flow import spec
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.pull_request import HostAccess, HostedRepository, PreviewSettings, Provider, PullRequest
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.pull_requests import PullRequestHosts

Opened: TypeAlias = Callable[[RepositoryAccess], Awaitable[RepositoryAccess]]
"""Puts a short-lived token where a repository is opened by an app of its host or by an identity of a cloud."""

SETTINGS: Final = "argocd-cm"

log = logging.getLogger(__name__)


class PullKey(Struct, frozen=True, order=True):
    """`url` as an Application names the repository; `provider` as the webhook was read, for hosts whose name tells
    nothing."""

    url: str
    number: int
    provider: Provider

    def __str__(self) -> str:
        return f"{path_of(self.url)}#{self.number}"


class Chosen(Struct, frozen=True):
    """What opens the host, and how the pull requests are to be previewed."""

    settings: PreviewSettings
    repository: HostedRepository
    access: RepositoryAccess


class Job:
    def __init__(self, world: World, hosts: PullRequestHosts, opened: Opened, key: PullKey) -> None:
        self._world = world
        self._hosts = hosts
        self._opened = opened
        self._key = key

    async def run(self, apps: list[Application]) -> None:
        """Raises what the host says, and Transient what may pass by itself."""
        found = await self._look(apps)
        if found is None:
            return
        telling, pull = found
        previewing = Previewing(self._world.apart(), Asked(self._key.url, pull.head, pull.base))
        reading = await previewing.reading(apps)
        if not reading:
            log.info("preview %s: no application follows %s", self._key, pull.base)
            return
        await telling.begun(pull)
        try:
            preview = await previewing.of(reading)
        except Blocked as blocked:
            await telling.failed(pull, blocked.reason, blocked.message)
            return
        await telling.done(pull, preview)

    async def give_up(self, apps: list[Application]) -> None:
        """A status that says "pending" for ever would lie. Raises Blocked at the end."""
        found = await self._look(apps)
        if found is not None:
            telling, pull = found
            await telling.failed(pull, "GivenUp", "too many attempts have failed: see the log of the controller")
        raise given_up()

    async def _look(self, apps: Iterable[Application]) -> tuple[Telling, PullRequest] | None:
        """None where there is nothing to preview."""
        found = chosen(self._world, apps, self._key)
        if found is None:
            return None
        opened = found.access if found.settings.token else await self._opened(found.access)
        host = HostAccess(opened, found.settings.token, found.settings.username)
        pull = await self._hosts.pull_request(found.repository, host, self._key.number)
        if not pull.is_open:
            return None
        if pull.is_fork and not found.settings.forks:
            log.info("preview %s: comes from a fork, and %s is not on", self._key, preview_settings.FORKS)
            return None
        return Telling(self._hosts, found.repository, host, found.settings.context), pull


def given_up() -> Blocked:
    return Blocked("GivenUp", "too many attempts have failed; the next push is tried again")


def urls_of(app: Application) -> list[str]:
    """Of the Git repositories that it reads, as it names them."""
    return [source.repo_url for source in spec.sources_of(app) if not spec.is_packed(source)]


def chosen(world: World, apps: Iterable[Application], key: PullKey) -> Chosen | None:
    """None where no application reads the repository, or nobody has turned previews on for it. Raises Blocked."""
    secrets, config = access.repository_secrets(world), world.config_map(SETTINGS)
    readers = {spec.project_of(app): app for app in apps if key.url in urls_of(app)}
    for project, app in sorted(readers.items()):
        settings = preview_settings.settings_for(key.url, secrets, config, project=project)
        if settings.enabled:
            opened = access.of_url(world, app, key.url)
            repository = hosting.hosted(key.url, provider=settings.provider, api=settings.api, fallback=key.provider)
            return Chosen(settings, repository, opened)
    return None
