"""What an application is kept at while the revision that Git names is held off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.engine.flow.application import within_window
from holdfast.engine.status import automation, holding, operation, resources
from holdfast.model.application import Application, SyncPolicyAutomated
from holdfast.model.appproject import AppProject
from holdfast.model.desired import ObjectState
from holdfast.model.names import OperationPhase
from holdfast.model.pinned import Pinned


def kept_at(app: Application, revision: str) -> Pinned | None:
    """The deployment that the rollback made, None where nothing is to be healed. `revision` is what Git names.

    The last operation has to have been that deployment, and a success: after anything else nobody knows what the cluster is
    meant to have.
    """
    policy, last = _automated(app), app.status.operation_state
    if policy is None or not policy.self_heal or not holding.is_held(app, revision) or not app.status.history:
        return None
    entry = app.status.history[-1]
    sources = entry.sources or ((entry.source,) if entry.source is not None else ())
    revisions = entry.revisions or (entry.revision,)
    pinned = Pinned(sources, revisions, several=bool(entry.sources))
    if not sources or not all(revisions) or holding.is_held(app, pinned.text):
        return None
    if last is None or operation.is_in_progress(last) or last.phase != OperationPhase.SUCCEEDED:
        return None
    return pinned if automation.was_attempted(_then(app, pinned), pinned.revision, pinned.listed_revisions) else None


def healing(
    app: Application, pinned: Pinned, states: Sequence[ObjectState], now: datetime, project: AppProject | None
) -> automation.Decision:
    """`states` are those of the comparison with that deployment. Nothing is pruned: a rollback leaves what only the newer
    revision has, unless it is asked to delete it."""
    code = resources.sync_code(states)
    decision = automation.decide(
        _then(app, pinned), states, code, pinned.revision, now, revisions=pinned.listed_revisions
    )
    if isinstance(decision, automation.Hold) or decision.operation.sync is None:
        return decision
    sync = msgspec.structs.replace(decision.operation.sync, source=pinned.source, sources=pinned.listed_sources)
    # A retry that takes the newest commit would take the one that is held off.
    retry = msgspec.structs.replace(decision.operation.retry, refresh=False)
    asked = msgspec.structs.replace(decision.operation, sync=sync, retry=retry)
    return within_window(app, automation.Start(asked), pinned.text, project, now)


def _then(app: Application, pinned: Pinned) -> Application:
    """The application as it would be were that deployment what it asks for."""
    spec = app.spec
    policy, automated = spec.sync_policy, _automated(app)
    if policy is not None and automated is not None:
        policy = msgspec.structs.replace(policy, automated=msgspec.structs.replace(automated, prune=False))
    then = msgspec.structs.replace(spec, source=pinned.source, sources=pinned.listed_sources, sync_policy=policy)
    return msgspec.structs.replace(app, spec=then)


def _automated(app: Application) -> SyncPolicyAutomated | None:
    policy = app.spec.sync_policy
    found = policy.automated if policy is not None else None
    return found if found is not None and found.enabled is not False else None
