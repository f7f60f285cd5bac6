"""Previews of pull requests: one job for each, the newest push counts, and failures of the host pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from random import Random

import pytest

from holdfast.controllers.application.controller import ApplicationController
from holdfast.controllers.preview.controller import MOST_FAILURES, MOST_FAREWELLS, PreviewController
from holdfast.model.errors import Blocked, HoldfastError, TooManyRequests, Transient
from holdfast.model.pull_request import Provider, PullRequestChange, StatusState
from holdfast.model.repository import RepositoryAccess
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.testing.builders import REPOSITORY, config_map, obj
from holdfast.testing.memory_hosts import MemoryHosts, Told
from tests.unit.controllers.application.harness import Stage, namespace, stage

PATH = "team/web"
PENDING, SUCCESS, FAILURE = StatusState.PENDING, StatusState.SUCCESS, StatusState.FAILURE
CHANGE = PullRequestChange(Provider.GITEA, (REPOSITORY,), 12)
ON = {"holdfastPreview": "true", "holdfastPreviewToken": "t0ken"}


class Previews:
    """A cluster that keeps an application, and a pull request that would change it."""

    def __init__(self, world: Stage, applications: ApplicationController) -> None:
        self.world = world
        self.hosts = MemoryHosts()
        self.opened: list[str] = []
        self.controller = PreviewController(
            world=applications.world,
            applications=applications.applications,
            hosts=self.hosts,
            opened=self._opened,
            random=Random(1),
            synced=applications.watch.synced.wait,
            most_waiting=3,
        )

    async def _opened(self, access: RepositoryAccess) -> RepositoryAccess:
        self.opened.append(access.url)
        return access

    @property
    def told(self) -> Told:
        return self.hosts.at(PATH, 12)

    def propose(self, level: str) -> str:
        merged = self.world.repositories.head(REPOSITORY)
        head = self.world.push(config_map(data={"level": level}))
        self.world.repositories.move(REPOSITORY, merged)
        return head

    async def quiet(self, seconds: float = 1) -> None:
        queue = self.controller.loop.queue
        await self.world.clock.sleep(seconds)
        while queue.working or queue.waiting:
            await self.world.clock.sleep(1)


@asynccontextmanager
async def previews(data: Mapping[str, str] = ON, settings: Mapping[str, str] | None = None) -> AsyncIterator[Previews]:
    async with stage() as world:
        await namespace(world)
        if settings:
            settings_map = config_map("argocd-cm", namespace="argocd", data=dict(settings))
            await world.cluster.create(CONFIG_MAP, settings_map, field_manager="person")
        secret = obj("v1", "Secret", "web-repo", namespace="argocd", stringData={"url": REPOSITORY, **data})
        secret["metadata"]["labels"] = {"argocd.argoproj.io/secret-type": "repository"}
        await world.cluster.create(SECRET, secret, field_manager="person")
        world.push(config_map())
        await world.create_application(policy={"automated": {}})
        async with world.controller() as applications:
            await world.settle(applications, seconds=5)
            opened = Previews(world, applications)
            task = asyncio.create_task(opened.controller.run())
            try:
                yield opened
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def test_a_preview_is_told_by_a_status_and_a_comment() -> None:
    async with previews() as it:
        head = it.propose("debug")
        it.hosts.open(PATH, 12, head)
        assert [str(key) for key in it.controller.take(CHANGE)] == ["team/web#12"]
        await it.quiet()
        assert it.told.statuses == [
            (head, PENDING, "is being previewed"),
            (head, SUCCESS, "1 application changes"),
        ]
        ((comment,),) = it.told.comments
        assert '~ .data.level: "info" -> "debug"' in comment
        assert it.hosts.tokens == {"t0ken"}


@pytest.mark.parametrize(
    ("data", "signed_in"), [(ON, []), ({"holdfastPreview": "true", "password": "p"}, [REPOSITORY])]
)
async def test_an_identity_is_asked_for_a_token_where_the_secret_holds_none(
    data: dict[str, str], signed_in: list[str]
) -> None:
    async with previews(data) as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states == [PENDING, SUCCESS]
        assert it.opened == signed_in


async def test_the_next_push_updates_the_same_comment() -> None:
    async with previews() as it:
        for level in ("debug", "trace", "info"):
            head = it.propose(level)
            it.hosts.open(PATH, 12, head)
            it.controller.take(CHANGE)
            await it.quiet()
        (texts,) = it.told.comments
        assert len(texts) == 3
        assert "nothing changes" in texts[-1]
        assert it.told.statuses[-1] == (head, SUCCESS, "nothing changes")


async def test_where_nothing_changes_the_status_says_so_alone() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("info"))
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.comments == []
        assert it.told.states == [PENDING, SUCCESS]


async def test_a_newer_push_takes_the_place_of_a_job_that_waits() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        newest = it.propose("trace")
        it.controller.take(CHANGE)
        it.hosts.push(PATH, 12, newest)
        it.controller.take(CHANGE)
        await it.quiet()
        assert {head for head, _, _ in it.told.statuses} == {newest}
        assert it.told.states == [PENDING, SUCCESS]


async def test_a_newer_push_ends_a_job_that_runs() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.held = asyncio.Event()
        it.controller.take(CHANGE)
        await it.world.clock.sleep(5)
        newest = it.propose("trace")
        it.hosts.push(PATH, 12, newest)
        it.controller.take(CHANGE)
        await it.world.clock.sleep(5)
        it.hosts.held.set()
        await it.quiet()
        assert {head for head, _, _ in it.told.statuses} == {newest}


async def test_the_queue_is_bounded_and_takes_what_it_knows() -> None:
    async with previews() as it:
        it.hosts.held = asyncio.Event()
        numbers = range(1, 6)
        for number in (*numbers, 12):
            it.hosts.open(PATH, number, it.propose("debug"))
        taken: list[int] = []

        def take(number: int) -> None:
            it.controller.take(PullRequestChange(Provider.GITEA, (REPOSITORY,), number))
            taken.append(number)

        for number in numbers:  # two are worked on, three wait
            take(number)
            await it.world.clock.sleep(1)
        with pytest.raises(TooManyRequests, match="3 previews wait"):
            take(12)
        take(5)
        it.hosts.held.set()
        await it.quiet()
        take(12)
        await it.quiet()
        assert all(it.hosts.at(PATH, number).states[-1] is SUCCESS for number in (*numbers, 12))


async def test_it_stops_with_the_engine_and_begins_anew() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.held = asyncio.Event()
        it.controller.take(CHANGE)
        await it.world.clock.sleep(1)
    assert it.told.statuses == []
    assert it.controller.loop.queue.working == 0


async def test_a_host_that_fails_is_asked_again_with_back_off() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [Transient("HostUnreachable", "mended") for _ in range(3)]
        began = it.world.clock.monotonic()
        it.controller.take(CHANGE)
        await it.quiet()
        assert 20 < it.world.clock.monotonic() - began < 60
        assert it.told.states[-1] is SUCCESS


async def test_a_host_that_wants_to_be_left_alone_is() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [TooManyRequests("slowly", details={"retryAfterSeconds": 600.0})]
        it.controller.take(CHANGE)
        await it.world.clock.sleep(590)
        assert it.told.statuses == []
        await it.quiet(15)
        assert it.told.states[-1] is SUCCESS


async def test_after_many_failures_it_gives_up_and_says_so() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [Transient("HostUnreachable", "down") for _ in range(MOST_FAILURES)]
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.statuses[-1][1:] == (FAILURE, "cannot be previewed: GivenUp")
        assert it.controller.loop.counters.transient == MOST_FAILURES
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states[-1] is SUCCESS


async def test_a_host_that_is_gone_for_good_is_left_alone() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [Transient("HostUnreachable", "down") for _ in range(100)]
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.hosts.asked == MOST_FAILURES + MOST_FAREWELLS
        assert it.controller.loop.counters.blocked == 1


@pytest.mark.parametrize("reason", ["HostAuthenticationFailed", "HostForbidden", "HostNotFound"])
async def test_what_a_person_must_mend_is_told_once_and_ends_nothing(
    reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [Blocked(reason, "the token may not; it needs more")]
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.controller.loop.counters.blocked == 1
        assert "the token may not; it needs more" in caplog.text
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states[-1] is SUCCESS


async def test_a_bug_of_a_host_does_not_end_the_others() -> None:
    class Odd(HoldfastError):
        pass

    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.failures = [Odd("?")]
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states[-1] is SUCCESS


async def test_a_revision_that_cannot_be_had_is_a_failure_that_is_told() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, "f" * 40)
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states == [PENDING, FAILURE]
        assert "has no commit ffff" in it.told.comments[0][-1]


async def test_a_closed_one_is_left_alone() -> None:
    async with previews() as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.hosts.close_pull(PATH, 12)
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.hosts.asked == 1
        assert it.told == Told()


@pytest.mark.parametrize(("wanted", "states"), [("false", []), ("true", [PENDING, SUCCESS])])
async def test_forks_are_previewed_only_where_somebody_wants_that(wanted: str, states: list[StatusState]) -> None:
    async with previews({**ON, "holdfastPreviewForks": wanted}) as it:
        it.hosts.open(PATH, 12, it.propose("debug"), is_fork=True)
        it.controller.take(CHANGE)
        await it.quiet()
        assert it.told.states == states


@pytest.mark.parametrize(
    ("data", "url"),
    [
        ({"holdfastPreview": "false", "holdfastPreviewToken": "t"}, REPOSITORY),
        ({"holdfastPreviewToken": "t"}, REPOSITORY),
        (ON, "https://git.example.com/team/other.git"),
        ({**ON, "holdfastPreviewApi": "ftp://x"}, REPOSITORY),
    ],
    ids=["turned off", "never turned on", "nobody reads it", "bad settings"],
)
async def test_nobody_is_asked_where_nobody_wants_it(data: dict[str, str], url: str) -> None:
    async with previews(data) as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        assert it.controller.take(PullRequestChange(Provider.GITEA, (url,), 12)) == []
        await it.quiet()
        assert it.hosts.asked == 0


async def test_it_can_be_turned_on_for_all() -> None:
    async with previews({"holdfastPreviewToken": "t"}, {"holdfast.preview.enabled": "true"}) as it:
        it.hosts.open(PATH, 12, it.propose("debug"))
        assert len(it.controller.take(PullRequestChange(Provider.BITBUCKET_SERVER, ("/TEAM/web",), 12))) == 1
        await it.quiet()
        assert it.told.states == [PENDING, SUCCESS]


async def test_previews_leave_the_applications_alone() -> None:
    async with previews() as it:
        before = (await it.world.application()).metadata.resource_version
        it.hosts.open(PATH, 12, it.propose("debug"))
        it.controller.take(CHANGE)
        await it.quiet()
        await it.world.clock.sleep(timedelta(minutes=10).total_seconds())
        assert (await it.world.application()).metadata.resource_version == before
