"""`holdfast repo add`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import typer

from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.repo.registered import (
    FIELD_MANAGER,
    KubeconfigOption,
    KubeconfigPath,
    NamespaceOption,
    ProjectOption,
)
from holdfast.engine.access.credentials import REPOSITORY, SECRET_TYPE, TEMPLATE
from holdfast.model.errors import AlreadyExists, Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import SECRET
from holdfast.ports.cluster import Cluster

_TEXTS: Final = {
    "username": "username",
    "password": "password",
    "bearer_token": "bearerToken",
    "app_id": "githubAppID",
    "app_installation": "githubAppInstallationID",
    "app_url": "githubAppEnterpriseBaseUrl",
    "azure_client_id": "azureServicePrincipalClientId",
    "azure_client_secret": "azureServicePrincipalClientSecret",
    "azure_tenant_id": "azureServicePrincipalTenantId",
    "azure_authority": "azureActiveDirectoryEndpoint",
    "proxy": "proxy",
    "no_proxy": "noProxy",
}
_FILES: Final = {
    "ssh_key": "sshPrivateKey",
    "certificate": "tlsClientCertData",
    "certificate_key": "tlsClientCertKey",
    "app_key": "githubAppPrivateKey",
    "google_key": "gcpServiceAccountKey",
}
_FLAGS: Final = {
    "azure_identity": "useAzureWorkloadIdentity",
    "enable_lfs": "enableLfs",
    "enable_oci": "enableOCI",
    "insecure": "insecure",
    "ignore_host_key": "insecureIgnoreHostKey",
    "force_http": "insecureOCIForceHttp",
}
"""Which field of the Secret each option becomes."""


class Kind(StrEnum):
    GIT = "git"
    HELM = "helm"
    OCI = "oci"


def add(
    context: typer.Context,
    url: str = typer.Argument(..., metavar="REPO"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    kind: Kind = typer.Option(Kind.GIT, "--type", help="What it is."),
    name: str = typer.Option("", "--name", help="A name that charts may call it by."),
    project: str = ProjectOption,
    template: bool = typer.Option(False, "--template", help="Credentials for all repositories that begin so."),
    username: str = typer.Option("", "--username"),
    password: str = typer.Option("", "--password", envvar="HOLDFAST_REPO_PASSWORD", show_envvar=True),
    bearer_token: str = typer.Option("", "--bearer-token", envvar="HOLDFAST_REPO_TOKEN", show_envvar=True),
    ssh_key: Path | None = typer.Option(None, "--ssh-private-key-path"),
    certificate: Path | None = typer.Option(None, "--tls-client-cert-path"),
    certificate_key: Path | None = typer.Option(None, "--tls-client-cert-key-path"),
    app_id: str = typer.Option("", "--github-app-id"),
    app_installation: str = typer.Option("", "--github-app-installation-id"),
    app_key: Path | None = typer.Option(None, "--github-app-private-key-path"),
    app_url: str = typer.Option("", "--github-app-enterprise-base-url"),
    google_key: Path | None = typer.Option(None, "--gcp-service-account-key-path"),
    azure_identity: bool = typer.Option(
        False,
        "--use-azure-workload-identity",
        help="With the identity of the controller in Azure; needs --no-check elsewhere.",
    ),
    azure_client_id: str = typer.Option("", "--azure-service-principal-client-id"),
    azure_client_secret: str = typer.Option(
        "", "--azure-service-principal-client-secret", envvar="HOLDFAST_REPO_AZURE_SECRET", show_envvar=True
    ),
    azure_tenant_id: str = typer.Option("", "--azure-service-principal-tenant-id"),
    azure_authority: str = typer.Option(
        "", "--azure-active-directory-endpoint", help="Where tokens are asked for in other clouds of Azure."
    ),
    enable_lfs: bool = typer.Option(False, "--enable-lfs", help="Put files of Git LFS in the place of their pointers."),
    enable_oci: bool = typer.Option(False, "--enable-oci"),
    insecure: bool = typer.Option(False, "--insecure-skip-server-verification"),
    ignore_host_key: bool = typer.Option(False, "--insecure-ignore-host-key", help="Take any host for the right one."),
    force_http: bool = typer.Option(False, "--insecure-oci-force-http", help="A registry without TLS."),
    proxy: str = typer.Option("", "--proxy"),
    no_proxy: str = typer.Option("", "--no-proxy"),
    upsert: bool = typer.Option(False, "--upsert", help="Replace the Secret when there is one."),
    check: bool = typer.Option(True, "--check/--no-check", help="Open the repository first."),
) -> None:
    """Register a repository, or with --template the credentials for many, once it could be opened."""
    values = {"url": url, "type": kind.value, "name": name, "project": project, **_said(context.params)}
    secret = secret_of(namespace, {key: value for key, value in values.items() if value}, template=template)

    async def work(cluster: Cluster) -> None:
        if check and not template:
            from holdfast.assembly.repository_check import reach

            await reach(cluster, find_kubeconfig(kubeconfig), namespace, url, kind.value, project, with_secret=secret)
        await _write(cluster, secret, upsert=upsert)

    with_cluster(kubeconfig, work)
    typer.echo(
        f"{'credentials for' if template else 'repository'} {url} registered as Secret {secret['metadata']['name']}"
    )


def _said(given: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the Secret; `given` are the options by the names of their parameters."""
    texts = {field: given[option] for option, field in _TEXTS.items()}
    files = {field: _text(given[option]) for option, field in _FILES.items()}
    return {**texts, **files, **{field: "true" for option, field in _FLAGS.items() if given[option]}}


async def _write(cluster: Cluster, secret: KubeObject, *, upsert: bool) -> None:
    place = secret["metadata"]["namespace"], secret["metadata"]["name"]
    if upsert:
        known = await cluster.get(SECRET, *place)
        if known is not None:
            version = known["metadata"]["resourceVersion"]
            secret = {**secret, "metadata": {**secret["metadata"], "resourceVersion": version}}
            await cluster.replace(SECRET, secret, field_manager=FIELD_MANAGER)
            return
    try:
        await cluster.create(SECRET, secret, field_manager=FIELD_MANAGER)
    except AlreadyExists as error:
        message = f"{secret['stringData']['url']} is registered already: --upsert replaces what its Secret says"
        raise Blocked("RepositoryRegistered", message) from error


def secret_of(namespace: str, values: dict[str, str], *, template: bool) -> KubeObject:
    """Named as Argo CD names it, so that its command line finds it again."""
    prefix = "creds" if template else "repo"
    labels = {SECRET_TYPE: TEMPLATE if template else REPOSITORY}
    name = f"{prefix}-{_fnv32a(values['url'] + values.get('project', ''))}"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "type": "Opaque",
        "stringData": values,
    }


def _fnv32a(text: str) -> int:
    """Source: http://www.isthe.com/chongo/tech/comp/fnv/"""
    found = 0x811C9DC5
    for byte in text.encode():
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Blocked("FileUnreadable", f"{path} cannot be read: {error}") from error
