"""The address that webhooks are sent to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from holdfast.model.application import Application
from holdfast.model.errors import TooManyRequests
from holdfast.model.keys import NamespacedName
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.rendering import ChartUse
from holdfast.model.webhook import WebhookLimits, WebhookSecrets
from holdfast.server import webhooks
from holdfast.testing.builders import REPOSITORY, application

pytestmark = pytest.mark.real_time
PUSH = {"ref": "refs/heads/main", "repository": {"clone_url": REPOSITORY, "default_branch": "main"}}


class Kept:
    """Applications that are kept in a list."""

    def __init__(self, *apps: Application, secrets: WebhookSecrets | None = None) -> None:
        self._apps = apps
        self._secrets = secrets or WebhookSecrets()
        self.refreshed: list[str] = []
        self.rendered_with: dict[str, tuple[ChartUse, ...]] = {}
        self.previewed: list[int] = []
        self.is_full = False
        self.limit = WebhookLimits()

    def all(self) -> Iterable[Application]:
        return self._apps

    def charts(self, app: NamespacedName) -> Iterable[ChartUse]:
        return self.rendered_with.get(app.name, ())

    def secrets(self) -> WebhookSecrets:
        return self._secrets

    def limits(self) -> WebhookLimits:
        return self.limit

    def refresh(self, app: NamespacedName) -> None:
        self.refreshed.append(app.name)

    def preview(self, change: PullRequestChange) -> list[str]:
        if self.is_full:
            raise TooManyRequests("200 previews wait already")
        self.previewed.append(change.number)
        return [f"team/web#{change.number}"]


class HandClock:
    """A Clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps")


@asynccontextmanager
async def client(kept: Kept, clock: HandClock | None = None) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(webhooks.application(kept, clock or HandClock()))) as opened:
        yield opened


async def test_a_push_has_the_applications_of_its_branch_looked_at() -> None:
    other = application("other", source={"repoURL": REPOSITORY, "path": "app", "targetRevision": "next"})
    kept = Kept(application("web"), other)
    async with client(kept) as opened:
        answer = await opened.post(webhooks.PATH, json=PUSH, headers={"X-GitHub-Event": "push"})
        assert (answer.status, await answer.json()) == (200, {"refreshed": ["argocd/web"]})
    assert kept.refreshed == ["web"]


async def test_a_push_to_a_registry_has_those_looked_at_that_were_rendered_with_the_chart() -> None:
    kept = Kept(application("web"), application("db"))
    kept.rendered_with["web"] = (ChartUse("oci://reg.example.com/team", "lib", "1.x"),)
    target = {"repository": "team/lib", "tag": "1.2.0"}
    pushed = {"events": [{"action": "push", "target": target, "request": {"host": "reg.example.com"}}]}
    headers = {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}
    async with client(kept) as opened:
        answer = await opened.post(webhooks.PATH, data=json.dumps(pushed).encode(), headers=headers)
        assert (answer.status, await answer.json()) == (200, {"refreshed": ["argocd/web"]})


async def test_a_pull_request_is_previewed_and_refreshes_nobody() -> None:
    kept = Kept(application("web"))
    pull = {"action": "opened", "number": 12, "repository": {"clone_url": REPOSITORY}}
    async with client(kept) as opened:
        answer = await opened.post(webhooks.PATH, json=pull, headers={"X-GitHub-Event": "pull_request"})
        assert (answer.status, await answer.json()) == (200, {"refreshed": [], "previews": ["team/web#12"]})
        kept.is_full = True
        answer = await opened.post(webhooks.PATH, json=pull, headers={"X-GitHub-Event": "pull_request"})
        assert (answer.status, await answer.json()) == (429, {"error": "200 previews wait already"})
    assert (kept.refreshed, kept.previewed) == ([], [12])


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"X-Random-Event": "push"}, b"{}", 400),
        ({"X-GitHub-Event": "push"}, b"{", 400),
        ({"X-GitHub-Event": "push"}, json.dumps(PUSH).encode(), 401),
        ({"X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=\udcff"}, json.dumps(PUSH).encode(), 401),
        ({"X-GitHub-Event": "push"}, b" " * (webhooks.MAX_BYTES + 1), 413),
    ],
    ids=["unknown", "malformed", "unsigned", "no text", "too large"],
)
async def test_what_cannot_be_trusted_is_refused(headers: dict[str, str], body: bytes, status: int) -> None:
    kept = Kept(application("web"), secrets=WebhookSecrets(github="shared" if status == 401 else ""))
    async with client(kept) as opened:
        answer = await opened.post(webhooks.PATH, data=io.BytesIO(body), headers=headers)
        assert answer.status == status
        assert "Traceback" not in await answer.text()
    assert kept.refreshed == []


async def test_it_says_that_it_is_alive() -> None:
    async with client(Kept()) as opened:
        assert (await opened.get("/healthz")).status == 200


EVENT = {"X-GitHub-Event": "push"}
SECRETS = WebhookSecrets(github="shared")
BODY = json.dumps(PUSH).encode()
SIGNED = {**EVENT, "X-Hub-Signature-256": "sha256=" + hmac.new(b"shared", BODY, hashlib.sha256).hexdigest()}
FORGED = {**EVENT, "X-Hub-Signature-256": "sha256=00"}


async def statuses(opened: TestClient[web.Request, web.Application], times: int, headers: dict[str, str]) -> list[int]:
    return [(await opened.post(webhooks.PATH, data=BODY, headers=headers)).status for _ in range(times)]


async def never() -> AsyncIterator[bytes]:
    """A body that does not come."""
    yield b"{"
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("secrets", "headers", "status"),
    [(WebhookSecrets(), EVENT, 200), (SECRETS, EVENT, 401), (SECRETS, FORGED, 401), (SECRETS, {"X-Other": "1"}, 400)],
    ids=["believed", "unsigned", "forged", "nobody known"],
)
async def test_what_proves_nothing_is_put_off_until_the_minute_has_passed(
    secrets: WebhookSecrets, headers: dict[str, str], status: int
) -> None:
    kept, clock = Kept(application("web"), secrets=secrets), HandClock()
    kept.limit = WebhookLimits(per_minute_of_address=3)
    async with client(kept, clock) as opened:
        assert await statuses(opened, 5, headers) == [status] * 3 + [429] * 2
        answer = await opened.post(webhooks.PATH, data=BODY, headers=headers)
        assert answer.headers["Retry-After"] == "20"
        clock.time += 19
        assert await statuses(opened, 1, headers) == [429]
        clock.time += 1
        assert await statuses(opened, 2, headers) == [status, 429]
        clock.time += 3600
        assert await statuses(opened, 4, headers) == [status] * 3 + [429]
    assert len(kept.refreshed) == (7 if status == 200 else 0)


async def test_who_proves_himself_is_heard_whatever_others_send() -> None:
    kept = Kept(application("web"), secrets=SECRETS)
    kept.limit = WebhookLimits(per_minute_of_address=2, per_minute=2)
    async with client(kept) as opened:
        assert await statuses(opened, 3, FORGED) == [401, 401, 429]
        assert await statuses(opened, 50, SIGNED) == [200] * 50
    assert len(kept.refreshed) == 50


async def test_the_body_of_a_stranger_without_tokens_is_not_even_read() -> None:
    kept = Kept(application("web"), secrets=SECRETS)
    kept.limit = WebhookLimits(per_minute_of_address=1)
    async with client(kept) as opened:
        assert await statuses(opened, 1, EVENT) == [401]
        answer = await opened.post(webhooks.PATH, data=never(), headers=EVENT)
        assert answer.status == 429


async def test_a_body_that_does_not_come_is_given_up_and_leaves_its_place_to_others() -> None:
    kept = Kept(application("web"))
    kept.limit = WebhookLimits(at_once=1, seconds=0.2)
    async with client(kept) as opened:
        assert (await opened.post(webhooks.PATH, data=never(), headers=EVENT)).status == 408
        assert await statuses(opened, 1, EVENT) == [200]
