"""What the statuses of a Helm repository and of a registry mean."""

from __future__ import annotations

import base64

from holdfast.adapters.charts.http import Answer
from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess


def failure(access: RepositoryAccess, answer: Answer, what: str) -> HoldfastError:
    """`what` was asked for."""
    shown = shown_url(access.url)
    if answer.status in (401, 403):
        given = "refused the credentials" if _opens(access) else "wants credentials"
        return Blocked(
            "AuthenticationFailed",
            f"repository {shown}: {host_of(access.url) or 'it'} {given} ({answer.status}). Check username and password of "
            "its Secret (label argocd.argoproj.io/secret-type).",
        )
    if answer.status in (404, 410):
        return Blocked("ChartNotFound", f"repository {shown}: there is no {what}")
    return Transient("RepositoryUnreachable", f"repository {shown}: {what}: the answer is {answer.status}")


def _opens(access: RepositoryAccess) -> bool:
    return bool(access.username or access.bearer_token or access.gcp_service_account_key or access.is_of_azure)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user.strip()}:{password.strip()}".encode()).decode()
