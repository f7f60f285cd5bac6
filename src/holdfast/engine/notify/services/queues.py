"""Services that put messages into queues of clouds.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/awssqs/,
https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish and
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from holdfast.engine.notify.services.asked import Asked, checked_url, converted, joined, posted, without_empty
from holdfast.model.notification import Assertion, HttpMessage, HttpRequest, QueueMessage, SignIn

MOST_ATTRIBUTES: Final = 10
"""Of a message in SQS."""
PUB_SUB: Final = "https://pubsub.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/pubsub"
TOKENS: Final = "https://oauth2.googleapis.com/token"
SIGNED_FOR: Final = timedelta(minutes=10)


class Sqs(Struct, frozen=True, rename="camel"):
    queue: str = ""
    region: str = ""
    account: int | str = ""
    endpoint_url: str = ""
    key: str = ""
    secret: str = ""


class SqsText(Struct, frozen=True, rename="camel"):
    message_group_id: str = ""
    message_attributes: dict[str, str] = field(default_factory=dict)


def sqs(asked: Asked) -> QueueMessage:
    """The recipient is the queue; where there is none, that of the settings."""
    options, text = converted(asked.options, Sqs), converted(asked.text, SqsText)
    if not (asked.recipient or options.queue):
        raise ValueError("queue names no queue")
    if bool(options.key) != bool(options.secret):
        raise ValueError("key and secret belong together")
    if len(text.message_attributes) > MOST_ATTRIBUTES:
        raise ValueError(f"awssqs.messageAttributes are more than {MOST_ATTRIBUTES}, which SQS does not take")
    return QueueMessage(
        queue=asked.recipient or options.queue,
        body=asked.message,
        at=asked.now,
        region=options.region,
        account=str(options.account),
        endpoint=checked_url(options.endpoint_url) if options.endpoint_url else "",
        access=options.key,
        secret=options.secret,
        group=text.message_group_id,
        attributes=text.message_attributes,
    )


class PubSub(Struct, frozen=True, rename="camel"):
    key_file: str
    project: str = ""
    topic: str = ""
    endpoint_url: str = PUB_SUB


class PubSubText(Struct, frozen=True, rename="camel"):
    attributes: dict[str, str] = field(default_factory=dict)
    ordering_key: str = ""


class ServiceAccount(Struct, frozen=True):
    """The part of a key in JSON that signing in needs."""

    client_email: str
    private_key: str
    project_id: str = ""
    token_uri: str = TOKENS


def pub_sub(asked: Asked) -> HttpMessage:
    """The recipient is the topic; where there is none, that of the settings."""
    options, text = converted(asked.options, PubSub), converted(asked.text, PubSubText)
    account = _account(options.key_file)
    project, topic = options.project or account.project_id, asked.recipient or options.topic
    if not project or not topic:
        raise ValueError("project and topic are to be named")
    data = base64.b64encode(asked.message.encode()).decode()
    said = {"data": data, "attributes": text.attributes, "orderingKey": text.ordering_key}
    path = f"v1/projects/{quote(project, safe='')}/topics/{quote(topic, safe='')}:publish"
    request = posted(joined(options.endpoint_url, path), {"messages": [without_empty(said)]})
    return HttpMessage((request,), sign_in=_signing_in(account, asked))


def _account(text: str) -> ServiceAccount:
    try:
        return msgspec.json.decode(text, type=ServiceAccount)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(
            "keyFile is to be the key of a service account itself, as JSON with client_email and private_key, out of the "
            "Secret: keyFile: $NAME"
        ) from None


def _signing_in(account: ServiceAccount, asked: Asked) -> SignIn:
    address = checked_url(account.token_uri)
    claims: dict[str, str | int] = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": address,
        "iat": int(asked.now.timestamp()),
        "exp": int((asked.now + SIGNED_FOR).timestamp()),
    }
    request = HttpRequest(address, headers=(("Content-Type", "application/x-www-form-urlencoded"),))
    return SignIn(
        request,
        (("Authorization", ("access_token",)),),
        prefix="Bearer ",
        assertion=Assertion(claims, account.private_key),
    )
