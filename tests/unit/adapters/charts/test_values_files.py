"""Values files at addresses, against HTTP servers that run in this process."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from holdfast.adapters.charts.values_files import HttpValuesFiles, ValuesFileLimits
from holdfast.engine.lang.hosts import is_inside
from holdfast.model.errors import Blocked, Transient
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time

Reading = Callable[..., AbstractAsyncContextManager[HttpValuesFiles]]


@pytest.fixture
def values_files() -> Reading:
    """The port for which 127.0.0.1 counts as public; the arguments are limits."""

    @asynccontextmanager
    async def opened(**limits: Any) -> AsyncIterator[HttpValuesFiles]:
        port = HttpValuesFiles(
            SystemClock(), ValuesFileLimits(**limits), refuses=lambda host: host != "127.0.0.1" and is_inside(host)
        )
        try:
            yield port
        finally:
            await port.close()

    return opened


def answering(status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return handler


async def test_each_read_gives_what_is_there_now(values_files: Reading) -> None:
    answers = iter([b"level: low\n", b"level: high\n"])

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=next(answers))

    async with serving(handler) as root, values_files() as port:
        assert await port.read(f"{root}/a.yaml") == b"level: low\n"
        assert await port.read(f"{root}/a.yaml") == b"level: high\n"


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "ValuesFileMissing"), (410, "ValuesFileMissing"), (403, "ValuesFileRefused")]
)
async def test_a_refusal_says_which_file_without_its_secrets(values_files: Reading, status: int, reason: str) -> None:
    async with serving(answering(status)) as root, values_files() as port:
        url = root.replace("http://", "http://user:hidden@") + "/a.yaml?token=hidden"
        with pytest.raises(Blocked) as caught:
            await port.read(url)
    assert caught.value.reason == reason
    assert "/a.yaml" in caught.value.message
    assert "hidden" not in caught.value.message


async def test_a_server_in_trouble_is_asked_again_later(values_files: Reading) -> None:
    async with serving(answering(503)) as root, values_files() as port:
        with pytest.raises(Transient, match="503"):
            await port.read(f"{root}/a.yaml")


async def test_an_answer_is_bounded_in_size_and_time(values_files: Reading) -> None:
    async with serving(answering(body=b"#" * 2000)) as root, values_files(file_bytes=1000) as port:
        with pytest.raises(Blocked) as caught:
            await port.read(f"{root}/a.yaml")
        assert caught.value.reason == "ManifestTooLarge"

    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(slow) as root, values_files(seconds=0.2) as port:
        with pytest.raises(Transient, match=r"within 0\.2 s"):
            await port.read(f"{root}/a.yaml")


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2/latest/meta-data",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706434/",
        "http://0x7f.0.0.2/",
        "http://\uff11\uff12\uff17.0.0.2/",
        "http://127\u30020.0.2/",
        "http://127.0.0.1:99999/",
        "file:///etc/passwd",
    ],
)
async def test_nobody_is_led_inside(values_files: Reading, target: str) -> None:
    async with serving(answering(302, headers={"Location": target})) as root, values_files() as port:
        for url in (f"{root}/a.yaml", target):
            with pytest.raises((Blocked, Transient)) as caught:
                await port.read(url)
            assert re.search(
                r"no http or https|not a public host|\((ClientConnectorDNSError|InvalidUrlClientError)\)",
                str(caught.value),
            )


async def test_a_name_that_leads_inside_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    port = HttpValuesFiles(SystemClock())
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def resolves_inside(*_: Any, **__: Any) -> Any:
        return [(2, 1, 6, "", ("127.0.0.1", int(root.rpartition(":")[2])))]

    async with serving(handler) as root:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves_inside)
        with pytest.raises(Transient, match="cannot be reached"):
            await port.read(f"http://values.example.com:{root.rpartition(':')[2]}/a.yaml")
    await port.close()
    assert asked == []


async def test_a_host_that_is_known_inside_may_not_redirect_and_is_never_this_machine() -> None:
    port = HttpValuesFiles(SystemClock(), refuses_known=lambda _: False)
    async with serving(answering(302, headers={"Location": "http://10.0.0.1/"})) as root:
        with pytest.raises(Blocked, match="redirects"):
            await port.read(f"{root}/a.yaml", known_inside=True)
    await port.close()
    strict = HttpValuesFiles(SystemClock())
    async with serving(answering()) as root:
        with pytest.raises(Blocked, match="not a public host"):
            await strict.read(f"{root}/a.yaml", known_inside=True)
    await strict.close()
