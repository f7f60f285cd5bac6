"""Webhooks of every sender, and bodies that no sender should send."""

from __future__ import annotations

import base64
import hmac
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.webhooks import read
from holdfast.model.errors import BadRequest, Unauthorized
from holdfast.model.webhook import ArtifactChange, RefChange, WebhookSecrets

SECRET = "shared"
PUSH = {
    "ref": "refs/heads/main",
    "repository": {"html_url": "https://git.example.com/team/web", "default_branch": "main"},
}
COMMITS = [{"added": ["a.yaml"], "removed": ["b.yaml"]}, {"modified": ["a.yaml", "c.yaml"]}]
SENDERS = [
    {"X-GitHub-Event": "push"},
    {"X-GitHub-Event": "package"},
    {"X-Gitea-Event": "push"},
    {"X-Gogs-Event": "push"},
    {"X-Gitlab-Event": "Push Hook"},
    {"X-Event-Key": "repo:push"},
    {"X-Event-Key": "repo:refs_changed"},
    {"X-Vss-Activityid": "1"},
    {"Content-Type": "application/vnd.docker.distribution.events.v2+json"},
    {"Authorization": "harbor"},
]


def signed(body: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(SECRET.encode(), body, algorithm).hexdigest()


def changes(headers: dict[str, str], payload: Any, secrets: WebhookSecrets | None = None) -> tuple[Any, ...]:
    return read.changes(headers, json.dumps(payload).encode(), secrets or WebhookSecrets())


@pytest.mark.parametrize("sender", ["X-GitHub-Event", "X-Gitea-Event", "X-Gogs-Event"])
def test_a_push_tells_the_files_of_its_commits_once(sender: str) -> None:
    (change,) = changes({sender: "push"}, {**PUSH, "commits": COMMITS})
    assert change.files == ("a.yaml", "b.yaml", "c.yaml")
    assert change.touched_head


@pytest.mark.parametrize("more", [{"forced": True}, {"created": True}, {"commits": []}])
def test_what_a_push_does_not_tell_in_full_may_be_any_file(more: dict[str, Any]) -> None:
    (change,) = changes({"X-GitHub-Event": "push"}, {**PUSH, "commits": COMMITS, **more})
    assert change.files is None


def test_gitlab_tells_all_files_only_of_short_pushes() -> None:
    payload = {"ref": "refs/heads/main", "commits": COMMITS, "total_commits_count": 21}
    assert changes({"X-Gitlab-Event": "Push Hook"}, payload)[0].files is None
    assert changes({"X-Gitlab-Event": "Push Hook"}, {**payload, "total_commits_count": 2})[0].files is not None


def test_bitbucket_cloud_names_each_branch_also_one_that_is_gone() -> None:
    pushed = {"changes": [{"new": {"name": "main", "target": {"hash": "abc"}}}, {"new": None, "old": {"name": "gone"}}]}
    repository = {
        "full_name": "oro-codebase/web",
        "links": {"html": {"href": "https://bitbucket.org/oro-codebase/web"}},
    }
    found = changes({"X-Event-Key": "repo:push"}, {"push": pushed, "repository": repository})
    assert [(change.ref, change.after) for change in found] == [("main", "abc"), ("gone", "")]
    assert found[0].urls == ("https://bitbucket.org/oro-codebase/web",)


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({"X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256={}"}, WebhookSecrets(github=SECRET)),
        ({"X-Gitea-Event": "push", "X-Gitea-Signature": "{}"}, WebhookSecrets(gogs=SECRET)),
        ({"X-Event-Key": "repo:refs_changed", "X-Hub-Signature": "sha256={}"}, WebhookSecrets(bitbucket_server=SECRET)),
        ({"X-Event-Key": "repo:push", "X-Hub-Signature": "sha256={}"}, WebhookSecrets(bitbucket=SECRET)),
        (
            {"X-Event-Key": "pullrequest:created", "X-Hub-Signature": "sha256={}", "X-Hook-UUID": "u"},
            WebhookSecrets(bitbucket=SECRET, bitbucket_uuid="u"),
        ),
    ],
)
def test_a_signature_must_fit_body_and_secret(headers: dict[str, str], secrets: WebhookSecrets) -> None:
    body = json.dumps(PUSH).encode()
    good = {name: value.format(signed(body)) for name, value in headers.items()}
    read.changes(good, body, secrets)
    for bad in (body + b" ", body[:-1] + b',"x":1}'):
        with pytest.raises(Unauthorized):
            read.changes(good, bad, secrets)
    with pytest.raises(Unauthorized):
        read.changes({name: value for name, value in good.items() if "Signature" not in name}, body, secrets)


def test_the_old_signature_of_github_is_known_too() -> None:
    body = json.dumps(PUSH).encode()
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature": f"sha1={signed(body, 'sha1')}"}
    assert read.changes(headers, body, WebhookSecrets(github=SECRET))


@pytest.mark.parametrize(
    ("right", "wrong", "secrets"),
    [
        (
            {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET},
            {"X-Gitlab-Token": "no"},
            WebhookSecrets(gitlab=SECRET),
        ),
        (
            {"X-Event-Key": "repo:push", "X-Hook-UUID": SECRET},
            {"X-Hook-UUID": "no"},
            WebhookSecrets(bitbucket_uuid=SECRET),
        ),
        (
            {"X-Vss-Activityid": "1", "Authorization": "Basic " + base64.b64encode(b"me:shared").decode()},
            {"Authorization": "Basic !"},
            WebhookSecrets(azure_username="me", azure_password=SECRET),
        ),
    ],
)
def test_a_token_must_be_the_right_one(right: dict[str, str], wrong: dict[str, str], secrets: WebhookSecrets) -> None:
    changes(right, {}, secrets)
    with pytest.raises(Unauthorized):
        changes({**right, **wrong}, {}, secrets)


def test_azure_is_known_by_its_body_too() -> None:
    repository = {"remoteUrl": "https://dev.azure.com/org/team/_git/web", "defaultBranch": "refs/heads/main"}
    resource = {"refUpdates": [{"name": "refs/heads/main", "newObjectId": "abc"}], "repository": repository}
    payload = {"publisherId": "tfs", "eventType": "git.push", "resource": resource}
    assert changes({}, payload) == (RefChange(("https://dev.azure.com/org/team/_git/web",), "refs/heads/main", "abc"),)


def test_a_generic_webhook_needs_a_secret() -> None:
    body = json.dumps({"url": "https://git.example.com/web", "ref": "main", "files": ["a"]}).encode()
    headers = {"X-Holdfast-Signature": signed(body)}
    (change,) = read.changes(headers, body, WebhookSecrets(generic=SECRET))
    assert change == RefChange(("https://git.example.com/web",), "main", touched_head=False, files=("a",))
    with pytest.raises(Unauthorized):
        read.changes(headers, body, WebhookSecrets())


def test_registries_name_repository_and_tag() -> None:
    event = {
        "action": "push",
        "target": {"repository": "Team/chart", "tag": "1.2.0"},
        "request": {"host": "reg.example.com"},
    }
    headers = {"Content-Type": "application/vnd.docker.distribution.events.v2+json"}
    assert changes(headers, {"events": [event, {"action": "pull"}]}) == (
        ArtifactChange("reg.example.com/team/chart", "1.2.0"),
    )
    package = {
        "name": "chart",
        "namespace": "Team",
        "ecosystem": "CONTAINER",
        "package_version": {"container_metadata": {"tag": {"name": "2"}}},
    }
    found = changes({"X-GitHub-Event": "package"}, {"action": "published", "package": package})
    assert found == (ArtifactChange("ghcr.io/team/chart", "2"),)
    harbor = {
        "type": "PUSH_ARTIFACT",
        "event_data": {"resources": [{"tag": "3", "resource_url": "h.example.com:8443/team/chart:3"}]},
    }
    found = changes({"Authorization": "s"}, harbor, WebhookSecrets(harbor="s"))
    assert found == (ArtifactChange("h.example.com:8443/team/chart", "3"),)


@pytest.mark.parametrize("headers", SENDERS, ids=str)
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"ref": 7}', b"\xff", b'{"x":' * 100_000, b'{"repository": "web"}'],
    ids=range(8),
)
def test_a_malformed_body_is_refused_or_means_nothing(headers: dict[str, str], body: bytes) -> None:
    try:
        found = read.changes(headers, body, WebhookSecrets(harbor="harbor"))
    except BadRequest:
        return
    assert all(not change.urls for change in found if isinstance(change, RefChange))


def test_the_missing_parts_that_brought_others_down_are_harmless() -> None:
    assert changes({"X-Gogs-Event": "push"}, {"ref": "refs/heads/main", "repository": None})
    assert changes({"X-Vss-Activityid": "1"}, {"eventType": "git.push", "resource": {"refUpdates": []}}) == ()
    links = {"repository": {"links": {"clone": None}}, "changes": [{"ref": None}]}
    assert changes({"X-Event-Key": "repo:refs_changed"}, links) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ref", "repository", "commits", "push", "changes", "links", "clone", "events"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(SENDERS), JSON)
def test_no_body_brings_the_reader_down(headers: dict[str, str], payload: Any) -> None:
    with suppress(BadRequest):
        changes(headers, payload, WebhookSecrets(harbor="harbor"))
