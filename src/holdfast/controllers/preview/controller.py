"""The preview controller: one job for each pull request, of which only the newest push counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from random import Random
from typing import Final

from holdfast.controllers.application.world import World
from holdfast.controllers.preview.job import Job, Opened, PullKey, chosen, given_up, urls_of
from holdfast.engine.webhooks.addresses import same_repository
from holdfast.model.application import Application
from holdfast.model.errors import Blocked, TooManyRequests
from holdfast.model.pull_request import PullRequestChange
from holdfast.ports.pull_requests import PullRequestHosts
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome, Settled

WORKERS: Final = 2
MOST_WAITING: Final = 200
MOST_FAILURES: Final = 8
"""With the back-off about a quarter of an hour."""

MOST_FAREWELLS: Final = 3
"""How often it is tried to tell that nothing more is tried."""

TIMEOUT: Final = timedelta(minutes=15)

log = logging.getLogger(__name__)


class PreviewController:
    """`world` and `applications` are those of the application controller; nothing of it is changed."""

    def __init__(
        self,
        *,
        world: World,
        applications: Callable[[], Iterable[Application]],
        hosts: PullRequestHosts,
        opened: Opened,
        random: Random,
        synced: Callable[[], Awaitable[object]],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._world = world
        self._applications = applications
        self._hosts = hosts
        self._opened = opened
        self._synced = synced
        self._most_waiting = most_waiting
        self._newer: dict[PullKey, asyncio.Event] = {}
        self.loop: ReconcileLoop[PullKey] = ReconcileLoop(
            "preview",
            self._reconcile,
            clock=world.clock,
            random=random,
            workers=WORKERS,
            timeout=TIMEOUT,
            backoff=Backoff(random, first=timedelta(seconds=5)),
        )

    async def run(self) -> None:
        """Until cancelled."""
        await self._synced()
        await self.loop.run()

    def take(self, change: PullRequestChange) -> list[PullKey]:
        """Puts the pull request into the queue, and answers it; nothing where nobody wants a preview of it.

        One that is worked on begins anew. Raises TooManyRequests when too many wait already.
        """
        key = self._key(change)
        if key is None:
            return []
        queue = self.loop.queue
        if queue.waiting >= self._most_waiting and queue.due_in(key) is None:
            raise TooManyRequests(f"{queue.waiting} previews wait already: deliver it again later")
        if key in self._newer:
            self._newer[key].set()
        self.loop.failures.pop(key, None)
        self.loop.add(key)
        return [key]

    def _key(self, change: PullRequestChange) -> PullKey | None:
        """The repository is named as an Application names it: what a webhook says of addresses is only compared."""
        apps = list(self._applications())
        for url in sorted({url for app in apps for url in urls_of(app) if is_meant(url, change)}):
            key = PullKey(url, change.number, change.provider)
            try:
                found = chosen(self._world, apps, key)
                if found is not None:
                    return PullKey(url, change.number, found.repository.provider)
            except Blocked as blocked:
                log.warning("no preview of %s: %s", key, blocked.message)
        return None

    async def _reconcile(self, key: PullKey) -> Outcome:
        """A newer push ends the job: the queue has it again already."""
        failures = self.loop.failures.get(key, 0)
        if failures >= MOST_FAILURES + MOST_FAREWELLS:
            raise given_up()
        newer = self._newer[key] = asyncio.Event()
        job = Job(self._world, self._hosts, self._opened, key)
        gives_up = failures >= MOST_FAILURES
        apps = list(self._applications())
        work = job.give_up(apps) if gives_up else job.run(apps)
        tasks = (asyncio.ensure_future(work), asyncio.ensure_future(newer.wait()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
        finally:
            del self._newer[key]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Settled()


def is_meant(url: str, change: PullRequestChange) -> bool:
    """A place without a host ("/PROJECT/web") is how some hosts name a repository."""
    for other in change.urls:
        if other.startswith("/"):
            if url.lower().removesuffix("/").removesuffix(".git").endswith(other.lower()):
                return True
        elif same_repository(url, other):
            return True
    return False
