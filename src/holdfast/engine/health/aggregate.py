"""The health of an application: the worst of its objects."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import Annotation

_APPLICATION = GroupKind("argoproj.io", "Application")


class Judged(Struct, frozen=True):
    """One managed object that is no hook. `exists` says that it is on the cluster, `ignored` that it does not count."""

    key: ObjectKey
    report: HealthReport | None
    exists: bool = True
    ignored: bool = False


def is_ignored(obj: KubeObject) -> bool:
    return annotations_of(obj).get(Annotation.IGNORE_HEALTHCHECK) == "true"


def aggregate(objects: Iterable[Judged]) -> HealthReport:
    """`message` names the first object that is as bad as the whole. No object at all is healthy.

    An object that is not on the cluster makes the application out of sync, not ill; only when none is there it is Missing.

    Source: Argo CD, controller/health.go
    """
    worst = HealthReport(Health.HEALTHY)
    some, some_exist = False, False
    for judged in objects:
        some = True
        some_exist = some_exist or judged.exists
        status = _counted(judged)
        if status.is_worse_than(worst.status):
            worst = HealthReport(status, f"Caused by {_place(judged.key)}")
    if some and not some_exist:
        return HealthReport(Health.MISSING)
    return worst


def _counted(judged: Judged) -> Health:
    """What the object adds to the whole."""
    if judged.ignored or not judged.exists or judged.report is None:
        return Health.HEALTHY
    # A child application that is not there yet, or cannot be judged, is its own matter.
    if judged.key.group_kind == _APPLICATION and judged.report.status in (Health.MISSING, Health.UNKNOWN):
        return Health.HEALTHY
    return judged.report.status


def _place(key: ObjectKey) -> str:
    where = f"{key.namespace}/{key.name}" if key.namespace else key.name
    return f"{key.group}/{key.kind}:{where}"
