"""Takes out of an object what no comparison should look at: the fields that only the server sets."""

from __future__ import annotations

from holdfast.engine.diff import ignoring, known_types
from holdfast.engine.kube import canonical
from holdfast.model.ignoring import CompareSettings, StatusField
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of
from holdfast.model.names import Annotation

DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
SERVERS_OWN = (
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "creationTimestamp"),
    ("metadata", "deletionTimestamp"),
    ("metadata", "deletionGracePeriodSeconds"),
    ("metadata", "selfLink"),
    ("metadata", "uid"),
    ("metadata", "annotations", Annotation.LAST_APPLIED.value),
    ("metadata", "annotations", "deployment.kubernetes.io/revision"),
)


USUAL = CompareSettings()
EVERYTHING = CompareSettings(status=StatusField.COMPARED, aggregated_roles_ignored=False)
"""Nothing is left out but what only the server sets."""


def normalized(obj: KubeObject, settings: CompareSettings = USUAL) -> KubeObject:
    """Without the fields that only the server sets, and what the settings leave out of every object."""
    reduced = canonical.without(obj, *SERVERS_OWN)
    if _ignores_status(obj, settings):
        reduced = canonical.without(reduced, ("status",))
    if settings.aggregated_roles_ignored and reduced.get("kind") == "ClusterRole" and reduced.get("aggregationRule"):
        reduced = canonical.without(reduced, ("rules",))
    kind = group_kind_of(obj)
    for known in settings.known_fields:
        if ignoring.is_meant(known.group, known.kind, kind):
            reduced = known_types.written(reduced, known.fields)
    metadata = reduced.get("metadata")
    if isinstance(metadata, dict) and any(metadata.get(field) == {} for field in ("annotations", "labels")):
        emptied = {
            name: value for name, value in metadata.items() if value != {} or name not in ("annotations", "labels")
        }
        reduced = {**reduced, "metadata": emptied}
    return reduced


def _ignores_status(obj: KubeObject, settings: CompareSettings) -> bool:
    if settings.status is StatusField.IGNORED_IN_DEFINITIONS:
        return group_kind_of(obj) == DEFINITION
    return settings.status is StatusField.IGNORED
