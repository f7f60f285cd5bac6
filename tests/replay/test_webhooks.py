"""What webhooks refresh, as Argo CD's own tests say."""

from __future__ import annotations

import json

import msgspec
import pytest

from holdfast.engine.webhooks import read
from holdfast.engine.webhooks.addresses import same_repository
from holdfast.engine.webhooks.concerned import concern, names_ref
from holdfast.engine.webhooks.git_payloads import bare_ref
from holdfast.engine.webhooks.registry_payloads import normalized_repository
from holdfast.model.application import Application
from holdfast.model.errors import BadRequest
from holdfast.model.webhook import RefChange, WebhookSecrets
from tests.replay.cases import Case, load

NO_SECRETS = WebhookSecrets()
HEADERS = {
    "bitbucket.RepoPushPayload": {"X-Event-Key": "repo:push"},
    "bitbucket-server.RepositoryReferenceChangedPayload": {"X-Event-Key": "repo:refs_changed"},
    "go-gogs-client.PushPayload": {"X-Gogs-Event": "push"},
    "gitlab.PushEventPayload": {"X-Gitlab-Event": "Push Hook"},
    "gitlab.TagEventPayload": {"X-Gitlab-Event": "Tag Push Hook"},
    "github.PushPayload": {"X-GitHub-Event": "push"},
}
REGISTRY = load("05-webhook-registry.jsonl")


@pytest.mark.parametrize("case", load("05-webhook-git-events.jsonl"), ids=lambda case: case["id"])
def test_an_event_names_repository_and_revision(case: Case) -> None:
    body = (case["body"] or "{}").encode()
    if case["expected"]["status"] != 200:
        with pytest.raises(BadRequest):
            read.changes(case["headers"], body, NO_SECRETS)
        return
    changes = read.changes(case["headers"], body, NO_SECRETS)
    for event in case["expected"]["events"]:
        assert any(
            isinstance(change, RefChange)
            and event["repo"] in change.urls
            and (bare_ref(change.ref), change.touched_head) == (event["revision"], event["touchedHead"])
            for change in changes
        ), changes


@pytest.mark.parametrize("case", load("05-webhook-refresh.jsonl"), ids=lambda case: case["id"])
def test_a_push_concerns_the_applications_that_read_what_changed(case: Case) -> None:
    app = msgspec.convert(case["app"], Application)
    (change,) = read.changes(case["headers"], case["body"].encode(), NO_SECRETS)
    found = concern(app, change)
    assert {"refresh": found.refresh, "hydrate": found.hydrate} == case["expected"]


@pytest.mark.parametrize("case", load("05-webhook-revision.jsonl"), ids=lambda case: case["id"])
def test_a_ref_is_the_one_that_an_application_follows(case: Case) -> None:
    body = json.dumps(case["payload"]).encode()
    changes = read.changes(HEADERS[case["payload_type"]], body, NO_SECRETS)
    answers = [names_ref(case["targetRevision"], change) for change in changes if isinstance(change, RefChange)]
    assert answers == [case["expected"]]


@pytest.mark.parametrize("case", load("05-webhook-url-match.jsonl"), ids=lambda case: case["id"])
def test_an_address_for_people_is_that_of_a_clone(case: Case) -> None:
    assert same_repository(case["url"] or "", case["repo"]) is case["expected"]


@pytest.mark.parametrize(
    "case", [case for case in REGISTRY if case["id"].startswith("TestNormalizeOCI/")], ids=lambda case: case["id"]
)
def test_a_registry_has_one_spelling(case: Case) -> None:
    assert normalized_repository(case["row"]["url"]) == case["expected"]


@pytest.mark.parametrize(
    "case", [case for case in REGISTRY if case["id"].startswith("TestHarborParser")], ids=lambda case: case["id"]
)
def test_harbor_is_known_by_its_secret(case: Case) -> None:
    row = case["row"]
    headers = {"Authorization": row["authHeader"]}
    try:
        read.changes(headers, b'{"type": "PUSH_ARTIFACT"}', WebhookSecrets(harbor=row["secret"]))
    except BadRequest:
        assert not row["want"]
    else:
        assert row["want"]
