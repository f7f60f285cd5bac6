"""What is sent to AWS: bounded, and led nowhere else."""

from __future__ import annotations

import pytest
from aiohttp import web

from holdfast.runtime.aws.http import MOST_BYTES, AwsHttp
from holdfast.runtime.aws.requests import AwsAnswer, AwsError, AwsRequest
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time


async def asked(url: str) -> AwsAnswer:
    http = AwsHttp()
    try:
        return await http.ask(AwsRequest(url, (("Authorization", "the-secret"),), b"Action=X"))
    finally:
        await http.close()


async def test_an_answer_of_any_status_is_given_back_and_no_redirect_is_followed() -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers["Authorization"], await request.read()))
        return web.Response(status=307, headers={"Location": "/elsewhere"}, text="no")

    async with serving(answer) as url:
        assert await asked(f"{url}/here") == AwsAnswer(307, b"no")
    assert seen == [("/here", "the-secret", b"Action=X")]


async def test_what_is_too_much_is_an_error() -> None:
    async def flood(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * (MOST_BYTES + 1))

    async with serving(flood) as url:
        with pytest.raises(AwsError, match="sends more than the 8,388,608 bytes"):
            await asked(url)


async def test_who_is_not_there_is_named_and_may_come_back() -> None:
    async def nobody(_: web.Request) -> web.StreamResponse:
        return web.Response()

    async with serving(nobody) as url:
        gone = url
    with pytest.raises(AwsError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        await asked(gone)
    assert caught.value.may_pass
    assert "the-secret" not in str(caught.value)
