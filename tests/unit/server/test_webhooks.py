"""The address that webhooks are sent to."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from holdfast.model.application import Application
from holdfast.model.errors import TooManyRequests
from holdfast.model.keys import NamespacedName
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.webhook import WebhookSecrets
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
        self.previewed: list[int] = []
        self.is_full = False

    def all(self) -> Iterable[Application]:
        return self._apps

    def secrets(self) -> WebhookSecrets:
        return self._secrets

    def refresh(self, app: NamespacedName) -> None:
        self.refreshed.append(app.name)

    def preview(self, change: PullRequestChange) -> list[str]:
        if self.is_full:
            raise TooManyRequests("200 previews wait already")
        self.previewed.append(change.number)
        return [f"team/web#{change.number}"]


@asynccontextmanager
async def client(kept: Kept) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(webhooks.application(kept))) as opened:
        yield opened


async def test_a_push_has_the_applications_of_its_branch_looked_at() -> None:
    other = application("other", source={"repoURL": REPOSITORY, "path": "app", "targetRevision": "next"})
    kept = Kept(application("web"), other)
    async with client(kept) as opened:
        answer = await opened.post(webhooks.PATH, json=PUSH, headers={"X-GitHub-Event": "push"})
        assert (answer.status, await answer.json()) == (200, {"refreshed": ["argocd/web"]})
    assert kept.refreshed == ["web"]


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
        ({"X-GitHub-Event": "push"}, b" " * (webhooks.MAX_BYTES + 1), 413),
    ],
    ids=["unknown", "malformed", "unsigned", "too large"],
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
