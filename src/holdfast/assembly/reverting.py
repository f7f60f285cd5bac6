"""Makes a revert commit for an Application, with the write credentials that its cluster holds."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.adapters.git.reverting import Identity, Pushed, Revert, revert
from holdfast.assembly.places import place_of
from holdfast.controllers.application.access import KNOWN_HOSTS, TLS_CERTIFICATES
from holdfast.engine.access import credentials
from holdfast.engine.flow import spec
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import Label
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.cluster import Cluster

__all__ = ["Identity", "Pushed", "revert_in_git"]


async def revert_in_git(
    cluster: Cluster, kubeconfig: Path, app: KubeObject, good: str, identity: Identity, *, push_to: str = ""
) -> Pushed:
    """Takes back what came after the commit `good` up to the one that Git is at. Raises Blocked and Transient."""
    decoded = msgspec.convert(app, Application)
    source = decoded.spec.source or ApplicationSource()
    bad = decoded.status.sync.revision
    if source.chart or not source.repo_url:
        raise Blocked("NotInGit", f"{decoded.metadata.name}: a revert needs a source in a Git repository")
    if good == bad:
        raise Blocked("SameRevision", f"{decoded.metadata.name}: Git is at {good} already")
    namespace = decoded.status.controller_namespace or decoded.metadata.namespace
    secrets = await cluster.list(SECRET, namespace=namespace, labels=Label.SECRET_TYPE.value)
    access = credentials.access_for(
        source.repo_url,
        [item.decode() for item in secrets.items],
        (await _data(cluster, namespace, KNOWN_HOSTS)).get("ssh_known_hosts", ""),
        await _data(cluster, namespace, TLS_CERTIFICATES),
        project=spec.project_of(decoded),
        write=True,
    )
    place = place_of(kubeconfig)
    asked = Revert(
        branch=source.target_revision,
        good=good,
        bad=bad,
        path=source.path,
        subject=f"Revert {decoded.metadata.name} to {good[:12]}",
        push_to=push_to,
    )
    return await revert(access, asked, identity, directory=place.root / "reverts", rewrites=place.read_rewrites())


async def _data(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    return (await cluster.get(CONFIG_MAP, namespace, name) or {}).get("data") or {}
