"""Signs what an Amazon Managed Service for Prometheus is asked.

Source: https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-APIReference-Prometheus-Compatible-Apis.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from holdfast.adapters.metrics import aws
from holdfast.adapters.metrics.aws import signed
from holdfast.adapters.metrics.http import Http, Request
from holdfast.model.metric_provider import Sigv4Config
from holdfast.ports.metrics import MetricError
from holdfast.runtime.aws.identity import AwsPlace

HOSTS: Final = "aps-workspaces"
SERVICE: Final = "aps"


async def signature(
    http: Http, wanted: Sigv4Config, address: str, place: AwsPlace, *, now: datetime
) -> Callable[[Request], Request]:
    """Leaves a request as it is where nothing is to be signed. Raises MetricError."""
    host = urlsplit(address).hostname or ""
    is_theirs = HOSTS in host.split(".")
    if not (wanted.region or wanted.role_arn or wanted.profile or is_theirs):
        return lambda request: request
    if wanted.profile:
        raise MetricError("authentication.sigv4.profile is not there: name the role itself, as roleArn")
    region = wanted.region or place.region or (host.split(".")[1] if is_theirs else "")
    if not region:
        raise MetricError("authentication.sigv4 needs its region, or AWS_REGION in the environment of the controller")
    keys = await aws.keys(http, place, region=region, role_arn=wanted.role_arn, now=now)
    return partial(signed, keys=keys, service=SERVICE, region=region, now=now)
