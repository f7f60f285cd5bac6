"""Sends requests to AWS itself: bounded time and size, and no redirect is followed, as AWS sends none."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import aiohttp

from holdfast.runtime.aws.requests import AwsAnswer, AwsError, AwsRequest
from holdfast.runtime.bounded import read_within

SECONDS: Final = 10.0
MOST_BYTES: Final = 8 * 1024**2
_CHUNK: Final = 1 << 16


class AwsHttp:
    """One session, made when it is first needed; `ask` is a runtime.aws.requests.Ask."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: AwsRequest) -> AwsAnswer:
        """An answer of any status. Raises AwsError, which names the host."""
        host = urlsplit(request.url).hostname or "the address"
        try:
            async with self._opened().request(
                request.method, request.url, headers=request.headers, data=request.body, allow_redirects=False
            ) as response:
                body = await read_within(response.content.iter_chunked(_CHUNK), MOST_BYTES)
                if body is None:
                    raise AwsError(f"{host} sends more than the {MOST_BYTES:,} bytes allowed")
                return AwsAnswer(response.status, body)
        except TimeoutError as error:
            raise AwsError(f"no answer from {host} within {SECONDS:g} s", may_pass=True) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AwsError(f"{host} cannot be reached ({type(error).__name__})", may_pass=True) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "holdfast"},
                trust_env=True,
            )
        return self._session
