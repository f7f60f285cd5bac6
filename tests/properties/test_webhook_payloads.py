"""Whatever is sent to the address of webhooks gives changes or a refusal, and never anything else."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.webhooks import read
from holdfast.engine.webhooks.concerned import concern
from holdfast.model.errors import ApiError
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.webhook import ArtifactChange, Change, RefChange, WebhookSecrets
from tests.unit.engine.webhooks.test_concerned import app

KEY = "k"
BELIEVING = WebhookSecrets(harbor=KEY, generic=KEY)
PROVING = WebhookSecrets(
    github=KEY, gitlab=KEY, bitbucket=KEY, bitbucket_uuid=KEY, bitbucket_server=KEY, gogs=KEY, azure_username=KEY, azure_password=KEY, harbor=KEY, registry=KEY, generic=KEY
)  # fmt: skip


def signed(body: bytes) -> str:
    return hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()


Headers = Callable[[bytes], dict[str, str]]
SENDERS: dict[str, Headers] = {
    "github": lambda _: {"X-GitHub-Event": "push"},
    "ghcr": lambda _: {"X-GitHub-Event": "registry_package"},
    "gitlab": lambda _: {"X-Gitlab-Event": "Push Hook"},
    "gitlab tags": lambda _: {"X-Gitlab-Event": "Tag Push Hook"},
    "bitbucket": lambda _: {"X-Event-Key": "repo:push"},
    "bitbucket server": lambda _: {"X-Event-Key": "repo:refs_changed"},
    "gitea": lambda _: {"X-Gitea-Event": "push", "X-GitHub-Event": "push"},
    "gogs": lambda _: {"X-Gogs-Event": "push"},
    "github pulls": lambda _: {"X-GitHub-Event": "pull_request"},
    "gitlab merges": lambda _: {"X-Gitlab-Event": "Merge Request Hook"},
    "bitbucket pulls": lambda _: {"X-Event-Key": "pullrequest:updated"},
    "bitbucket server pulls": lambda _: {"X-Event-Key": "pr:from_ref_updated"},
    "gitea pulls": lambda _: {"X-Gitea-Event": "pull_request_sync"},
    "azure": lambda _: {"X-Vss-Activityid": "1"},
    "distribution": lambda _: {"Content-Type": read.DISTRIBUTION_EVENTS + ".v2+json"},
    "harbor": lambda _: {"Authorization": KEY},
    "generic": lambda body: {"X-Holdfast-Signature": signed(body)},
}
FIELDS = [
    "ref", "repository", "html_url", "clone_url", "ssh_url", "default_branch", "commits", "added", "modified", "removed", "after", "before",
    "project", "web_url", "git_http_url", "push", "changes", "new", "old", "name", "type", "links", "html", "href", "full_name", "refId",
    "clone", "toHash", "resource", "refUpdates", "remoteUrl", "eventType", "publisherId", "events", "action", "target", "tag", "url",
    "package", "package_version", "container_metadata", "registry_package", "package_type", "namespace", "resources", "resource_url",
    "event_data", "repo_full_name", "files", "mediaType", "request", "host",
    "number", "pullrequest", "pullRequest", "toRef", "slug", "key", "id", "iid", "object_attributes",
]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["refs/heads/main", "refs/tags/v1.2.3", "push", "git.push", "opened", "update", 12, "https://git.example/a.git", "\ud800", "a" * 5000, "[::", "://"])
)  # fmt: skip
PAYLOADS: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=40,
)
DEEP = [b"[" * 200_000, b'{"commits":' * 100_000, b'{"repository":{' + b'"a":{' * 50_000]
ENCODINGS = ["utf-8", "utf-16", "utf-32", "latin-1", "utf-7"]
BODIES = (
    PAYLOADS.map(lambda content: json.dumps(content).encode())
    | st.tuples(PAYLOADS, st.sampled_from(ENCODINGS)).map(lambda pair: json.dumps(pair[0]).encode(pair[1]))
    | PAYLOADS.map(lambda content: json.dumps(content).encode()[:-1])
    | st.binary(max_size=200)
    | st.sampled_from([*DEEP, b"", b"null", b"{}", b"[]", b"9" * 100_000, b'{"ref":"\xff"}', b'{"ref":"\\ud800"}', b"\xef\xbb\xbf{}"])
)  # fmt: skip


@pytest.mark.parametrize("sender", SENDERS)
@given(body=BODIES)
def test_a_payload_is_read_or_refused(sender: str, body: bytes) -> None:
    refusal: ApiError | None = None
    changes: tuple[Change, ...] = ()
    try:
        changes = read.changes(SENDERS[sender](body), body, BELIEVING)
    except ApiError as error:
        refusal = error
    assert refusal is None or (refusal.status in (400, 401) and len(refusal.message) < 500)
    for change in changes:
        assert isinstance(change, RefChange | ArtifactChange | PullRequestChange)
        concern(app(), change)


@pytest.mark.parametrize("sender", sorted(SENDERS.keys() - {"harbor", "generic"}))
@given(body=BODIES, headers=st.dictionaries(st.sampled_from(["X-Hub-Signature", "X-Hub-Signature-256", "X-Gitlab-Token", "X-Hook-UUID", "X-Gogs-Signature", "X-Gitea-Signature", "Authorization"]), st.text(max_size=40)))  # fmt: skip
def test_nobody_is_believed_without_the_secret(sender: str, body: bytes, headers: dict[str, str]) -> None:
    given_headers = {name: value for name, value in headers.items() if KEY not in value}
    with pytest.raises(ApiError) as caught:
        read.changes({**given_headers, **SENDERS[sender](body)}, body, PROVING)
    assert caught.value.status in (400, 401)
    assert KEY not in caught.value.message.split()


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5), st.binary(max_size=100))
def test_an_unknown_sender_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(ApiError):
        read.changes(headers, body, PROVING)
