"""Which service account a sync acts as, where argocd-cm asks for impersonation.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/app-sync-using-impersonation/
"""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.engine.lang import globs
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.errors import Blocked
from holdfast.model.names import IN_CLUSTER_SERVER

ENABLED = "application.sync.impersonation.enabled"

_NEVER_IN_A_NAME = frozenset("!*[]{}\\/ ")


def is_enabled(settings: Mapping[str, str]) -> bool:
    """`settings` is argocd-cm."""
    return settings.get(ENABLED, "").strip().lower() == "true"


def user_of(app: Application, project: AppProject) -> str:
    """The name to send as Impersonate-User; the first entry that fits counts. Raises Blocked when none does."""
    destination = app.spec.destination
    server = destination.server or IN_CLUSTER_SERVER
    for entry in project.spec.destination_service_accounts:
        if not globs.matches(entry.server, server) or not globs.matches(entry.namespace, destination.namespace):
            continue
        account = entry.default_service_account.strip()
        if not account or _NEVER_IN_A_NAME & set(account):
            raise Blocked("ServiceAccountInvalid", f"default service account contains invalid chars '{account}'")
        place = account if ":" in account else f"{destination.namespace or app.metadata.namespace}:{account}"
        return f"system:serviceaccount:{place}"
    raise Blocked(
        "NoServiceAccount",
        f"no matching service account found for destination server {server} and namespace {destination.namespace}; "
        f"add one to destinationServiceAccounts of project {project.metadata.name}",
    )
