"""What a webhook says has happened outside."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from holdfast.model.pull_request import PullRequestChange


class RefChange(Struct, frozen=True):
    """A branch or tag of a repository is another commit now.

    `urls` are the addresses under which the sender names the repository, for people or for clones. `ref` is a full name
    ("refs/heads/main") or a bare one. `files` are the paths that changed, None when the sender does not tell all of them.
    """

    urls: tuple[str, ...]
    ref: str
    after: str = ""
    touched_head: bool = True
    files: tuple[str, ...] | None = None


class ArtifactChange(Struct, frozen=True):
    """A registry has a new tag: `repository` like "ghcr.io/team/chart"."""

    repository: str
    tag: str


Change: TypeAlias = RefChange | ArtifactChange | PullRequestChange


class Received(Struct, frozen=True):
    """What a webhook says; `is_proven` when it came from who shares a secret with us."""

    changes: tuple[Change, ...]
    is_proven: bool


class WebhookLimits(Struct, frozen=True):
    """How much is taken in. `at_once` webhooks are read at the same time, and `seconds` are how long one may wait for its
    turn and take to come. The others are for webhooks that prove nothing: how many a minute, of one address and of all
    together."""

    at_once: int = 8
    seconds: float = 10.0
    per_minute_of_address: int = 60
    per_minute: int = 600


class WebhookSecrets(Struct, frozen=True):
    """What proves that a sender is who he says; "" where nothing is asked of him.

    Source: Argo CD, docs/operator-manual/webhook.md, the keys `webhook.*` of argocd-secret. It has none for the signatures of
    Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks
    """

    github: str = ""
    gitlab: str = ""
    bitbucket: str = ""
    bitbucket_uuid: str = ""
    bitbucket_server: str = ""
    gogs: str = ""
    azure_username: str = ""
    azure_password: str = ""
    harbor: str = ""
    registry: str = ""
    generic: str = ""
