"""What a pull request would change, told where it is read."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from holdfast.controllers.application.controller import ApplicationController
from holdfast.controllers.preview.controller import PreviewController
from holdfast.model.pull_request import Provider, PullRequestChange, StatusState
from holdfast.model.repository import RepositoryAccess
from holdfast.model.resource_types import SECRET
from holdfast.testing.builders import REPOSITORY, config_map
from holdfast.testing.memory_hosts import MemoryHosts
from tests.features.house import House
from tests.features.page import Page


async def unchanged(access: RepositoryAccess) -> RepositoryAccess:
    return access


def previewing(applications: ApplicationController, hosts: MemoryHosts) -> PreviewController:
    return PreviewController(
        world=applications.world,
        applications=applications.applications,
        hosts=hosts,
        opened=unchanged,
        random=Random(1),
        synced=applications.watch.synced.wait,
    )


def propose(house: House, level: str) -> str:
    merged = house.repositories.head(REPOSITORY)
    head = house.push(config_map(data={"level": level}))
    house.repositories.move(REPOSITORY, merged)
    return head


@pytest.mark.feature("pull-request-preview")
async def test_each_push_is_told_by_a_status_and_in_the_same_comment(house: House, page: Page) -> None:
    house.push(config_map(), config_map("gone"))
    await house.create(page.yaml("application"))
    await house.put(page.yaml("secret"), SECRET)
    hosts = MemoryHosts()
    told = hosts.at("team/web", 12)

    async def has_ended(times: int) -> bool:
        return len(told.statuses) == 2 * times

    async with house.controller() as applications:
        await house.until_settled()
        previews = previewing(applications, hosts)
        running = asyncio.create_task(previews.run())
        for times, level in enumerate(("debug", "trace"), start=1):
            head = propose(house, level)
            hosts.open("team/web", 12, head)
            assert previews.take(PullRequestChange(Provider.GITEA, (REPOSITORY,), 12))
            await house.until(lambda: has_ended(times), "the preview is told")  # noqa: B023 - awaited at once
            assert told.statuses[-2:] == [
                (head, StatusState.PENDING, "is being previewed"),
                (head, StatusState.SUCCESS, "1 application changes, 1 deletion"),
            ]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    (texts,) = told.comments
    assert len(texts) == 2
    assert '~ .data.level: "info" -> "trace"' in texts[-1]
    assert hosts.tokens == {"the-token-of-a-bot"}
