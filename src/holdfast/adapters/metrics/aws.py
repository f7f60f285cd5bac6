"""Asks AWS as systems that measure are asked.

Source: https://docs.aws.amazon.com/general/latest/gr/aws-apis.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from holdfast.adapters.metrics.http import Http, Request
from holdfast.ports.metrics import MetricError
from holdfast.runtime.aws import identity, signature
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.aws.requests import AwsAnswer, AwsError, AwsRequest
from holdfast.runtime.aws.signature import Keys

SECONDS: Final = 20.0


async def keys(http: Http, place: AwsPlace, *, region: str, role_arn: str = "", now: datetime) -> Keys:
    """Raises MetricError."""

    async def ask(request: AwsRequest) -> AwsAnswer:
        answer = await http.ask(
            Request(request.url, method=request.method, headers=request.headers, body=request.body, seconds=SECONDS)
        )
        return AwsAnswer(answer.status, answer.body)

    try:
        return await identity.keys(ask, place, region=region, role_arn=role_arn, now=now)
    except AwsError as error:
        raise MetricError(error.message) from error


def signed(request: Request, keys: Keys, *, service: str, region: str, now: datetime) -> Request:
    """Raises MetricError."""
    plain = AwsRequest(request.url, request.headers, request.body or b"", request.method)
    try:
        proved = signature.signed(plain, keys, service=service, region=region, now=now)
    except AwsError as error:
        raise MetricError(error.message) from error
    return msgspec.structs.replace(request, headers=proved.headers)
