"""What is read and told at the hosts of repositories, against servers that answer as theirs do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from holdfast.adapters.scm.api import authorization
from holdfast.adapters.scm.hosts import Hosts
from holdfast.model.errors import Blocked, TooManyRequests, Transient
from holdfast.model.pull_request import CommitStatus, HostAccess, Provider, PullRequest, StatusState
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.scm.fake_hosts import HEAD, NUMBER, TOKEN, FakeHost

pytestmark = pytest.mark.real_time
MARKER = "[//]: # (holdfast-preview holdfast/preview)"
BODY = f"{MARKER}\n\n### first\n"
ACCESS = HostAccess(RepositoryAccess("https://host.example/team/web.git"), TOKEN)
EACH = pytest.mark.parametrize("provider", list(Provider))


@asynccontextmanager
async def talking(provider: Provider) -> AsyncIterator[tuple[FakeHost, Hosts]]:
    hosts = Hosts(SystemClock())
    try:
        async with FakeHost(provider).running() as fake:
            yield fake, hosts
    finally:
        await hosts.close()


async def put(fake: FakeHost, hosts: Hosts, body: str = BODY, *, make: bool = True) -> None:
    await hosts.put_comment(fake.repository, ACCESS, NUMBER, body, MARKER, make=make)


@EACH
async def test_a_pull_request_is_read(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        pull = await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert (pull.head, pull.base, pull.is_open, pull.is_fork) == (HEAD, "main", True, False)
        assert pull.page.startswith("https://")


@EACH
async def test_a_fork_and_the_end_are_seen(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        fake.is_fork, fake.is_open = True, False
        pull = await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert (pull.is_open, pull.is_fork) == (False, True)


@EACH
async def test_a_status_goes_from_pending_to_its_end_and_may_be_repeated(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        pull = await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        for state in (StatusState.PENDING, StatusState.PENDING, StatusState.SUCCESS):
            status = CommitStatus(state, "x" * 300, "holdfast/preview", pull.page)
            await hosts.set_status(fake.repository, ACCESS, pull, status)
        states = [state for _, state, _ in fake.statuses]
        assert states[0] in ("pending", "INPROGRESS")
        assert states[-1] in ("success", "SUCCESSFUL", "succeeded")
        assert {context for context, _, _ in fake.statuses} == {"holdfast/preview"}


@EACH
async def test_the_comment_is_found_again_behind_many_others(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        for number in range(130):
            fake.say(f"a word of {number}")
        await put(fake, hosts)
        for number in range(130):
            fake.say(f"> {MARKER}\n\na quotation {number}")
        await put(fake, hosts, BODY.replace("first", "second"))
        assert len(fake.comments) == 261
        ours = [it.body for it in fake.comments if it.body.startswith(MARKER)]
        assert len(ours) == 1
        assert "second" in ours[0]


@EACH
async def test_a_comment_that_says_so_already_is_left_alone(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        await put(fake, hosts)
        fake.asked.clear()
        await put(fake, hosts)
        assert [asked for asked in fake.asked if not asked.startswith("GET")] == []


@EACH
async def test_where_there_is_none_none_is_made_unless_wanted(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        await put(fake, hosts, make=False)
        assert fake.comments == []


@EACH
async def test_somebody_who_copies_the_marker_does_not_keep_ours_away(provider: Provider) -> None:
    async with talking(provider) as (fake, hosts):
        fake.say(f"{MARKER}\n\nall is well, merge it", foreign=True)
        await put(fake, hosts)
        await put(fake, hosts, BODY.replace("first", "second"))
        assert [it.body for it in fake.comments] == [
            f"{MARKER}\n\nall is well, merge it",
            BODY.replace("first", "second").rstrip(),
        ]


@EACH
@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (401, "HostAuthenticationFailed", "give a valid one"),
        (403, "HostForbidden", "it needs"),
        (404, "HostNotFound", "hidden from the token"),
        (301, "HostRefused", "301"),
        (422, "HostRefused", "422"),
    ],
)
async def test_a_refusal_says_what_to_do(provider: Provider, status: int, reason: str, said: str) -> None:
    async with talking(provider) as (fake, hosts):
        fake.refusals.append((status, {"Location": "https://evil.example/"}, f"bad {TOKEN}".encode()))
        with pytest.raises(Blocked, match=said) as caught:
            await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert caught.value.reason == reason
        assert TOKEN not in caught.value.message


@EACH
@pytest.mark.parametrize("status", [429, 403])
async def test_who_asks_too_often_is_told_how_long_to_wait(provider: Provider, status: int) -> None:
    async with talking(provider) as (fake, hosts):
        fake.refusals.append((status, {"Retry-After": "17"}, b"{}"))
        with pytest.raises(TooManyRequests) as caught:
            await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert caught.value.details == {"retryAfterSeconds": 17.0}


@pytest.mark.parametrize("status", [203, 302])
async def test_the_page_for_signing_in_is_no_answer_of_azure(status: int) -> None:
    async with talking(Provider.AZURE) as (fake, hosts):
        fake.refusals.append((status, {"Location": "https://spsprodeus.vssps.visualstudio.com/_signin"}, b"<html>"))
        with pytest.raises(Blocked, match="give a valid one") as caught:
            await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert caught.value.reason == "HostAuthenticationFailed"


async def test_a_limit_of_a_rate_that_is_reached_ends_when_it_says() -> None:
    clock = SystemClock()
    async with talking(Provider.GITHUB) as (fake, hosts):
        reset = str(int(clock.now().timestamp()) + 100)
        fake.refusals.append((403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, b"{}"))
        with pytest.raises(TooManyRequests) as caught:
            await hosts.pull_request(fake.repository, ACCESS, NUMBER)
        assert 90 < caught.value.details["retryAfterSeconds"] <= 100


@EACH
@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (502, b"<html>"), (503, b""), (200, b"<html>mended</html>"), (200, b"[1]")]
)
async def test_what_may_pass_by_itself_is_told_apart(provider: Provider, status: int, body: bytes) -> None:
    async with talking(provider) as (fake, hosts):
        fake.refusals.append((status, {}, body))
        with pytest.raises(Transient):
            await hosts.pull_request(fake.repository, ACCESS, NUMBER)


async def test_a_host_that_does_not_answer_may_be_back_later() -> None:
    async with talking(Provider.GITHUB) as (fake, _):
        repository = fake.repository
    hosts = Hosts(SystemClock())
    status = CommitStatus(StatusState.SUCCESS, "", "x")
    with pytest.raises(Transient, match="cannot be reached"):
        await hosts.set_status(repository, ACCESS, PullRequest(NUMBER, HEAD, "main"), status)
    await hosts.close()


@pytest.mark.parametrize(
    ("provider", "access", "sent"),
    [
        (Provider.GITHUB, ACCESS, f"Bearer {TOKEN}"),
        (Provider.GITLAB, ACCESS, f"Bearer {TOKEN}"),
        (Provider.GITEA, ACCESS, f"token {TOKEN}"),
        (Provider.BITBUCKET, HostAccess(RepositoryAccess(""), "pw", "me"), "Basic bWU6cHc="),
        (Provider.BITBUCKET, HostAccess(RepositoryAccess("", username="me", password="pw")), "Basic bWU6cHc="),
        (Provider.BITBUCKET, HostAccess(RepositoryAccess("", username="x-token-auth", password="pw")), "Bearer pw"),
        (Provider.BITBUCKET_SERVER, HostAccess(RepositoryAccess("", bearer_token="bt")), "Bearer bt"),
        (Provider.AZURE, ACCESS, "Basic aG9sZGZhc3Q6dDBrZW4="),
        (Provider.AZURE, HostAccess(RepositoryAccess("", username="me", password="pw")), "Basic bWU6cHc="),
        (Provider.AZURE, HostAccess(RepositoryAccess("", bearer_token="bt")), "Bearer bt"),
        (Provider.GITHUB, HostAccess(RepositoryAccess("", username="x-access-token", password="pw")), "Bearer pw"),
    ],
)
def test_a_token_of_its_own_goes_before_what_opens_the_repository(
    provider: Provider, access: HostAccess, sent: str
) -> None:
    assert authorization(provider, access) == sent


def test_without_any_token_it_is_said_where_to_put_one() -> None:
    with pytest.raises(Blocked, match="holdfastPreviewToken"):
        authorization(Provider.GITHUB, HostAccess(RepositoryAccess("git@github.com:team/web.git", "key")))


def test_nothing_shows_a_token() -> None:
    assert TOKEN not in repr(ACCESS)
