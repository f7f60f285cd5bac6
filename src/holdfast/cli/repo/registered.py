"""The Secrets that register repositories, as the commands of `holdfast repo` see them: never a value that is secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from holdfast.engine.access.credentials import REPOSITORY, SECRET_TYPE, TEMPLATE, is_true
from holdfast.engine.access.repository_urls import normalized_url, shown_url
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, labels_of, name_of
from holdfast.model.resource_types import SECRET
from holdfast.ports.cluster import Cluster

FIELD_MANAGER: Final = "holdfast-cli"
NamespaceOption = typer.Option("argocd", "--namespace", "-n", help="Where Argo CD's settings are.")
KubeconfigOption = typer.Option(None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`.")
ProjectOption = typer.Option("", "--project", help="The project whose applications alone may use it.")
KubeconfigPath = Path | None
_SHOWN: Final = (
    "insecure",
    "insecureIgnoreHostKey",
    "insecureOCIForceHttp",
    "enableOCI",
    "enableLfs",
    "noProxy",
    "githubAppID",
    "githubAppInstallationID",
    "githubAppEnterpriseBaseUrl",
    "azureServicePrincipalClientId",
    "azureServicePrincipalTenantId",
    "azureActiveDirectoryEndpoint",
)
_OPENS: Final = {
    "sshPrivateKey": "ssh key",
    "githubAppPrivateKey": "GitHub App",
    "bearerToken": "token",
    "password": "password",
    "tlsClientCertData": "client certificate",
    "gcpServiceAccountKey": "Google service account",
    "azureServicePrincipalClientSecret": "Azure service principal",
}


class Registered(Struct, frozen=True):
    """`opens_by` names the kinds of its credentials; `settings` are those fields that are no secret."""

    secret: str
    url: str
    kind: str
    name: str
    project: str
    username: str
    opens_by: tuple[str, ...]
    settings: dict[str, str]
    is_template: bool


async def registered(cluster: Cluster, namespace: str) -> list[Registered]:
    found = []
    for kind in (REPOSITORY, TEMPLATE):
        listing = await cluster.list(SECRET, namespace=namespace, labels=f"{SECRET_TYPE}={kind}")
        found += [_read(item.decode()) for item in listing.items]
    return sorted(found, key=lambda one: (one.is_template, one.url, one.project))


async def only(cluster: Cluster, namespace: str, url: str, project: str) -> Registered:
    """Raises Blocked RepositoryNotRegistered and RepositoryAmbiguous."""
    wanted = normalized_url(url)
    found = [
        one
        for one in await registered(cluster, namespace)
        if normalized_url(one.url) == wanted and (not project or one.project == project)
    ]
    if not found:
        raise Blocked(
            "RepositoryNotRegistered", f"no Secret in {namespace} registers {url}; `holdfast repo list` shows all"
        )
    if len(found) > 1:
        names = ", ".join(one.secret for one in found)
        raise Blocked("RepositoryAmbiguous", f"{url} is registered by {names}: name the project with --project")
    return found[0]


def _read(secret: KubeObject) -> Registered:
    values = {key: _decoded(text) for key, text in (secret.get("data") or {}).items()}
    return Registered(
        secret=name_of(secret),
        url=values.get("url", ""),
        kind=values.get("type") or "git",
        name=values.get("name", ""),
        project=values.get("project", ""),
        username=values.get("username", ""),
        opens_by=tuple(_opens_by(values)),
        settings=_settings(values),
        is_template=labels_of(secret).get(SECRET_TYPE) == TEMPLATE,
    )


def _opens_by(values: Mapping[str, str]) -> Iterator[str]:
    yield from (said for key, said in _OPENS.items() if values.get(key))
    if is_true(values, "useAzureWorkloadIdentity"):
        yield "Azure workload identity"


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    """The address of a proxy may hold a password."""
    found = {key: values[key] for key in _SHOWN if values.get(key)}
    return {**found, "proxy": shown_url(values["proxy"])} if values.get("proxy") else found


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
