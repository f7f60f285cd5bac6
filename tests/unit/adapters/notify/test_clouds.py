"""Messages that prove who sends them: queues of clouds and commits, as services on this machine get them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from holdfast.adapters.notify.notifier import ServiceNotifier
from holdfast.engine.notify.services import table
from holdfast.engine.notify.services.asked import Asked
from holdfast.ports.notifications import Undelivered
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.aws.requests import AwsRequest
from holdfast.runtime.aws.signature import Keys, signed
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "/repos/shop/web"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def claims_of(token: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Of a token that the key has signed."""
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return dict(jwt.decode(token, RSAKey.import_key(public), algorithms=["RS256"]).claims)


@dataclass
class Service:
    """Answers by method and path, and keeps what it was asked."""

    answers: dict[str, Any]
    status: int = 200
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        target = request.headers.get("X-Amz-Target", "")
        place = target.partition(".")[2] or f"{request.method} {request.path}"
        self.asked.append((place, dict(request.headers), await request.text()))
        if place not in self.answers:
            return web.Response(status=404, text=f"no {place}")
        return web.json_response(self.answers[place], status=self.status)

    @property
    def places(self) -> list[str]:
        return [place for place, *_ in self.asked]

    def body(self, place: str) -> Any:
        return next(json.loads(body) for asked, _, body in self.asked if asked == place)


async def send(
    service: Service,
    kind: str,
    options: Callable[[str], dict[str, Any]],
    text: dict[str, Any],
    *,
    to: str = "",
    environment: Callable[[str], dict[str, str]] = lambda _: {},
    guarded: bool = False,
) -> None:
    async with serving(service.answer) as address:
        notifier = ServiceNotifier(aws=AwsPlace.of(environment(address)))
        try:
            message = table.message(kind, Asked(options(address), text, "hello", to, NOW))
            await notifier.send(message, guarded=guarded)
        finally:
            await notifier.close()


SQS_ANSWERS = {
    "GetQueueUrl": {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/web"},
    "SendMessage": {"MessageId": "m"},
}


async def test_a_queue_of_amazon_gets_a_signed_message() -> None:
    service = Service(SQS_ANSWERS)
    text = {"messageGroupId": "web", "messageAttributes": {"phase": "Paused"}}

    def options(address: str) -> dict[str, Any]:
        return {
            "queue": "web",
            "region": "eu-west-1",
            "account": 1,
            "endpointUrl": address,
            "key": "A",
            "secret": "S",
        }

    await send(service, "awssqs", options, text)

    assert service.body("GetQueueUrl") == {"QueueName": "web", "QueueOwnerAWSAccountId": "1"}
    assert service.body("SendMessage") == {
        "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/web",
        "MessageBody": "hello",
        "MessageGroupId": "web",
        "MessageAttributes": {"phase": {"DataType": "String", "StringValue": "Paused"}},
    }
    for place, headers, body in service.asked:
        shown = (("Content-Type", headers["Content-Type"]), ("X-Amz-Target", f"AmazonSQS.{place}"))
        plain = AwsRequest(f"http://{headers['Host']}/", shown, body.encode())
        proved = signed(plain, Keys("A", "S"), service="sqs", region="eu-west-1", now=NOW)
        assert headers["Authorization"] == dict(proved.headers)["Authorization"]


async def test_the_recipient_is_a_queue_and_the_keys_are_those_of_the_controller() -> None:
    service = Service(SQS_ANSWERS)

    def environment(address: str) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "OURS",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_SQS": address,
        }

    await send(service, "awssqs", lambda _: {"queue": "web"}, {}, to="other", environment=environment)
    assert service.body("GetQueueUrl") == {"QueueName": "other"}
    assert "Credential=OURS/" in service.asked[0][1]["Authorization"]


async def test_settings_of_a_namespace_do_not_act_as_the_controller() -> None:
    environment = {"AWS_ACCESS_KEY_ID": "OURS", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}
    with pytest.raises(Undelivered, match="key and secret of their own") as caught:
        await send(Service({}), "awssqs", lambda _: {"queue": "q"}, {}, environment=lambda _: environment, guarded=True)
    assert not caught.value.may_pass


@pytest.mark.parametrize(("environment", "said"), [({}, "AWS_REGION"), ({"AWS_REGION": "eu-west-1"}, "no AWS keys")])
async def test_who_we_are_to_amazon_must_be_known(environment: dict[str, str], said: str) -> None:
    with pytest.raises(Undelivered, match=said):
        await send(Service({}), "awssqs", lambda _: {"queue": "q"}, {}, environment=lambda _: environment)


async def test_a_topic_of_google_is_told_with_the_token_of_a_service_account(key: rsa.RSAPrivateKey, pem: str) -> None:
    service = Service(
        {
            "POST /token": {"access_token": "short-lived"},
            "POST /v1/projects/shop/topics/web:publish": {"messageIds": ["1"]},
        }
    )

    def options(address: str) -> dict[str, Any]:
        account = {
            "type": "service_account",
            "project_id": "shop",
            "client_email": "us@shop.iam.gserviceaccount.com",
            "private_key": pem,
            "token_uri": f"{address}/token",
        }
        return {"keyFile": json.dumps(account), "endpointUrl": address}

    await send(service, "gcppubsub", options, {"attributes": {"phase": "Paused"}}, to="web")

    (_, _, form), (_, headers, _) = service.asked
    asked = parse_qs(form)
    assert asked["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = claims_of(asked["assertion"][0], key)
    assert claims["iss"] == "us@shop.iam.gserviceaccount.com"
    assert claims["aud"].endswith("/token")
    assert claims["exp"] - claims["iat"] == 600
    assert headers["Authorization"] == "Bearer short-lived"
    data = base64.b64encode(b"hello").decode()
    said = service.body("POST /v1/projects/shop/topics/web:publish")
    assert said == {"messages": [{"data": data, "attributes": {"phase": "Paused"}}]}


async def test_a_key_that_signs_nothing_is_told_and_not_shown() -> None:
    def options(address: str) -> dict[str, Any]:
        account = {"client_email": "us", "private_key": "hidden-key", "project_id": "p", "token_uri": address}
        return {"keyFile": json.dumps(account), "topic": "t", "endpointUrl": address}

    with pytest.raises(Undelivered, match="is no RSA key in PEM form") as caught:
        await send(Service({}), "gcppubsub", options, {})
    assert "hidden-key" not in str(caught.value)


HUB = {"repoURLPath": "https://github.com/shop/web.git", "revisionPath": COMMIT}
HUB_ANSWERS = {
    "POST /app/installations/7/access_tokens": {"token": "short-lived"},
    f"POST {REPO}/statuses/{COMMIT}": {},
    f"POST {REPO}/check-runs": {},
    f"GET {REPO}/deployments": [],
    f"POST {REPO}/deployments": {"id": 5},
    f"POST {REPO}/deployments/5/statuses": {},
    f"GET {REPO}/commits/{COMMIT}/pulls": [{"number": 3}, {"number": 4}],
    f"POST {REPO}/issues/3/comments": {},
    f"POST {REPO}/issues/4/comments": {},
}


async def test_github_is_told_of_a_commit_by_an_app(key: rsa.RSAPrivateKey, pem: str) -> None:
    service = Service(HUB_ANSWERS)

    def options(address: str) -> dict[str, Any]:
        return {"appID": 9, "installationID": 7, "privateKey": pem, "enterpriseBaseURL": address}

    text = {
        **HUB,
        "status": {"state": "success", "label": "delivery/web", "targetURL": "https://cd.example.com"},
        "checkRun": {"name": "delivery/web", "status": "in_progress"},
        "deployment": {"state": "in_progress", "environment": "stage", "logURL": "https://logs.example.com"},
        "pullRequestComment": {"content": "It is out."},
    }
    await send(service, "github", options, text)

    assert service.places == list(HUB_ANSWERS)
    claims = claims_of(service.asked[0][1]["Authorization"].removeprefix("Bearer "), key)
    assert claims["iss"] == "9"
    assert all(headers["Authorization"] == "Bearer short-lived" for _, headers, _ in service.asked[1:])
    assert service.body(f"POST {REPO}/statuses/{COMMIT}") == {
        "state": "success",
        "context": "delivery/web",
        "description": "hello",
        "target_url": "https://cd.example.com",
    }
    assert service.body(f"POST {REPO}/check-runs") == {
        "name": "delivery/web",
        "head_sha": COMMIT,
        "status": "in_progress",
        "output": {"title": "delivery/web", "summary": "hello"},
    }
    assert service.body(f"POST {REPO}/deployments") == {
        "ref": COMMIT,
        "environment": "stage",
        "required_contexts": [],
        "auto_merge": True,
        "transient_environment": False,
    }
    assert service.body(f"POST {REPO}/deployments/5/statuses")["state"] == "in_progress"
    assert service.body(f"POST {REPO}/issues/4/comments") == {"body": "It is out."}


async def test_a_deployment_that_is_there_is_not_made_again() -> None:
    service = Service({**HUB_ANSWERS, f"GET {REPO}/deployments": [{"id": 5}]})
    text = {**HUB, "deployment": {"environment": "stage"}}
    await send(service, "github", lambda address: {"token": "t", "enterpriseBaseURL": address}, text)
    assert service.places == [f"GET {REPO}/deployments", f"POST {REPO}/deployments/5/statuses"]
    assert service.asked[0][1]["Authorization"] == "Bearer t"


async def test_what_github_refuses_is_told() -> None:
    text = {**HUB, "status": {"state": "success"}}
    with pytest.raises(Undelivered, match="answers 404") as caught:
        await send(Service({}), "github", lambda address: {"token": "t", "enterpriseBaseURL": address}, text)
    assert not caught.value.may_pass
