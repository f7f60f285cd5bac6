"""Whether the sync windows of the project let an operation of an Application through."""

from __future__ import annotations

from datetime import datetime

from holdfast.engine.access import sync_windows
from holdfast.engine.access.sync_windows import Verdict
from holdfast.engine.flow import spec
from holdfast.engine.status import times
from holdfast.model.application import Application, Operation
from holdfast.model.appproject import AppProject
from holdfast.model.names import IN_CLUSTER_NAME, IN_CLUSTER_SERVER


def verdict(
    app: Application, project: AppProject | None, asked: Operation, now: datetime, *, started: str = ""
) -> Verdict:
    """`started` is when the operation began, for one that runs. A dry run changes nothing and is always let through."""
    if project is None or not project.spec.sync_windows or (asked.sync is not None and asked.sync.dry_run):
        return Verdict(True)
    destination = app.spec.destination
    here = spec.is_in_cluster(destination)
    place = sync_windows.Place(
        application=app.metadata.name,
        namespace=destination.namespace,
        server=IN_CLUSTER_SERVER if here else destination.server,
        cluster_name=IN_CLUSTER_NAME if here else destination.name,
    )
    return sync_windows.judge(
        sync_windows.matching(project.spec.sync_windows, place),
        now,
        manual=not asked.initiated_by.automated,
        started=times.parse(started),
    )


def told(found: Verdict) -> str:
    """The reason, and when it passes."""
    when = f"it opens at {times.stamp(found.opens)}" if found.opens is not None else "no opening is in sight"
    return f"{found.because}; {when}"
