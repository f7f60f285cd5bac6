"""Makes the new status of an application of the old one and of what was found."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from holdfast.engine.status import conditions, resources
from holdfast.model.application import (
    Application,
    ApplicationCondition,
    ApplicationStatus,
    ComparedTo,
    HealthStatus,
    SyncStatus,
)
from holdfast.model.desired import ObjectState
from holdfast.model.health import HealthReport
from holdfast.model.names import SyncCode


class Findings(Struct, frozen=True):
    """`compared` is False when the desired objects could not be had; `revision` is then what was last tried, or "".
    Applications with several sources have `revisions` and `source_types` instead of `revision` and `source_type`."""

    states: tuple[ObjectState, ...]
    health: HealthReport
    conditions: tuple[ApplicationCondition, ...] = ()
    compared: bool = True
    revision: str = ""
    source_type: str = ""
    revisions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    control_namespace: str = ""

    @property
    def shown_revision(self) -> str:
        """For people, and to know it again."""
        return self.revision or ", ".join(self.revisions)


def new_status(app: Application, found: Findings, now: str, *, refreshed: bool = False) -> ApplicationStatus:
    """Everything but operationState and history. `reconciledAt` moves only together with something else, and when
    somebody asked for a refresh."""
    before = app.status
    after = msgspec.structs.replace(
        before,
        resources=tuple(map(resources.status_of, sorted(found.states, key=lambda state: state.key))),
        sync=_sync(app, found),
        health=_health(before.health, found.health, now),
        conditions=conditions.merged(before.conditions, found.conditions, now),
        source_type=found.source_type or ("" if app.spec.sources else before.source_type),
        source_types=found.source_types or (before.source_types if app.spec.sources else ()),
        summary=resources.summary_of(found.states),
        controller_namespace=found.control_namespace or before.controller_namespace,
    )
    if after == before and not refreshed:
        return before
    return msgspec.structs.replace(after, reconciled_at=now)


def _sync(app: Application, found: Findings) -> SyncStatus:
    spec = app.spec
    code = resources.sync_code(found.states) if found.compared else SyncCode.UNKNOWN
    known = app.status.sync if not found.compared else SyncStatus()
    return SyncStatus(
        status=code,
        compared_to=ComparedTo(
            source=spec.source if not spec.sources else None,
            destination=spec.destination,
            sources=spec.sources,
            ignore_differences=spec.ignore_differences,
        ),
        revision=found.revision or (known.revision if not spec.sources else ""),
        revisions=found.revisions or (known.revisions if spec.sources else ()),
    )


def _health(before: HealthStatus, report: HealthReport, now: str) -> HealthStatus:
    since = before.last_transition_time if before.status == report.status else now
    return HealthStatus(status=report.status, message=report.message, last_transition_time=since or now)
