"""Puts a message into a queue of Amazon SQS.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html (the JSON protocol)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from holdfast.adapters.notify.answers import check, decoded
from holdfast.adapters.notify.http import Http
from holdfast.model.notification import Accepted, HttpRequest, QueueMessage
from holdfast.ports.notifications import Undelivered
from holdfast.runtime.aws import identity
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.aws.requests import AwsAnswer, AwsError, AwsRequest
from holdfast.runtime.aws.signature import Keys, signed

_JSON: Final = ("Content-Type", "application/x-amz-json-1.0")


async def send(http: Http, message: QueueMessage, place: AwsPlace, *, guarded: bool) -> None:
    """Raises Undelivered."""

    async def ask(request: AwsRequest) -> AwsAnswer:
        answer = await http.ask(_sent(request), guarded=guarded)
        return AwsAnswer(answer.status, answer.body)

    region = message.region or place.region
    if not region:
        raise Undelivered("region names none, and the environment of the controller has no AWS_REGION", may_pass=False)
    if guarded and not message.access:
        why = "settings of a namespace do not act as the controller: they name key and secret of their own"
        raise Undelivered(why, may_pass=False)
    try:
        keys = (
            Keys(message.access, message.secret)
            if message.access
            else await identity.keys(ask, place, region=region, now=message.at)
        )
        url = f"{message.endpoint.rstrip('/')}/" if message.endpoint else place.endpoint("SQS", "sqs", region)
        await _Queue(http, message, url, region, keys, guarded).put()
    except AwsError as error:
        raise Undelivered(error.message, may_pass=error.may_pass) from error


class _Queue:
    def __init__(self, http: Http, message: QueueMessage, url: str, region: str, keys: Keys, guarded: bool) -> None:
        self._http = http
        self._message = message
        self._url = url
        self._region = region
        self._keys = keys
        self._guarded = guarded

    async def put(self) -> None:
        """The address that AWS gives the queue is only said in the next question: nothing is sent to it."""
        message = self._message
        owner = {"QueueOwnerAWSAccountId": message.account} if message.account else {}
        found = await self._asked("GetQueueUrl", {"QueueName": message.queue, **owner})
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items() if value
        }
        said: dict[str, Any] = {"QueueUrl": str(found.get("QueueUrl") or ""), "MessageBody": message.body}
        if message.group:
            said["MessageGroupId"] = message.group
        if attributes:
            said["MessageAttributes"] = attributes
        await self._asked("SendMessage", said)

    async def _asked(self, action: str, said: Mapping[str, Any]) -> dict[str, Any]:
        plain = AwsRequest(self._url, (_JSON, ("X-Amz-Target", f"AmazonSQS.{action}")), msgspec.json.encode(said))
        proved = signed(plain, self._keys, service="sqs", region=self._region, now=self._message.at)
        answer = await self._http.ask(_sent(proved), guarded=self._guarded)
        check(answer, Accepted.BY_STATUS)
        return decoded(answer)


def _sent(request: AwsRequest) -> HttpRequest:
    return HttpRequest(request.url, request.method, request.headers, request.body)
