"""How often a repository is asked, and what counts while it does not answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from holdfast.controllers.application.revisions import Resolved, Revisions
from holdfast.model.errors import Blocked, Transient
from holdfast.model.keys import NamespacedName
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.clock import LoopClock

APP = NamespacedName("argocd", "web")
SOURCE = ("https://git.example.com/web.git", "main")


class Asked:
    def __init__(self) -> None:
        self.clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.revisions = Revisions(self.clock, Backoff(Random(1)))
        self.times = 0
        self.answer: str | Exception = "c1"

    async def ask(self) -> str:
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def resolve(self, source: tuple[str, str] = SOURCE, *, known: str = "", fresh: bool = False) -> Resolved:
        return await self.revisions.resolve(APP, source, self.ask, poll_seconds=120, known=known, fresh=fresh)


async def test_the_repository_is_asked_once_in_an_interval() -> None:
    world = Asked()
    for _ in range(3):
        assert await world.resolve() == Resolved("c1")
        await world.clock.sleep(30)
    assert world.times == 1
    assert world.revisions.due_in(APP, 120).total_seconds() == 30.001
    await world.clock.sleep(31)
    await world.resolve()
    assert world.times == 2


async def test_a_refresh_and_another_source_are_asked_for_at_once() -> None:
    world = Asked()
    await world.resolve()
    world.answer = "c2"
    assert await world.resolve(fresh=True) == Resolved("c2")
    world.answer = "c3"
    assert await world.resolve(("other", "main")) == Resolved("c3")


async def test_while_the_repository_does_not_answer_the_last_commit_counts() -> None:
    world = Asked()
    await world.resolve()
    await world.clock.sleep(121)
    world.answer = Transient("RepositoryUnreachable", "no route to host")
    assert await world.resolve() == Resolved("c1", "no route to host")
    assert world.revisions.due_in(APP, 120).total_seconds() <= 1.001
    world.answer = "c2"
    await world.clock.sleep(1)
    assert await world.resolve() == Resolved("c2")


async def test_after_a_restart_the_commit_of_the_status_counts() -> None:
    world = Asked()
    world.answer = Transient("RepositoryUnreachable", "no route to host")
    assert await world.resolve(known="c0") == Resolved("c0", "no route to host")


async def test_what_a_person_must_mend_is_raised() -> None:
    world = Asked()
    world.answer = Blocked("RevisionNotFound", "no such branch")
    with pytest.raises(Blocked):
        await world.resolve()


async def test_one_question_serves_all_applications_of_a_source() -> None:
    world = Asked()
    woken: list[NamespacedName] = []
    world.revisions.wake = lambda apps, _source, _commit: woken.extend(apps)
    other = NamespacedName("argocd", "other")
    polls = asyncio.ensure_future(world.revisions.run())
    for app in (APP, other):
        assert await world.revisions.resolve(app, SOURCE, world.ask, poll_seconds=120) == Resolved("c1")
    assert world.times == 1
    await world.clock.sleep(250)
    assert (world.times, woken) == (3, [])
    world.answer = "c2"
    await world.clock.sleep(120)
    assert (world.times, woken) == (4, [APP, other])
    polls.cancel()


async def test_news_that_a_refresh_brings_wake_the_others() -> None:
    world = Asked()
    woken: list[NamespacedName] = []
    world.revisions.wake = lambda apps, _source, _commit: woken.extend(apps)
    await world.revisions.resolve(NamespacedName("argocd", "other"), SOURCE, world.ask, poll_seconds=120)
    world.answer = "c2"
    assert await world.resolve(fresh=True) == Resolved("c2")
    assert woken == [NamespacedName("argocd", "other")]


async def test_a_source_that_nobody_uses_any_more_is_not_asked() -> None:
    world = Asked()
    polls = asyncio.ensure_future(world.revisions.run())
    await world.resolve()
    world.revisions.forget(APP)
    await world.clock.sleep(500)
    assert world.times == 1
    polls.cancel()


async def test_users_of_a_source_that_is_gone_are_told() -> None:
    world = Asked()
    woken: list[NamespacedName] = []
    world.revisions.wake = lambda apps, _source, _commit: woken.extend(apps)
    polls = asyncio.ensure_future(world.revisions.run())
    await world.resolve()
    world.answer = Blocked("RevisionNotFound", "no such branch")
    await world.clock.sleep(121)
    assert woken == [APP]
    polls.cancel()
