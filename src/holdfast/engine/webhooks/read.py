"""Reads a webhook: who sent it, whether that is proven, and what has changed.

Where no secret is set a sender is believed, as in Argo CD: the worst that he can do is to have a repository asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from holdfast.engine.webhooks import proof
from holdfast.engine.webhooks.git_payloads import AzurePush, CloudPush, GenericPush, HubPush, LabPush, ServerPush
from holdfast.engine.webhooks.pull_request_payloads import AzurePull, CloudPull, HubPull, LabMerge, ServerPull
from holdfast.engine.webhooks.registry_payloads import DistributionEvents, GitHubPackageEvent, HarborEvent
from holdfast.model.errors import BadRequest, Unauthorized
from holdfast.model.pull_request import Provider
from holdfast.model.webhook import Change, Received, WebhookSecrets

GITEA_PULLS = frozenset({"pull_request", "pull_request_sync"})
SERVER_PULLS = frozenset(
    {"pr:opened", "pr:from_ref_updated", "pr:modified", "pr:reopened", "pr:merged", "pr:declined", "pr:deleted"}
)
CLOUD_PULLS = frozenset({f"pullrequest:{event}" for event in ("created", "updated", "fulfilled", "rejected")})
AZURE_PULLS = frozenset({"git.pullrequest.created", "git.pullrequest.updated"})
DISTRIBUTION_EVENTS = "application/vnd.docker.distribution.events"


P = TypeVar("P", bound=Struct)


def changes(headers: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> tuple[Change, ...]:
    """What `received` holds. Raises Unauthorized and BadRequest."""
    return received(headers, body, secrets).changes


def received(headers: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Received:
    """What the webhook says; nothing for events that do not concern us, such as a ping.

    Raises Unauthorized, and BadRequest for a sender that is unknown or a body that is not what he should send.
    """
    given = {name.lower(): value for name, value in headers.items()}
    sender = _sender(given, body, secrets)
    return Received(tuple(sender.read(given, body, secrets)), bool(sender.secret(given, secrets)))


def claims_proof(headers: Mapping[str, str]) -> bool:
    """Whether there is something that may prove the sender; what it is worth is seen with the body."""
    return any(name.lower() in _PROOFS for name in headers)


def _sender(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> _Sender:
    for header, sender in _SENDERS.items():
        if header in given:
            return sender
    if given.get("content-type", "").startswith(DISTRIBUTION_EVENTS):
        return _Sender(_distribution, lambda _, known: known.registry)
    if secrets.harbor and proof.is_token(secrets.harbor, given.get("authorization", "")):
        return _Sender(lambda _, content, __: _decoded(content, HarborEvent).changes(), lambda _, known: known.harbor)
    if b'"publisherId"' in body and b'"eventType"' in body:
        return _SENDERS["x-vss-activityid"]
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
    if _is_of_data_center(event):
        proof.check_signature(secrets.bitbucket_server, body, given.get("x-hub-signature", ""))
        if event in SERVER_PULLS:
            return _decoded(body, ServerPull).changes()
        return _decoded(body, ServerPush).changes() if event == "repo:refs_changed" else ()
    proof.check_signature(secrets.bitbucket, body, given.get("x-hub-signature", ""))
    if secrets.bitbucket_uuid:
        proof.check_token(secrets.bitbucket_uuid, given.get("x-hook-uuid", ""))
    if event in CLOUD_PULLS:
        return _decoded(body, CloudPull).changes()
    return _decoded(body, CloudPush).changes() if event == "repo:push" else ()


def _is_of_data_center(event: str) -> bool:
    return event in ("repo:refs_changed", "diagnostics:ping") or event.startswith("pr:")


def _azure(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_password(secrets.azure_username, secrets.azure_password, given.get("authorization", ""))
    push = _decoded(body, AzurePush)
    if push.event_type in AZURE_PULLS:
        return _decoded(body, AzurePull).changes()
    return push.changes() if push.event_type == "git.push" else ()


def _distribution(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_token(secrets.registry, given.get("authorization", "").removeprefix("Bearer "))
    return _decoded(body, DistributionEvents).changes()


def _generic(given: Mapping[str, str], body: bytes, secrets: WebhookSecrets) -> Sequence[Change]:
    proof.check_signature(secrets.generic, body, given["x-holdfast-signature"])
    if not secrets.generic:
        raise Unauthorized("generic webhooks need the secret webhook.generic.secret of argocd-secret")
    return _decoded(body, GenericPush).changes()


def _secret_of_bitbucket(given: Mapping[str, str], secrets: WebhookSecrets) -> str:
    if _is_of_data_center(given["x-event-key"]):
        return secrets.bitbucket_server
    return secrets.bitbucket or secrets.bitbucket_uuid


class _Sender(Struct, frozen=True):
    """How his webhooks are read, and the secret that proves them, "" where none is set."""

    read: Callable[[Mapping[str, str], bytes, WebhookSecrets], Sequence[Change]]
    secret: Callable[[Mapping[str, str], WebhookSecrets], str]


_SENDERS = {
    # Gitea sends GitHub's header as well.
    "x-gitea-event": _Sender(_gitea, lambda _, known: known.gogs),
    "x-gogs-event": _Sender(_gitea, lambda _, known: known.gogs),
    "x-github-event": _Sender(_github, lambda _, known: known.github),
    "x-gitlab-event": _Sender(_gitlab, lambda _, known: known.gitlab),
    "x-event-key": _Sender(_bitbucket, _secret_of_bitbucket),
    "x-vss-activityid": _Sender(_azure, lambda _, known: known.azure_username or known.azure_password),
    "x-holdfast-signature": _Sender(_generic, lambda _, known: known.generic),
}
_PROOFS = frozenset(
    {
        "authorization",
        "x-gitea-signature",
        "x-gitlab-token",
        "x-gogs-signature",
        "x-holdfast-signature",
        "x-hook-uuid",
        "x-hub-signature",
        "x-hub-signature-256",
    }
)


def _decoded(body: bytes, payload: type[P]) -> P:
    try:
        return msgspec.json.decode(body, type=payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is not what this sender should send: {error}") from error
