"""Orphaned resources: what lives in an application's namespace and belongs to no application.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/orphaned-resources/
"""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.engine.access.project import permits_kind
from holdfast.engine.lang import globs
from holdfast.model.appproject import AppProject, OrphanedResourceKey
from holdfast.model.keys import GroupKind, ObjectKey

SHOWN = 3

# What Kubernetes makes in every namespace by itself.
BUILT_IN = (
    OrphanedResourceKey(kind="ServiceAccount", name="default"),
    OrphanedResourceKey(kind="ConfigMap", name="kube-root-ca.crt"),
)
MADE_BY_CONTROLLERS = frozenset(
    {
        GroupKind("", "Event"),
        GroupKind("events.k8s.io", "Event"),
        GroupKind("", "Endpoints"),
        GroupKind("discovery.k8s.io", "EndpointSlice"),
        GroupKind("coordination.k8s.io", "Lease"),
    }
)
KUBERNETES_SERVICE = ObjectKey("", "Service", "default", "kubernetes")


def are_watched(project: AppProject) -> bool:
    """The project wants a warning; it is on where the settings do not say."""
    settings = project.spec.orphaned_resources
    return settings is not None and settings.warn is not False


def orphans(project: AppProject, unowned: Iterable[ObjectKey]) -> tuple[ObjectKey, ...]:
    """Of the namespaced objects that nobody owns, those that the project neither ignores nor forbids."""
    settings = project.spec.orphaned_resources
    ignored = (*BUILT_IN, *(settings.ignore if settings else ()))
    return tuple(
        key
        for key in sorted(unowned)
        if key.group_kind not in MADE_BY_CONTROLLERS
        and key != KUBERNETES_SERVICE
        and not any(_fits(entry, key) for entry in ignored)
        and permits_kind(project, group_kind=key.group_kind, name=key.name, namespaced=True).allowed
    )


def _fits(entry: OrphanedResourceKey, key: ObjectKey) -> bool:
    """An empty group is the core group; an empty kind or name fits all."""
    return (
        globs.matches(entry.group, key.group)
        and (not entry.kind or globs.matches(entry.kind, key.kind))
        and (not entry.name or globs.matches(entry.name, key.name))
    )


def warning(found: tuple[ObjectKey, ...]) -> str:
    """ "" when there are none."""
    if not found:
        return ""
    names = ", ".join(f"{key.kind}/{key.name}" for key in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    plural = "s" if len(found) > 1 else ""
    return f"Application has {len(found)} orphaned resource{plural}: {names}{more}"
