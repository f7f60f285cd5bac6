"""Whether and how the pull requests of a repository are previewed: argocd-cm, and the Secret of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.engine.access import credentials
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.pull_request import PreviewSettings

ENABLED: Final = "holdfast.preview.enabled"
FORKS: Final = "holdfast.preview.forks"
CONTEXT: Final = "holdfast.preview.context"
DEFAULT_CONTEXT: Final = "holdfast/preview"
_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
"""Bitbucket takes 40 characters; and it stands in a comment."""

API: Final = "holdfastPreviewApi"
TOKEN: Final = "holdfastPreviewToken"  # noqa: S105 - the name of a key
_TOKENS: Final = (TOKEN, "bearerToken", "password")
_TRUE: Final = frozenset({"true", "1", "t"})


def settings_for(
    url: str, secrets: Iterable[KubeObject], config: Mapping[str, str], *, project: str = ""
) -> PreviewSettings:
    """`config` is the data of argocd-cm; a key of the Secret of the repository or its template goes before it.

    A project may have Secrets of its own while a template belongs to everybody: so the token of a template is not sent
    to where another Secret says. Raises Blocked."""
    own, template = credentials.told_of(url, secrets, project=project)
    if API in own and not any(own.get(key) for key in _TOKENS):
        raise Blocked(
            "SettingInvalid",
            f"repository {shown_url(url)}: {API} must stand in the Secret that holds the token which is sent there",
        )
    told = {**template, **own}
    giver = own if API in own or own.get(TOKEN) else template
    token = giver.get(TOKEN, "").strip()
    if API in told and not token and credentials.names_azure(told):
        raise Blocked(
            "SettingInvalid",
            f"repository {shown_url(url)}: what opens it is an identity of Azure, whose tokens are shown to Azure alone: "
            f"{API} needs a {TOKEN} beside it",
        )
    return PreviewSettings(
        enabled=_is_true(told.get("holdfastPreview") or config.get(ENABLED, "")),
        forks=_is_true(told.get("holdfastPreviewForks") or config.get(FORKS, "")),
        context=checked_context(config.get(CONTEXT, "").strip() or DEFAULT_CONTEXT),
        provider=told.get("holdfastPreviewProvider", "").strip(),
        api=told.get(API, "").strip(),
        token=token,
        username=giver.get("holdfastPreviewUsername", "").strip(),
    )


def checked_context(context: str) -> str:
    """Raises Blocked."""
    if not _CONTEXT.fullmatch(context):
        raise Blocked(
            "SettingInvalid", f"{CONTEXT} {context[:60]!r} is not made of at most 40 letters, digits and . _ - /"
        )
    return context


def _is_true(text: str) -> bool:
    return text.strip().lower() in _TRUE
