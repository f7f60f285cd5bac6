"""The annotation by which an application knows its objects: `app:group/kind:namespace/name`.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
"""

from __future__ import annotations

from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation


class TrackingId(Struct, frozen=True):
    """`instance` is the application's name, `namespace_name` when it does not live in the control namespace."""

    instance: str
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.instance}:{self.group}/{self.kind}:{self.namespace}/{self.name}"

    def means(self, key: ObjectKey) -> bool:
        """False for an object that only carries another one's annotation: controllers copy them to what they make.

        Objects without a namespace carry the namespace of their application's destination.
        """
        return (self.group, self.kind, self.name) == (key.group, key.kind, key.name) and key.namespace in (
            "",
            self.namespace,
        )


def instance_name(namespace: str, name: str, control_namespace: str) -> str:
    return name if namespace in ("", control_namespace) else f"{namespace}_{name}"


def parse_instance_name(instance: str, control_namespace: str) -> tuple[str, str]:
    """(namespace, name) of the application."""
    namespace, separator, name = instance.partition("_")
    return (namespace, name) if separator else (control_namespace, instance)


def parse(value: str) -> TrackingId | None:
    """None when the annotation is not of this form."""
    parts = value.split(":", 2)
    if len(parts) != 3:
        return None
    group, slash, kind = parts[1].rpartition("/")
    namespace, second_slash, name = parts[2].partition("/")
    if not slash or not second_slash or not all((parts[0], kind, name)):
        return None
    return TrackingId(parts[0], group, kind, namespace, name)


def owner_instance(key: ObjectKey, annotations: dict[str, str] | None) -> str:
    """The application instance that owns the object, "" when none does."""
    found = parse((annotations or {}).get(Annotation.TRACKING_ID, ""))
    return found.instance if found is not None and found.means(key) else ""


def tracked(obj: KubeObject, instance: str, key: ObjectKey, destination_namespace: str) -> KubeObject:
    """A copy of the manifest that carries the tracking id."""
    found = TrackingId(instance, key.group, key.kind, key.namespace or destination_namespace, key.name)
    return canonical.with_path(obj, str(found), "metadata", "annotations", Annotation.TRACKING_ID.value)
