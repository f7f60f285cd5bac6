"""What webhooks of each host say of pull requests."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from holdfast.engine.webhooks import read
from holdfast.model.errors import BadRequest, Unauthorized
from holdfast.model.pull_request import Provider, PullRequestChange
from holdfast.model.webhook import Change, WebhookSecrets

WEB = "https://host.example/team/web"
HUB = {"html_url": WEB, "clone_url": f"{WEB}.git", "ssh_url": "git@host.example:team/web.git"}
HUB_URLS = (WEB, f"{WEB}.git", "git@host.example:team/web.git")
LAB = {"web_url": WEB, "git_http_url": f"{WEB}.git", "git_ssh_url": "git@host.example:team/web.git"}
CLOUD = {"full_name": "team/web", "links": {"html": {"href": "https://bitbucket.org/team/web"}}}
SERVER = {"id": 7, "slug": "web", "project": {"key": "TEAM"}}
AZURE_URL = "https://dev.azure.com/acme/shop/_git/web"
CLONES = {"clone": [{"href": "https://host.example/scm/team/web.git", "name": "http"}]}


def hub(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "number": 12, "pull_request": {"head": {"sha": "a" * 40}}, "repository": HUB, **more}


def lab(action: str) -> dict[str, Any]:
    return {
        "object_kind": "merge_request",
        "project": LAB,
        "object_attributes": {"id": 99, "iid": 12, "action": action, "last_commit": {"id": "a" * 40}},
    }


def cloud() -> dict[str, Any]:
    return {"pullrequest": {"id": 12, "state": "OPEN"}, "repository": CLOUD, "actor": {"display_name": "Ada"}}


def server(repository: dict[str, Any]) -> dict[str, Any]:
    return {"pullRequest": {"id": 12, "fromRef": {"repository": SERVER}, "toRef": {"repository": repository}}}


def azure(event: str) -> dict[str, Any]:
    resource = {"pullRequestId": 12, "status": "active", "repository": {"name": "web", "remoteUrl": AZURE_URL}}
    return {"publisherId": "tfs", "eventType": f"git.pullrequest.{event}", "resource": resource}


def changes(headers: dict[str, str], body: Any, secrets: WebhookSecrets | None = None) -> tuple[Change, ...]:
    return read.changes(headers, json.dumps(body).encode(), secrets or WebhookSecrets())


@pytest.mark.parametrize(
    ("headers", "body", "provider", "urls"),
    [
        *(
            ({"X-GitHub-Event": "pull_request"}, hub(action), Provider.GITHUB, HUB_URLS)
            for action in ("opened", "synchronize", "reopened", "edited", "closed")
        ),
        (
            {"X-Gitea-Event": "pull_request", "X-GitHub-Event": "pull_request"},
            hub("opened"),
            Provider.GITEA,
            HUB_URLS,
        ),
        ({"X-Gitea-Event": "pull_request_sync"}, hub("synchronized"), Provider.GITEA, HUB_URLS),
        *(
            ({"X-Gitlab-Event": "Merge Request Hook"}, lab(action), Provider.GITLAB, HUB_URLS)
            for action in ("open", "update", "reopen", "close", "merge")
        ),
        *(
            ({"X-Event-Key": f"pullrequest:{event}"}, cloud(), Provider.BITBUCKET, ("https://bitbucket.org/team/web",))
            for event in ("created", "updated", "fulfilled", "rejected")
        ),
        *(
            ({"X-Event-Key": f"pr:{event}"}, server(SERVER), Provider.BITBUCKET_SERVER, ("/TEAM/web",))
            for event in ("opened", "from_ref_updated", "modified", "merged", "declined", "deleted")
        ),
        *(
            (headers, azure(event), Provider.AZURE, (AZURE_URL,))
            for event in ("created", "updated")
            for headers in ({}, {"X-Vss-Activityid": "1"})
        ),
        (
            {"X-Event-Key": "pr:opened"},
            server({**SERVER, "links": CLONES}),
            Provider.BITBUCKET_SERVER,
            ("https://host.example/scm/team/web.git", "/TEAM/web"),
        ),
    ],
)
def test_a_pull_request_is_named(headers: dict[str, str], body: Any, provider: Provider, urls: tuple[str, ...]) -> None:
    assert changes(headers, body) == (PullRequestChange(provider, urls, 12),)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-GitHub-Event": "pull_request"}, hub("labeled")),
        ({"X-GitHub-Event": "pull_request_review"}, hub("submitted")),
        ({"X-GitHub-Event": "pull_request"}, hub("opened", number=0)),
        ({"X-GitHub-Event": "pull_request"}, hub("opened", number=-1)),
        ({"X-GitHub-Event": "pull_request"}, hub("opened", number=2**60)),
        ({"X-GitHub-Event": "pull_request"}, hub("opened", repository=None)),
        ({"X-Gitea-Event": "pull_request_label"}, hub("label_updated")),
        ({"X-Gitlab-Event": "Merge Request Hook"}, lab("approved")),
        ({"X-Gitlab-Event": "Note Hook"}, lab("open")),
        ({"X-Event-Key": "pullrequest:approved"}, cloud()),
        ({"X-Event-Key": "pullrequest:created"}, {}),
        ({"X-Event-Key": "pr:reviewer:approved"}, server(SERVER)),
        ({"X-Event-Key": "pr:opened"}, {"pullRequest": {"id": 12}}),
        ({}, azure("merged")),
        ({}, {**azure("created"), "resource": {}}),
    ],
)
def test_what_changes_no_commit_is_nothing(headers: dict[str, str], body: Any) -> None:
    assert changes(headers, body) == ()


def signature(body: Any) -> str:
    return "sha256=" + hmac.new(b"shared", json.dumps(body).encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "body", "secrets", "proof"),
    [
        (
            {"X-GitHub-Event": "pull_request"},
            hub("opened"),
            WebhookSecrets(github="shared"),
            {"X-Hub-Signature-256": signature(hub("opened"))},
        ),
        (
            {"X-Gitea-Event": "pull_request"},
            hub("opened"),
            WebhookSecrets(gogs="shared"),
            {"X-Gitea-Signature": signature(hub("opened")).removeprefix("sha256=")},
        ),
        (
            {"X-Gitlab-Event": "Merge Request Hook"},
            lab("open"),
            WebhookSecrets(gitlab="shared"),
            {"X-Gitlab-Token": "shared"},
        ),
        (
            {"X-Event-Key": "pr:opened"},
            server(SERVER),
            WebhookSecrets(bitbucket_server="shared"),
            {"X-Hub-Signature": signature(server(SERVER))},
        ),
        (
            {"X-Event-Key": "pullrequest:created"},
            cloud(),
            WebhookSecrets(bitbucket_uuid="{u}"),
            {"X-Hook-UUID": "{u}"},
        ),
    ],
    ids=["github", "gitea", "gitlab", "bitbucket-server", "bitbucket"],
)
def test_who_cannot_prove_who_he_is_is_refused(
    headers: dict[str, str], body: Any, secrets: WebhookSecrets, proof: dict[str, str]
) -> None:
    assert len(changes({**headers, **proof}, body, secrets)) == 1
    with pytest.raises(Unauthorized):
        changes(headers, body, secrets)
    with pytest.raises(Unauthorized):
        changes({**headers, **dict.fromkeys(proof, "wrong")}, body, secrets)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-GitHub-Event": "pull_request"}, hub("opened", number="12")),
        ({"X-Gitlab-Event": "Merge Request Hook"}, {"object_attributes": []}),
        ({"X-Event-Key": "pullrequest:created"}, {"pullrequest": {"id": 1.5}}),
        ({"X-Event-Key": "pr:opened"}, []),
    ],
)
def test_another_shape_is_refused(headers: dict[str, str], body: Any) -> None:
    with pytest.raises(BadRequest):
        changes(headers, body)
