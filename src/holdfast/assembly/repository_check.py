"""Opens a repository with the credentials of a cluster: for `holdfast repo add` and `holdfast repo check`."""

from __future__ import annotations

import base64
from pathlib import Path

from holdfast.adapters.charts.sources import ChartSources
from holdfast.adapters.credentials.sign_in import SignIn
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.assembly.places import place_of
from holdfast.engine.access import credentials
from holdfast.engine.access.repository_urls import is_artifact, normalized_url
from holdfast.model.kube import KubeObject
from holdfast.model.repository import RepositoryAccess
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

_HELM, _OCI = "helm", "oci"


async def reach(
    cluster: Cluster,
    kubeconfig: Path,
    namespace: str,
    url: str,
    kind: str,
    project: str,
    with_secret: KubeObject | None = None,
) -> str:
    """What was found, for people. `kind` "" is what its Secret says; `with_secret` counts as if it were there.

    Raises Blocked and Transient, which say why it cannot be opened.
    """
    listing = await cluster.list(SECRET, namespace=namespace, labels=credentials.SECRET_TYPE)
    secrets = [item.decode() for item in listing.items]
    if with_secret is not None:
        name = with_secret["metadata"]["name"]
        secrets = [with_secret, *(secret for secret in secrets if secret["metadata"]["name"] != name)]
    access = credentials.access_for(
        url,
        secrets,
        (await _settings(cluster, namespace, "argocd-ssh-known-hosts-cm")).get("ssh_known_hosts", ""),
        await _settings(cluster, namespace, "argocd-tls-certs-cm"),
        project=project,
    )
    kind = kind or (_OCI if is_artifact(url) else _said_kind(secrets, url))
    if kind in (_HELM, _OCI):
        return await _reach_charts(access, kubeconfig)
    return await _reach_git(access, kubeconfig)


async def _reach_charts(access: RepositoryAccess, kubeconfig: Path) -> str:
    charts = ChartSources(
        place_of(kubeconfig).charts,
        clock=SystemClock(),
        open_tree=open_local_tree,
        sign_in=SignIn(SystemClock()).opened_charts,
    )
    try:
        return await charts.reach(access)
    finally:
        await charts.close()


async def _reach_git(access: RepositoryAccess, kubeconfig: Path) -> str:
    place = place_of(kubeconfig)
    clock = SystemClock()
    repositories = GitRepositories(
        place.mirrors, rewrites=place.read_rewrites(), clock=clock, sign_in=SignIn(clock).opened
    )
    try:
        return f"HEAD is {await repositories.resolve(access, 'HEAD', fresh=True)}"
    finally:
        await repositories.close()


async def _settings(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    found = await cluster.get(CONFIG_MAP, namespace, name)
    return (found or {}).get("data") or {}


def _said_kind(secrets: list[KubeObject], url: str) -> str:
    for secret in secrets:
        data = secret.get("data") or {}
        said = {key: base64.b64decode(data.get(key) or "").decode(errors="replace") for key in ("url", "type")}
        if said["url"] and normalized_url(said["url"]) == normalized_url(url) and said["type"]:
            return said["type"]
    return "git"
