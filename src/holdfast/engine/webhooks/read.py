"""Reads a webhook: who sent it, whether that is proven, and what has changed.

Where no secret is set a sender is believed, as in Argo CD: the worst that he can do is to have a repository asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from holdfast.engine.webhooks import proof
from holdfast.engine.webhooks.git_payloads import AzurePush, CloudPush, GenericPush, HubPush, LabPush, ServerPush
from holdfast.engine.webhooks.pull_request_payloads import CloudPull, HubPull, LabMerge, ServerPull
from holdfast.engine.webhooks.registry_payloads import DistributionEvents, GitHubPackageEvent, HarborEvent
from holdfast.model.errors import BadRequest, Unauthorized
from holdfast.model.pull_request import Provider
from holdfast.model.webhook import Change, WebhookSecrets

GITEA_PULLS = frozenset({"pull_request", "pull_request_sync"})
SERVER_PULLS = frozenset(
    {"pr:opened", "pr:from_ref_updated", "pr:modified", "pr:reopened", "pr:merged", "pr:declined", "pr:deleted"}
)
CLOUD_PULLS = frozenset({f"pullrequest:{event}" for event in ("created", "updated", "fulfilled", "rejected")})
DISTRIBUTION_EVENTS = "application/vnd.docker.distribution.events"


P = TypeVar("P", bound=Struct)


def changes(headers: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> tuple[Change, ...]:
    """What the webhook says; nothing for events that do not concern us, such as a ping.

    Raises Unauthorized, and BadRequest for a sender that is unknown or a body that is not what he should send.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for header, reader in _READERS.items():
        if header in given:
            return tuple(reader(given, body, secrets))
    if given.get("content-type", "").startswith(DISTRIBUTION_EVENTS):
        return tuple(_distribution(given, body, secrets))
    if secrets.harbor and proof.is_token(secrets.harbor, given.get("authorization", "")):
        return tuple(_decoded(body, HarborEvent).changes())
    if b'"publisherId"' in body and b'"eventType"' in body:
        return tuple(_azure(given, body, secrets))
    raise BadRequest("the headers are those of no sender that is known")


def _gitea(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    event = given.get("x-gitea-event") or given.get("x-gogs-event")
    signature = given.get("x-gitea-signature") or given.get("x-gogs-signature") or ""
    proof.check_signature(secrets.gogs, body, signature)
    if event == "push":
        return _decoded(body, HubPush).changes()
    # `pull_request` and its kin, such as `pull_request_sync` for a push.
    return _decoded(body, HubPull).changes_at(Provider.GITEA) if event in GITEA_PULLS else ()


def _github(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    signature = given.get("x-hub-signature-256") or given.get("x-hub-signature") or ""
    proof.check_signature(secrets.github, body, signature, algorithm="sha1")
    match given["x-github-event"]:
        case "push":
            return _decoded(body, HubPush).changes()
        case "pull_request":
            return _decoded(body, HubPull).changes_at(Provider.GITHUB)
        case "package" | "registry_package":
            return _decoded(body, GitHubPackageEvent).changes()
        case _:
            return ()


def _gitlab(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_token(secrets.gitlab, given.get("x-gitlab-token", ""))
    if given["x-gitlab-event"] == "Merge Request Hook":
        return _decoded(body, LabMerge).changes()
    if given["x-gitlab-event"] not in ("Push Hook", "Tag Push Hook", "System Hook"):
        return ()
    return _decoded(body, LabPush).changes()


def _bitbucket(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    """Cloud and Data Center use the same header: the words in it differ."""
    event = given["x-event-key"]
    if event in ("repo:refs_changed", "diagnostics:ping") or event.startswith("pr:"):
        proof.check_signature(secrets.bitbucket_server, body, given.get("x-hub-signature", ""))
        if event in SERVER_PULLS:
            return _decoded(body, ServerPull).changes()
        return _decoded(body, ServerPush).changes() if event == "repo:refs_changed" else ()
    if secrets.bitbucket_uuid:
        proof.check_token(secrets.bitbucket_uuid, given.get("x-hook-uuid", ""))
    if event in CLOUD_PULLS:
        return _decoded(body, CloudPull).changes()
    return _decoded(body, CloudPush).changes() if event == "repo:push" else ()


def _azure(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_password(secrets.azure_username, secrets.azure_password, given.get("authorization", ""))
    push = _decoded(body, AzurePush)
    return push.changes() if push.event_type == "git.push" else ()


def _distribution(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_token(secrets.registry, given.get("authorization", "").removeprefix("Bearer "))
    return _decoded(body, DistributionEvents).changes()


def _generic(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_signature(secrets.generic, body, given["x-holdfast-signature"])
    if not secrets.generic:
        raise Unauthorized("generic webhooks need the secret webhook.generic.secret of argocd-secret")
    return _decoded(body, GenericPush).changes()


_READERS = {
    # Gitea sends GitHub's header as well.
    "x-gitea-event": _gitea,
    "x-gogs-event": _gitea,
    "x-github-event": _github,
    "x-gitlab-event": _gitlab,
    "x-event-key": _bitbucket,
    "x-vss-activityid": _azure,
    "x-holdfast-signature": _generic,
}


def _decoded(body: bytes, payload: type[P]) -> P:
    try:
        return msgspec.json.decode(body, type=payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is not what this sender should send: {error}") from error
