"""Sends requests to AWS itself: bounded time and size, and no redirect is followed, as AWS sends none."""

from __future__ import annotations

from typing import Final

from holdfast.model.web_addresses import host_in
from holdfast.runtime.aws.requests import AwsAnswer, AwsError, AwsRequest
from holdfast.runtime.bounded_http import BoundedHttp, Request, Unanswered, Why

SECONDS: Final = 10.0
MOST_BYTES: Final = 8 * 1024**2


class AwsHttp:
    """`ask` is a runtime.aws.requests.Ask."""

    def __init__(self) -> None:
        self._http = BoundedHttp()

    async def ask(self, request: AwsRequest) -> AwsAnswer:
        """An answer of any status. Raises AwsError, which names the host."""
        try:
            async with self._http.asked(
                Request(request.url, SECONDS, request.method, request.headers, request.body)
            ) as reply:
                body = await reply.read(MOST_BYTES)
        except Unanswered as error:
            host = error.host or "the address"
            if error.why is Why.LATE:
                raise AwsError(f"no answer from {host} within {SECONDS:g} s", may_pass=True) from error
            raise AwsError(f"{host} cannot be reached ({error.kind})", may_pass=True) from error
        if body is None:
            raise AwsError(f"{host_in(request.url)} sends more than the {MOST_BYTES:,} bytes allowed")
        return AwsAnswer(reply.status, body)

    async def close(self) -> None:
        await self._http.close()
