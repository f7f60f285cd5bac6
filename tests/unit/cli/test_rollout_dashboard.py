"""The page of `holdfast rollout dashboard`, asked over HTTP, on a sandbox cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar

from holdfast.cli.rollout.dashboard.entries import Entry, entries
from holdfast.cli.rollout.dashboard.page import page
from holdfast.cli.rollout.dashboard.serving import serving
from holdfast.model.errors import Blocked
from holdfast.runtime.clock import SystemClock
from tests.unit.controllers.rollout.harness import ROLLOUT, Stage, rollout_object, stage

pytestmark = pytest.mark.real_time
HOSTILE = "<img src=x onerror=alert(1)>\"'&"
STEPS = {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}]}}
PAUSED: dict[str, Any] = {
    "currentPodHash": "new",
    "stableRS": "old",
    "currentStepIndex": 1,
    "phase": "Paused",
    "message": f"CanaryPauseStep {HOSTILE}",
    "readyReplicas": 10,
    "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}],
    "canary": {"currentStepAnalysisRunStatus": {"name": "web-1", "status": "Running", "message": HOSTILE}},
}


class Read(HTMLParser):
    """Cells of the table, tags, and buttons by their id with the reason why they cannot be pressed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.buttons: dict[str, str] = {}
        self.said = ""
        self._at = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "button":
            self.buttons[found["id"] or ""] = (found.get("title") or "") if "disabled" in found else ""
        self._at = found.get("id") or "" if tag == "p" else tag

    def handle_data(self, data: str) -> None:
        if self._at == "said" and not self.cells:
            self.said += data.strip()
        elif self.cells:
            self.cells[-1] += data


class Browser:
    """Somebody who opened the printed address."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self.session = session
        self.address = address
        self.root = f"http://{urlsplit(address).netloc}"
        self.token = urlsplit(address).query.removeprefix("token=")

    async def look(self) -> Read:
        async with self.session.get(self.root) as answer:
            assert answer.status == 200
            return Read(await answer.text())

    async def press(self, action: str, *, name: str = "web", namespace: str = "shop", **headers: str) -> ClientResponse:
        fields = {"action": action, "name": name, "namespace": namespace}
        answer = await self.session.post(self.root, data=fields, headers={"Origin": self.root, **headers})
        await answer.read()
        return answer


@asynccontextmanager
async def opened(namespace: str = "", *, status: dict[str, Any] = PAUSED) -> AsyncIterator[tuple[Stage, Browser]]:
    async with stage() as world:
        await world.put(ROLLOUT, rollout_object(STEPS, image=f"web:{HOSTILE}"))
        await world.status(status)
        async with (
            serving(world.cluster, namespace, 0) as address,
            ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
        ):
            async with session.get(address) as answer:
                assert (answer.status, str(answer.url)) == (200, f"http://{urlsplit(address).netloc}/")
            yield world, Browser(session, address)


async def test_the_page_lists_what_the_commands_tell() -> None:
    async with opened() as (_, browser):
        read = await browser.look()
        assert read.cells[10:19] == [
            "shop/web",
            "Canary",
            "1/3",
            "10",
            "‖ Paused",
            f"CanaryPauseStep {HOSTILE}",
            "10/10",
            f"web:{HOSTILE}",
            f"step: Running - {HOSTILE}",
        ]
        assert not read.buttons["promote:shop/web"]
        assert read.buttons["retry:shop/web"] == "rollout 'web' is not aborted"


async def test_what_the_cluster_holds_makes_no_tags() -> None:
    hostile = Entry(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, refusals=dict.fromkeys(BUTTONS, HOSTILE))
    read = Read(page([hostile], where=HOSTILE, said=HOSTILE))
    assert "img" not in read.tags
    assert (read.cells[10], read.said) == (f"{HOSTILE}/{HOSTILE}", HOSTILE)
    assert read.buttons[f"abort:{HOSTILE}/{HOSTILE}"] == HOSTILE
    async with opened() as (_, browser):
        assert "img" not in (await browser.look()).tags


BUTTONS = ("promote", "full", "pause", "abort", "retry", "restart")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("promote", "rollout 'web' promoted"),
        ("full", "rollout 'web' fully promoted"),
        ("pause", "rollout 'web' paused"),
        ("abort", "rollout 'web' aborted"),
        ("restart", "rollout 'web' restarts its pods"),
    ],
)
async def test_a_button_asks_what_the_command_asks(action: str, said: str) -> None:
    async with opened() as (world, browser):
        answer = await browser.press(action)
        assert (answer.status, Read(await answer.text()).said) == (200, said)
        rollout = await world.rollout()
        assert {
            "promote": not rollout.status.pause_conditions,
            "full": rollout.status.promote_full,
            "pause": rollout.spec.paused,
            "abort": rollout.status.abort,
            "restart": bool(rollout.spec.restart_at),
        }[action]


async def test_an_aborted_one_is_retried() -> None:
    async with opened(status=PAUSED | {"abort": True}) as (world, browser):
        assert (await browser.press("retry")).status == 200
        assert not (await world.rollout()).status.abort


@pytest.mark.parametrize(
    ("pressed", "said"),
    [
        ({"action": "retry"}, "rollout 'web' is not aborted"),
        ({"action": "delete"}, "asked for is one of promote, full"),
        ({"action": "abort", "name": "other"}, "no rollout 'other' in namespace 'shop'"),
        ({"action": "abort", "namespace": "kube-system"}, "this page acts in namespace 'shop' alone"),
        ({"action": "abort", "name": "kube-system/web"}, "asked for is one of promote, full"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_told(pressed: dict[str, str], said: str) -> None:
    async with opened("shop") as (world, browser):
        before = await world.rollout()
        answer = await browser.press(**pressed)
        read = Read(await answer.text())
        assert answer.status == 409
        assert said in read.said
        assert read.cells[10] == "shop/web"
        assert await world.rollout() == before


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/page.js", "/page.css", "/nowhere"])
async def test_nothing_is_told_without_the_token(path: str) -> None:
    async with opened() as (world, browser), ClientSession() as stranger:
        async with stranger.get(browser.root + path) as answer:
            assert (answer.status, "web" in await answer.text()) == (401, False)
        wrong = {"Authorization": "Bearer wrong", "Origin": browser.root}
        fields = {"action": "abort", "name": "web", "namespace": "shop"}
        async with stranger.post(browser.root + path, data=fields, headers=wrong) as answer:
            assert answer.status == 401
        assert not (await world.rollout()).status.abort


async def test_a_script_shows_the_token_in_a_header() -> None:
    async with opened() as (_, browser), ClientSession() as script:
        async with script.get(browser.root, headers={"Authorization": f"Bearer {browser.token}"}) as answer:
            assert answer.status == 200
        # Only the address that was printed hands out the cookie; nothing is asked by it.
        async with script.post(browser.address, headers={"Origin": browser.root}) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_the_page_of_somebody_else_asks_for_nothing(origin: str) -> None:
    async with opened() as (world, browser):
        assert (await browser.press("abort", Origin=origin)).status == 403
        assert not (await world.rollout()).status.abort


async def test_a_name_that_points_here_is_refused() -> None:
    async with opened() as (world, browser):
        port = urlsplit(browser.root).port
        for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}"):
            async with browser.session.get(browser.address, headers={"Host": host}) as answer:
                assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)
            assert (await browser.press("abort", Host=host, Origin=f"http://{host}")).status == 403
        assert not (await world.rollout()).status.abort


async def test_the_page_loads_nothing_from_elsewhere() -> None:
    async with opened() as (_, browser):
        for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
            async with browser.session.get(browser.root + path) as answer:
                text = await answer.text()
                assert answer.content_type == kind
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; ")
                assert "http:" not in text
                assert "https:" not in text
                assert answer.headers["Cache-Control"] == "no-store"


async def test_a_cookie_is_for_this_page_alone() -> None:
    async with opened() as (_, browser), ClientSession() as session:
        async with session.get(browser.address, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert cookie.startswith(f"holdfast-dashboard-{urlsplit(browser.root).port}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie


async def test_a_taken_port_is_told() -> None:
    async with opened() as (world, browser):
        with pytest.raises(Blocked, match="leave --port out for a free one"):
            async with serving(world.cluster, "", urlsplit(browser.root).port or 0):
                pass


async def test_one_that_cannot_be_read_hides_no_other() -> None:
    good = rollout_object(STEPS)
    bad = {**good, "metadata": {"name": "bad", "namespace": "shop"}, "spec": {"replicas": "many"}}
    found = entries([good, bad], SystemClock().now())
    assert [(entry.name, entry.phase) for entry in found] == [("bad", "Unreadable"), ("web", "Progressing")]
    assert not Read(page(found[:1], where="shop")).buttons
