"""What of a sync belongs into its record, and how two records differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from holdfast.engine.diff import differences, masking
from holdfast.engine.plan import namespaces, results
from holdfast.engine.plan.tasks import Action, SyncPlan
from holdfast.engine.record import drift
from holdfast.engine.status import automation, history, operation
from holdfast.model.application import Application, ApplicationStatus, OperationState, ResourceResult
from holdfast.model.comparison import Difference
from holdfast.model.desired import ObjectState, Targets
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import HookPhase, OperationPhase, ResultCode
from holdfast.model.sync_record import Drift, RecordedManifest


def deserves_record(state: OperationState | None) -> bool:
    """A sync that has ended. A heal that succeeded stands in the ledger as the drift that it healed."""
    if state is None or operation.is_in_progress(state) or state.operation.sync is None:
        return False
    healed = state.operation.sync.auto_heal_attempts_count > 0 and state.phase == OperationPhase.SUCCEEDED
    return not state.operation.sync.dry_run and not healed


def history_id(status: ApplicationStatus) -> int | None:
    """The id in status.history of the operation that has just ended."""
    state = status.operation_state
    if state is None or not history.is_recorded(state) or not status.history:
        return None
    return status.history[-1].id


def manifests(
    app: Application, plan: SyncPlan, wanted: Targets, done: Sequence[ResourceResult]
) -> tuple[RecordedManifest, ...]:
    """Each manifest as it was sent, and beside them those that were left alone."""
    synced = {results.key_of_result(result) for result in done if result.status == ResultCode.SYNCED}
    found = [
        RecordedManifest(object=task.obj, applied=results.result_key(task) in synced)
        for task in plan.tasks
        if task.action is Action.APPLY
    ]
    sent = {key_of(one.object) for one in found} | {one.key for one in wanted.objects}
    # A plan has no place any more for the namespace that its own sync made.
    namespace = namespaces.namespace_object(app.spec.sync_policy, app.spec.destination.namespace, exists=False)
    if namespace is not None and key_of(namespace) not in sent:
        applied = (key_of(namespace), HookPhase.PRE_SYNC.value) in synced
        found.insert(0, RecordedManifest(object=namespace, applied=applied))
    sent = {key_of(one.object) for one in found}
    found += [RecordedManifest(object=one.obj, applied=False) for one in wanted.objects if one.key not in sent]
    return tuple(found)


def drifted(
    app: Application, states: Iterable[ObjectState], revision: str, revisions: tuple[str, ...] = ()
) -> tuple[Drift, ...] | None:
    """What is not as the last sync left it; None when that cannot be said: another revision, or only a part was synced."""
    last = app.status.operation_state
    if last is None or last.phase != OperationPhase.SUCCEEDED or not automation.was_attempted(app, revision, revisions):
        return None
    sync = automation.sync_of(last)
    if sync.resources and not sync.auto_heal_attempts_count:
        return None
    return drift.seen(states)


class ObjectChange(Struct, frozen=True):
    """One object that two records have otherwise; `before` or `after` is None where it is only in one of them."""

    key: ObjectKey
    before: KubeObject | None
    after: KubeObject | None
    differences: tuple[Difference, ...] = ()


def changes(before: Iterable[RecordedManifest], after: Iterable[RecordedManifest]) -> Iterator[ObjectChange]:
    """Sorted by object; what a Secret holds is compared and not shown."""
    had = {key_of(one.object): one.object for one in before}
    has = {key_of(one.object): one.object for one in after}
    for key in sorted({*had, *has}):
        one, other = had.get(key), has.get(key)
        if one is None or other is None:
            yield ObjectChange(key, _masked(one), _masked(other))
            continue
        found = tuple(_difference(one, *part) for part in islice(differences.walk(one, other), differences.LIMIT))
        if found:
            yield ObjectChange(key, _masked(one), _masked(other), found)


def masked(manifest: RecordedManifest) -> RecordedManifest:
    return msgspec.structs.replace(manifest, object=masking.masked(manifest.object))


def _masked(obj: KubeObject | None) -> KubeObject | None:
    return masking.masked(obj) if obj is not None else None


def _difference(obj: KubeObject, path: tuple[Any, ...], before: Any, after: Any) -> Difference:
    if masking.is_secret(obj):
        before, after = masking.masked_pair(path, before, after)
    return Difference(differences.text_of(path), before, after)
