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


class WebhookSecrets(Struct, frozen=True):
    """What proves that a sender is who he says; "" where nothing is asked of him.

    Source: Argo CD, docs/operator-manual/webhook.md, the keys `webhook.*` of argocd-secret.
    """

    github: str = ""
    gitlab: str = ""
    bitbucket_uuid: str = ""
    bitbucket_server: str = ""
    gogs: str = ""
    azure_username: str = ""
    azure_password: str = ""
    harbor: str = ""
    registry: str = ""
    generic: str = ""
