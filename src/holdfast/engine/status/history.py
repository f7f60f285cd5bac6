"""The record of what was deployed, as `status.history` keeps it."""

from __future__ import annotations

from holdfast.model.application import Application, OperationState, RevisionHistory

DEFAULT_LIMIT = 10


def with_deployment(app: Application, state: OperationState) -> tuple[RevisionHistory, ...]:
    """The history with one more entry; the oldest ones make room. Ids only grow."""
    history = app.status.history
    limit = app.spec.revision_history_limit
    result = state.sync_result
    if result is None:
        return history
    entry = RevisionHistory(
        id=max((known.id for known in history), default=-1) + 1,
        revision=result.revision,
        source=result.source,
        revisions=result.revisions,
        sources=result.sources,
        deployed_at=state.finished_at or "",
        deploy_started_at=state.started_at,
        initiated_by=state.operation.initiated_by,
    )
    kept = DEFAULT_LIMIT if limit is None else max(0, limit)
    return (*history, entry)[-kept:] if kept else ()


def is_recorded(state: OperationState) -> bool:
    """Only a sync of everything that really happened is a deployment."""
    sync = state.operation.sync
    return state.phase == "Succeeded" and sync is not None and not sync.dry_run and not sync.resources
