"""What an AppProject allows its Applications: sources, destinations, kinds and namespaces.

Lists name what is allowed; an entry with a leading "!" denies what fits the rest, whatever else allows it.
Source: Argo CD, docs/user-guide/projects.md
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from holdfast.engine.access.repository_urls import normalized_url, shown_url
from holdfast.engine.lang import globs
from holdfast.model.access import Answer
from holdfast.model.appproject import (
    AppProject,
    ClusterResourceRestriction,
    NamespaceResourceRestriction,
    ProjectDestination,
)
from holdfast.model.keys import GroupKind

_KindPattern: TypeAlias = ClusterResourceRestriction | NamespaceResourceRestriction


def permits_source(project: AppProject, url: str) -> Answer:
    """A `*` in a pattern stops at "/"; a lone `*` fits every repository."""
    wanted = normalized_url(url)
    allowed_by = ""
    for entry in project.spec.source_repos:
        pattern = normalized_url(entry.removeprefix("!"))
        if not _fits(pattern, wanted, separators="/"):
            continue
        if entry.startswith("!"):
            return Answer(False, f"sourceRepos of project {project.metadata.name} denies {shown_url(url)} by {entry}")
        allowed_by = allowed_by or entry
    if allowed_by:
        return Answer(True, f"sourceRepos holds {allowed_by}")
    return Answer(False, f"sourceRepos of project {project.metadata.name} does not allow {shown_url(url)}")


def permits_destination(
    project: AppProject, *, server: str, name: str = "", namespace: str = "", cluster_project: str = ""
) -> Answer:
    """`server` and `name` are the two names of one cluster; `cluster_project` is the project that owns it, if any."""
    place = f"namespace {namespace!r} of cluster {server or name}"
    allowed = False
    for entry in project.spec.destinations:
        verdict = _destination_verdict(entry, server, name, namespace)
        if verdict is False:
            shown = "/".join(filter(None, (entry.server, entry.name, entry.namespace)))
            return Answer(False, f"destinations of project {project.metadata.name} deny {place} by {shown}")
        allowed = allowed or verdict is True
    if not allowed:
        return Answer(False, f"destinations of project {project.metadata.name} do not allow {place}")
    if project.spec.permit_only_project_scoped_clusters and cluster_project != project.metadata.name:
        return Answer(
            False, f"project {project.metadata.name} allows only its own clusters, and {server or name} is none of them"
        )
    return Answer(True, f"destinations allow {place}")


def permits_object(
    project: AppProject,
    *,
    group_kind: GroupKind,
    name: str,
    namespace: str,
    namespaced: bool,
    server: str,
    cluster_name: str = "",
    cluster_project: str = "",
) -> Answer:
    """Whether an Application of the project may have this object: its kind, and its namespace on this cluster."""
    kind = permits_kind(project, group_kind=group_kind, name=name, namespaced=namespaced)
    if not kind.allowed or not namespaced:
        return kind
    return permits_destination(
        project, server=server, name=cluster_name, namespace=namespace, cluster_project=cluster_project
    )


def permits_kind(project: AppProject, *, group_kind: GroupKind, name: str, namespaced: bool) -> Answer:
    """Cluster-scoped kinds are denied unless listed; namespaced kinds are allowed unless the lists say otherwise."""
    spec = project.spec
    if namespaced:
        if _listed(spec.namespace_resource_blacklist or (), group_kind, name):
            return Answer(False, f"namespaceResourceBlacklist of project {project.metadata.name} holds {group_kind}")
        whitelist = spec.namespace_resource_whitelist
        if whitelist is not None and not _listed(whitelist, group_kind, name):
            return Answer(False, f"namespaceResourceWhitelist of project {project.metadata.name} lacks {group_kind}")
        return Answer(True, f"namespaced kind {group_kind} is allowed")
    if _listed(spec.cluster_resource_blacklist, group_kind, name):
        return Answer(False, f"clusterResourceBlacklist of project {project.metadata.name} holds {group_kind} {name}")
    if not _listed(spec.cluster_resource_whitelist, group_kind, name):
        return Answer(False, f"clusterResourceWhitelist of project {project.metadata.name} lacks {group_kind} {name}")
    return Answer(True, f"clusterResourceWhitelist holds {group_kind}")


def permits_application_namespace(project: AppProject, namespace: str, controller_namespace: str) -> Answer:
    """Whether an Application of the project may live in `namespace`."""
    if namespace in ("", controller_namespace):
        return Answer(True, "it lives beside its project")
    for pattern in project.spec.source_namespaces:
        if globs.matches(pattern, namespace):
            return Answer(True, f"sourceNamespaces holds {pattern}")
    return Answer(False, f"sourceNamespaces of project {project.metadata.name} lacks {namespace}")


def _destination_verdict(entry: ProjectDestination, server: str, name: str, namespace: str) -> bool | None:
    """True allows, False denies whatever the other entries say, None says nothing."""
    on_server = bool(server) and _fits_or_avoids(entry.server, server)
    on_name = bool(name) and _fits_or_avoids(entry.name, name)
    in_namespace = _fits_or_avoids(entry.namespace, namespace)
    if (on_server or on_name) and in_namespace:
        return True
    cluster_denied = (entry.server.startswith("!") and not on_server) or (entry.name.startswith("!") and not on_name)
    if cluster_denied and in_namespace:
        return False
    if (on_server or on_name) and entry.namespace.startswith("!"):
        return False
    return None


def _fits_or_avoids(pattern: str, text: str) -> bool:
    """With a leading "!": whether `text` does not fit the rest."""
    if pattern.startswith("!"):
        return not _fits(pattern[1:], text)
    return _fits(pattern, text)


def _fits(pattern: str, text: str, separators: str = "") -> bool:
    return pattern == "*" or globs.matches(pattern, text, separators)


def _listed(patterns: Iterable[_KindPattern], group_kind: GroupKind, name: str) -> bool:
    return any(_covers(pattern, group_kind, name) for pattern in patterns)


def _covers(pattern: _KindPattern, group_kind: GroupKind, name: str) -> bool:
    if not _fits(pattern.group, group_kind.group) or not _fits(pattern.kind, group_kind.kind):
        return False
    named = pattern.name if isinstance(pattern, ClusterResourceRestriction) else ""
    return not named or _fits(named, name)
