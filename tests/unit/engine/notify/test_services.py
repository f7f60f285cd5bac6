"""What each kind of service is sent."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.engine.notify import compose, secret_values, settings, templates
from holdfast.engine.notify.deliveries import Delivery, Place
from holdfast.engine.notify.services import table
from holdfast.engine.notify.services.asked import Asked
from holdfast.model.notification import (
    Accepted,
    CommitNews,
    Destination,
    HttpMessage,
    Mail,
    NatsServer,
    SubjectMessage,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(kind: str, options: dict[str, Any], text: dict[str, Any] | None = None, to: str = "") -> HttpMessage:
    found = table.message(kind, Asked(options, text or {}, "hello", to, NOW))
    assert isinstance(found, HttpMessage)
    return found


def sent(found: HttpMessage) -> tuple[str, dict[str, str], Any]:
    (request,) = found.requests
    assert request.method == "POST"
    return request.url, dict(request.headers), json.loads(request.body)


def test_a_webhook_is_called_as_its_template_says() -> None:
    options = {
        "url": "https://hooks.example.com/x/",
        "headers": [{"name": "X-Token", "value": "secret"}],
        "basicAuth": {"username": "me", "password": "pass"},
        "retryMax": 1,
    }
    found = message("webhook", options, {"method": "put", "path": "/y?z=1", "body": "{}"})
    (request,) = found.requests

    assert (request.method, request.url, request.body) == ("PUT", "https://hooks.example.com/x/y?z=1", b"{}")
    assert request.headers == (("X-Token", "secret"), ("Authorization", "Basic bWU6cGFzcw=="))
    assert found.attempts == 2


def test_a_webhook_without_a_template_is_asked_by_get_with_the_message() -> None:
    (request,) = message("webhook", {"url": "https://hooks.example.com/x"}).requests
    assert (request.method, request.url, request.body) == ("GET", "https://hooks.example.com/x", b"hello")


@pytest.mark.parametrize(
    "path", ["@evil.example.com", "//evil.example.com/x", "https://evil.example.com", ".evil.example.com"]
)
def test_a_path_names_no_other_host(path: str) -> None:
    (request,) = message("webhook", {"url": "https://hooks.example.com"}, {"path": path}).requests
    assert request.url.startswith("https://hooks.example.com/")


def test_slack() -> None:
    text = {"attachments": '[{"title": "t"}]', "blocks": "", "groupingKey": "g", "notifyBroadcast": True}
    found = message("slack", {"token": "xoxb", "username": "bot", "icon": ":boat:"}, text, "releases")
    url, headers, body = sent(found)

    assert url == "https://slack.com/api/chat.postMessage"
    assert headers["Authorization"] == "Bearer xoxb"
    assert body == {
        "channel": "releases",
        "text": "hello",
        "attachments": [{"title": "t"}],
        "username": "bot",
        "icon_emoji": ":boat:",
        "reply_broadcast": True,
    }
    assert found.accepted is Accepted.BY_OK
    assert found.thread is not None
    assert (found.thread.key, found.thread.update, found.thread.posts) == ("g", "", True)

    found = message("slack", {"token": "x"}, {"groupingKey": "g", "deliveryPolicy": "Update"}, "releases")
    assert found.thread is not None
    assert (found.thread.update, found.thread.posts) == ("https://slack.com/api/chat.update", False)


PLAIN: list[tuple[str, dict[str, Any], dict[str, Any], str, str, dict[str, str], Any]] = [
    (
        "mattermost",
        {"apiURL": "https://chat.example.com", "token": "t"},
        {"attachments": '[{"a": 1}]'},
        "channel",
        "https://chat.example.com/api/v4/posts",
        {"Authorization": "Bearer t"},
        {"channel_id": "channel", "message": "hello", "props": {"attachments": [{"a": 1}]}},
    ),
    (
        "telegram",
        {"token": "1:t"},
        {},
        "-100|7",
        "https://api.telegram.org/bot1:t/sendMessage",
        {},
        {"chat_id": "-100", "message_thread_id": 7, "text": "hello", "parse_mode": "Markdown"},
    ),
    (
        "googlechat",
        {"webhooks": {"room": "https://chat.example.com/r?key=k"}},
        {"threadKey": "web"},
        "room",
        "https://chat.example.com/r?key=k&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
        {},
        {"text": "hello", "thread": {"threadKey": "web"}},
    ),
    (
        "googlechat",
        {"webhooks": {"room": "https://chat.example.com/r"}},
        {"cardsV2": "- card: {header: {title: web}}"},
        "room",
        "https://chat.example.com/r",
        {},
        {"cardsV2": [{"card": {"header": {"title": "web"}}}]},
    ),
    (
        "webex",
        {"token": "t"},
        {},
        "a@example.com",
        "https://webexapis.com/v1/messages",
        {"Authorization": "Bearer t"},
        {"toPersonEmail": "a@example.com", "markdown": "hello"},
    ),
    (
        "pushover",
        {"token": "t"},
        {},
        "me",
        "https://api.pushover.net/1/messages.json",
        {},
        {"token": "t", "user": "me", "message": "hello"},
    ),
    (
        "teams",
        {"recipientUrls": {"releases": "https://teams.example.com/w"}},
        {"title": "web", "facts": '[{"name": "a", "value": "b"}]', "themeColor": "#000"},
        "releases",
        "https://teams.example.com/w",
        {},
        {
            "@type": "MessageCard",
            "@context": "https://schema.org/extensions",
            "title": "web",
            "text": "hello",
            "themeColor": "#000",
            "sections": [{"facts": [{"name": "a", "value": "b"}]}],
        },
    ),
    (
        "teams-workflows",
        {"recipientUrls": {"releases": "https://teams.example.com/w"}},
        {"adaptiveCard": '{"type": "AdaptiveCard"}'},
        "releases",
        "https://teams.example.com/w",
        {},
        {
            "type": "message",
            "attachments": [
                {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard"}}
            ],
        },
    ),
    (
        "grafana",
        {"apiUrl": "https://grafana.example.com/api", "apiKey": "k"},
        {},
        "web|shop",
        "https://grafana.example.com/api/annotations",
        {"Authorization": "Bearer k"},
        {"time": 1767225600000, "isRegion": False, "tags": ["web", "shop"], "text": "hello"},
    ),
    (
        "alertmanager",
        {"targets": ["am.example.com:9093"], "bearerToken": "b"},
        {"labels": {"alertname": "Aborted"}, "generatorURL": "https://x"},
        "",
        "http://am.example.com:9093/api/v2/alerts",
        {"Authorization": "Bearer b"},
        [
            {
                "startsAt": "2026-01-01T00:00:00Z",
                "labels": {"alertname": "Aborted"},
                "annotations": {"message": "hello"},
                "generatorURL": "https://x",
            }
        ],
    ),
    (
        "opsgenie",
        {"apiUrl": "api.eu.opsgenie.com", "apiKeys": {"team": "k"}},
        {"description": "d", "priority": "P1"},
        "team",
        "https://api.eu.opsgenie.com/v2/alerts",
        {"Authorization": "GenieKey k"},
        {
            "message": "hello",
            "responders": [{"type": "team", "id": "team"}],
            "description": "d",
            "priority": "P1",
        },
    ),
    (
        "pagerdutyv2",
        {"serviceKeys": {"web": "k"}},
        {"severity": "critical", "class": "release", "dedupKey": "d"},
        "web",
        "https://events.pagerduty.com/v2/enqueue",
        {},
        {
            "routing_key": "k",
            "event_action": "trigger",
            "client": "Holdfast",
            "dedup_key": "d",
            "payload": {
                "summary": "hello",
                "severity": "critical",
                "source": "holdfast",
                "timestamp": "2026-01-01T00:00:00Z",
                "class": "release",
            },
        },
    ),
    (
        "newrelic",
        {"apiKey": "k"},
        {"revision": "abc"},
        "12",
        "https://api.newrelic.com/v2/applications/12/deployments.json",
        {"X-Api-Key": "k"},
        {"deployment": {"revision": "abc", "description": "hello"}},
    ),
]


@pytest.mark.parametrize(("kind", "options", "text", "to", "url", "headers", "body"), PLAIN)
def test_what_is_posted(
    kind: str, options: dict[str, Any], text: dict[str, Any], to: str, url: str, headers: dict[str, str], body: Any
) -> None:
    assert sent(message(kind, options, text, to)) == (url, {"Content-Type": "application/json", **headers}, body)


def test_rocket_chat_signs_in_first() -> None:
    options = {"email": "me@example.com", "password": "pass", "serverUrl": "https://rocket.example.com"}
    found = message("rocketchat", options, {}, "#releases")

    assert sent(found)[2] == {"channel": "#releases", "text": "hello"}
    assert found.sign_in is not None
    assert found.sign_in.request.url == "https://rocket.example.com/api/v1/login"


def test_mail() -> None:
    options = {"host": "smtp.example.com", "port": "465", "from": "a@example.com", "username": "me", "password": "p"}
    text = {"subject": "web\r\nBcc: all@example.com", "body": "text"}
    found = table.message("email", Asked(options, text, "hello", "b@example.com", NOW))

    assert isinstance(found, Mail)
    assert (found.port, found.sender, found.recipient, found.body) == (465, "a@example.com", "b@example.com", "text")
    assert found.subject == "web Bcc: all@example.com"


WRONG: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("slack", {}, {}, "c", "Object missing required field `token`"),
    ("slack", {"token": "t"}, {}, "", "a recipient is needed: the name or the id of a channel"),
    ("slack", {"token": "t"}, {"deliveryPolicy": "Never"}, "c", "is none of Post, PostAndUpdate, Update"),
    ("slack", {"token": "t"}, {"attachments": "[{"}, "c", "slack.attachments: is to be JSON or YAML"),
    ("slack", {"token": "a\nb"}, {}, "c", "the value of the header Authorization has a line end in it"),
    ("webhook", {"url": "file:///etc/passwd"}, {}, "", "its address is no http or https URL"),
    ("webhook", {"url": "https://x.example.com/ y"}, {}, "", "its address is no http or https URL"),
    ("webhook", {"url": "https://x.example.com"}, {"method": "BREW"}, "", "is none of GET, POST"),
    ("teams", {"recipientUrls": {"a": "https://x"}}, {}, "b", "recipientUrls has no 'b'; there: a"),
    ("email", {"host": "h"}, {}, "b@example.com", "from is empty"),
    ("email", {"host": "h", "from": "a@example.com"}, {}, "b\r\nRCPT TO:<c>", "the recipient is no plain text"),
    ("alertmanager", {"targets": ["a"]}, {}, "", "has no label, such as alertname"),
    ("newrelic", {"apiKey": "k"}, {}, "1", "newrelic.revision of the template is empty"),
    ("telegram", {"token": "t"}, {}, "-1|x", "the thread 'x' of the recipient is no number"),
    ("carrier-pigeon", {}, {}, "", "services of the kind 'carrier-pigeon' are not known"),
]


@pytest.mark.parametrize(("kind", "options", "text", "to", "said"), WRONG)
def test_what_cannot_be_sent_is_explained(
    kind: str, options: dict[str, Any], text: dict[str, Any], to: str, said: str
) -> None:
    with pytest.raises(ValueError) as caught:
        table.message(kind, Asked(options, text, "hello", to, NOW))
    assert said in str(caught.value)


def test_references_are_replaced_within_texts_alone() -> None:
    options = {"url": "https://x/$path", "headers": [{"name": "A", "value": "Bearer $a.b-c"}], "port": 1, "$path": "k"}

    assert secret_values.resolved(options, {"path": "p\n", "a.b-c": "t: {", "unused": ""}) == {
        "url": "https://x/p",
        "headers": [{"name": "A", "value": "Bearer t: {"}],
        "port": 1,
        "$path": "k",
    }
    assert secret_values.resolved("https://x/?$filter=$gone", {}) == "https://x/?$filter=$gone"
    with pytest.raises(secret_values.SecretKeyMissing, match="names \\$gone, and the Secret has no key gone"):
        secret_values.resolved({"token": "Bearer $gone"}, {"a": "b"})


def test_values_of_the_secret_are_masked_the_longest_first() -> None:
    assert secret_values.masked("x token1 token12 ab", ["token1", "token12\n", "ab", ""]) == "x ***** ***** ab"


def test_templates_are_laid_over_one_another() -> None:
    first = {"message": "a", "slack": {"blocks": "1", "groupingKey": "g"}}
    second = {"message": "b", "slack": {"blocks": "2"}, "webhook": {"x": {"path": "{{.a}}"}, "y": {"path": "{{.b}}"}}}
    whole = templates.merged([first, second])

    assert templates.wanted(whole, "slack", "slack") == {
        "message": "b",
        "slack": {"blocks": "2", "groupingKey": "g"},
    }
    part = templates.wanted(whole, "webhook", "y")
    assert templates.texts(part) == [(("webhook", "path"), "{{.b}}")]
    assert templates.filled(part, [("webhook", "path")], ["z"]) == {"message": "b", "webhook": {"path": "z"}}
    assert templates.wanted(whole, "webhook", "none") == {"message": "b"}


@pytest.mark.parametrize(
    ("to", "names", "said"),
    [
        ("gone", ("a",), "there is no service 'gone'; there: deploys"),
        ("deploys", ("b",), "there is no template 'b'; there: a"),
        ("broken", ("a",), "service.webhook.broken: is to be a mapping"),
    ],
)
def test_a_delivery_that_cannot_be_made_names_the_key(to: str, names: tuple[str, ...], said: str) -> None:
    found = settings.read(
        {"service.webhook.deploys": "url: https://x", "service.webhook.broken": "x", "template.a": "message: a"}
    )
    with pytest.raises(ValueError) as caught:
        compose.draft(Delivery(Place(found), Destination(to, ""), names, "key"))
    assert str(caught.value).startswith(said)


COMMIT = {"repoURLPath": "https://github.com/shop/web", "revisionPath": "abc123", "status": {"state": "success"}}


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/shop/web.git",
        "https://user@github.example.com/shop/web/",
        "git@github.com:shop/web.git",
        "ssh://git@github.com:22/shop/web.git",
    ],
)
def test_github_finds_the_repository_in_its_address(url: str) -> None:
    found = table.message("github", Asked({"token": "t"}, {**COMMIT, "repoURLPath": url}, "hello", "", NOW))
    assert isinstance(found, CommitNews)
    assert found.repository == "shop/web"


@pytest.mark.parametrize(
    ("kind", "options", "text", "said"),
    [
        ("github", {}, COMMIT, "to say who asks"),
        ("github", {"appID": "1"}, COMMIT, "belong together"),
        ("github", {"token": "t"}, {}, "no status, checkRun, deployment or pullRequestComment"),
        ("github", {"token": "t"}, {**COMMIT, "repoURLPath": "shop"}, "repoURLPath"),
        ("github", {"token": "t"}, {**COMMIT, "repoURLPath": "https://github.com/../.."}, "repoURLPath"),
        ("github", {"token": "t"}, {**COMMIT, "revisionPath": "../../x"}, "revisionPath"),
        ("github", {"token": "t"}, {**COMMIT, "revisionPath": ""}, "revisionPath"),
        ("github", {"token": "t"}, {**COMMIT, "status": {"state": "fine"}}, "'fine' is none of error"),
        ("github", {"token": "t"}, {**COMMIT, "checkRun": {}}, "checkRun.name is empty"),
        ("github", {"token": "t"}, {**COMMIT, "checkRun": {"name": "x", "status": "done"}}, "'done' is none of queued"),
        (
            "github",
            {"token": "t"},
            {**COMMIT, "checkRun": {"name": "x", "status": "completed"}},
            "conclusion belongs to",
        ),
        ("github", {"token": "t"}, {**COMMIT, "checkRun": {"name": "x", "conclusion": "ok"}}, "'ok' is none of action"),
        ("github", {"token": "t"}, {**COMMIT, "checkRun": {"name": "x", "started_at": "now"}}, "'now' is no time"),
        ("nats", {}, {}, "url"),
        ("nats", {"url": "http://nats"}, {}, "url is no address of NATS"),
        ("nats", {"url": "nats://me:hidden@"}, {}, "url is no address of NATS"),
        ("nats", {"url": "nats://x:99999"}, {}, "url is no address of NATS"),
        ("nats", {"url": ",".join(["x"] * 6)}, {}, "more than 5 servers"),
        ("nats", {"url": "x", "password": "p"}, {}, "user and password belong together"),
        ("nats", {"url": "x", "user": "u", "token": "t"}, {}, "one is enough"),
        ("nats", {"url": "x", "headers": {"a": "b\r\nc: d"}}, {}, "line end"),
        ("awssqs", {}, {}, "names no queue"),
        ("awssqs", {"queue": "q", "key": "k"}, {}, "belong together"),
        ("awssqs", {"queue": "q"}, {"messageAttributes": {str(n): "x" for n in range(11)}}, "more than 10"),
        ("gcppubsub", {"keyFile": "/etc/key.json", "topic": "t"}, {}, "keyFile is to be the key"),
        ("pagerduty", {"token": "t"}, {}, "serviceID"),
    ],
)
def test_what_is_missing_is_told_by_its_name(
    kind: str, options: dict[str, Any], text: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        table.message(kind, Asked(options, text, "hello", "releases.web" if kind == "nats" else "", NOW))


@pytest.mark.parametrize("subject", ["", "a b", "a..b", ".a", "a.*", "a.>", "a\r\nPUB b 0", "x" * 256])
def test_only_a_subject_is_published_to(subject: str) -> None:
    with pytest.raises(ValueError, match="is no subject that can be published to"):
        table.message("nats", Asked({"url": "nats"}, {}, "hello", subject, NOW))


def test_nats_is_reached_at_its_addresses() -> None:
    options = {"url": "nats://me:p%40ss@a, tls://b:4333", "headers": {"Kind": "release"}, "nkey": "SU"}
    found = table.message("nats", Asked(options, {}, "hello", "releases.web", NOW))
    servers = (NatsServer("a", 4222, user="me", password="p@ss"), NatsServer("b", 4333, is_secured=True))
    assert found == SubjectMessage(servers, "releases.web", b"hello", headers=(("Kind", "release"),), nkey="SU")
    assert "p@ss" not in repr(found)


def test_a_check_run_has_the_names_of_github() -> None:
    wanted = {
        "name": "delivery",
        "conclusion": "failure",
        "details_url": "https://cd",
        "completed_at": "2026-01-01T12:00:00Z",
    }
    found = table.message("github", Asked({"token": "t"}, {**COMMIT, "checkRun": wanted}, "hello", "", NOW))
    assert isinstance(found, CommitNews)
    assert found.check_run == {
        "name": "delivery",
        "head_sha": "abc123",
        "details_url": "https://cd",
        "status": "completed",
        "conclusion": "failure",
        "completed_at": "2026-01-01T12:00:00Z",
        "output": {"title": "delivery", "summary": "hello"},
    }


def test_an_incident_of_pager_duty() -> None:
    options = {"token": "t", "from": "us@example.com", "serviceID": "S1"}
    url, headers, body = sent(message("pagerduty", options, {"title": "web fails", "urgency": "high"}))
    assert url == "https://api.pagerduty.com/incidents"
    assert (headers["Authorization"], headers["From"]) == ("Token token=t", "us@example.com")
    assert body["incident"] == {
        "type": "incident",
        "title": "web fails",
        "service": {"id": "S1", "type": "service_reference"},
        "urgency": "high",
        "body": {"type": "incident_body", "details": "hello"},
    }
