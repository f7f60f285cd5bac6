"""CloudWatch, Amazon's Prometheus and the roles that stand behind them, with answers in the form of their documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from aiohttp import web

from tests.unit.adapters.local_http import serving
from tests.unit.adapters.metrics.answers import measured, refused, says

pytestmark = pytest.mark.real_time
Seen = list[dict[str, Any]]

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret", "AWS_REGION": "eu-west-1"}
QUERY = {
    "interval": "30m",
    "metricDataQueries": [
        {
            "id": "rate",
            "metricStat": {
                "metric": {
                    "namespace": "app",
                    "metricName": "Errors",
                    "dimensions": [{"name": "service", "value": "web"}],
                },
                "period": "300",
                "stat": "Sum",
                "unit": "Count",
            },
            "returnData": False,
        },
        {"id": "total", "expression": "rate / 2", "label": "half"},
    ],
}
RESULT = {"Id": "total", "Label": "half", "Timestamps": [1767268500], "Values": [0.5, 2], "StatusCode": "Complete"}
STS = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>2026-01-01T13:00:00Z</Expiration></Credentials></{0}Result></{0}Response>"""
REFUSED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>the-web-token may not</Message></Error></ErrorResponse>"""
VECTOR = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "3"]}]}}


async def test_cloud_watch_gives_the_results_with_their_values() -> None:
    seen: Seen = []
    async with serving(says({"MetricDataResults": [RESULT], "Messages": []}, seen=seen)) as url:
        found = await measured({"cloudWatch": QUERY}, environment={**KEYS, "AWS_ENDPOINT_URL_CLOUDWATCH": url})
    assert found.result[0]["Values"] == [0.5, 2.0]
    assert (found.result[0]["Id"], found.value) == ("total", "[[0.5,2]]")
    asked = msgspec.json.decode(seen[0]["body"])
    assert asked["EndTime"] - asked["StartTime"] == 1800
    assert asked["MetricDataQueries"][1] == {"Id": "total", "Expression": "rate / 2", "Label": "half"}
    assert asked["MetricDataQueries"][0]["MetricStat"]["Period"] == 300
    assert seen[0]["headers"]["X-Amz-Target"] == "GraniteServiceVersion20100801.GetMetricData"
    proof = seen[0]["headers"]["Authorization"]
    assert proof.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/monitoring/aws4_request")


async def test_what_cloud_watch_finds_wrong_is_told() -> None:
    said = {"__type": "com.amazonaws.cloudwatch#ValidationError", "message": "Period must be a multiple of 60"}
    async with serving(says(said, status=400)) as url:
        message = await refused({"cloudWatch": QUERY}, environment={**KEYS, "AWS_ENDPOINT_URL": url})
    assert "Period must be a multiple of 60" in message
    async with serving(says({"MetricDataResults": [], "NextToken": "more"})) as url:
        message = await refused({"cloudWatch": QUERY}, environment={**KEYS, "AWS_ENDPOINT_URL": url})
    assert "more values than fit" in message


async def test_without_keys_or_region_nothing_is_asked() -> None:
    region = {"AWS_REGION": "eu-west-1"}
    assert "AWS_REGION" in await refused({"cloudWatch": QUERY})
    assert "the controller has no AWS keys" in await refused({"cloudWatch": QUERY}, environment=region)


async def test_the_token_of_the_service_account_is_exchanged_for_keys(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("the-web-token\n")
    seen: Seen = []
    role = "arn:aws:iam::1:role/metrics"
    place = {"AWS_REGION": "eu-west-1", "AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
    exchanged = STS.format("AssumeRoleWithWebIdentity").encode()
    async with serving(says(exchanged, seen=seen)) as sts, serving(says({"MetricDataResults": []}, seen=seen)) as url:
        environment = {**place, "AWS_ENDPOINT_URL_STS": sts, "AWS_ENDPOINT_URL_CLOUDWATCH": url}
        assert (await measured({"cloudWatch": QUERY}, environment=environment)).value == "[]"
    form = parse_qs(seen[0]["body"])
    assert (form["WebIdentityToken"], form["RoleArn"]) == (["the-web-token"], [role])
    assert seen[1]["headers"]["X-Amz-Security-Token"] == "role-token"
    assert "Credential=ASIAROLE/" in seen[1]["headers"]["Authorization"]
    async with serving(says(REFUSED, status=403)) as sts:
        message = await refused({"cloudWatch": QUERY}, environment={**place, "AWS_ENDPOINT_URL_STS": sts})
    assert message == f"AWS does not let the controller take on {role}: AccessDenied"


def prometheus(url: str, **sigv4: str) -> dict[str, Any]:
    wanted = {"address": f"{url}/workspaces/ws-1", "query": "up", "authentication": {"sigv4": sigv4}}
    return {"prometheus": wanted}


async def test_prometheus_is_asked_with_a_signature_of_the_role_that_is_named() -> None:
    seen: Seen = []
    assumed = STS.format("AssumeRole").encode()
    async with serving(says(assumed, seen=seen)) as sts, serving(says(VECTOR, seen=seen)) as url:
        wanted = prometheus(url, region="us-east-1", roleArn="arn:aws:iam::2:role/reader")
        assert (await measured(wanted, environment={**KEYS, "AWS_ENDPOINT_URL_STS": sts})).value == "[3]"
    assert parse_qs(seen[0]["body"])["Action"] == ["AssumeRole"]
    assert "/us-east-1/sts/aws4_request" in seen[0]["headers"]["Authorization"]
    assert "Credential=ASIAROLE/20260101/us-east-1/aps/aws4_request" in seen[1]["headers"]["Authorization"]


async def test_the_plain_question_of_a_prometheus_that_takes_no_post_is_signed_too() -> None:
    signatures: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        signatures.append(request.headers["Authorization"])
        return web.json_response(VECTOR, status=405 if request.method == "POST" else 200)

    async with serving(answer) as url:
        await measured(prometheus(url, region="us-east-1"), environment=KEYS)
    assert len(set(signatures)) == 2


async def test_headers_that_a_signature_is_for_are_not_taken_from_the_metric() -> None:
    """A signature for another host must not be had by sending it to one's own."""
    seen: Seen = []
    async with serving(says(VECTOR, seen=seen)) as url:
        wanted = prometheus(url, region="us-east-1")
        wanted["prometheus"]["headers"] = [{"key": "Host", "value": "aps-workspaces.us-east-1.amazonaws.com"}]
        assert "each header once" in await refused(wanted, environment=KEYS)
    assert not seen


async def test_sky_walking_is_asked_for_the_minutes_before_now() -> None:
    seen: Seen = []
    said = {"data": {"apdex": {"values": {"values": [{"value": 9900}]}}}}
    async with serving(says(said, seen=seen)) as url:
        found = await measured(
            {"skywalking": {"address": url, "query": "query($duration: Duration!) {}", "interval": "3m"}}
        )
    assert found.result == said["data"]
    asked = msgspec.json.decode(seen[0]["body"])
    assert asked["variables"] == {"duration": {"start": "2026-01-01 1157", "end": "2026-01-01 1200", "step": "MINUTE"}}
    assert seen[0]["path"] == "/graphql"
    async with serving(says({"errors": [{"message": "Validation error"}]})) as url:
        assert await refused({"skywalking": {"address": url, "query": "q"}}) == "SkyWalking: Validation error"
