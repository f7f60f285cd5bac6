"""What became of each task, in the words and fields of Argo CD's `syncResult.resources`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from holdfast.engine.plan.tasks import Action, SyncTask
from holdfast.model.application import ResourceResult
from holdfast.model.discovery import ResourceType
from holdfast.model.health import Health, HealthReport
from holdfast.model.images import images_of
from holdfast.model.keys import ObjectKey
from holdfast.model.names import HookPhase, OperationPhase, ResultCode

ResultKey: TypeAlias = tuple[ObjectKey, str]
"""An object and the phase in which it was applied."""

Results: TypeAlias = Mapping[ResultKey, ResourceResult]

CREATING = "creating"
"""The message of a hook whose creation was decided, and perhaps has happened."""


def key_of_result(result: ResourceResult) -> ResultKey:
    return ObjectKey(result.group, result.kind, result.namespace, result.name), result.sync_phase


def by_key(results: Iterable[ResourceResult]) -> dict[ResultKey, ResourceResult]:
    return {key_of_result(result): result for result in results}


def result_key(task: SyncTask) -> ResultKey:
    return task.key, task.phase


def of(task: SyncTask, status: ResultCode | str, phase: OperationPhase, message: str) -> ResourceResult:
    return ResourceResult(
        group=task.key.group,
        version=task.version,
        kind=task.key.kind,
        namespace=task.key.namespace,
        name=task.key.name,
        status=status,
        message=message,
        hook_type=task.phase if task.hook else "",
        hook_phase=phase,
        sync_phase=task.phase,
        images=images_of(task.obj) if task.action is Action.APPLY else (),
    )


def intended(task: SyncTask) -> ResourceResult:
    """Recorded before a hook is created, so that nobody creates it a second time."""
    return of(task, "", OperationPhase.RUNNING, CREATING)


def applied(task: SyncTask, verb: str = "serverside-applied") -> ResourceResult:
    """`verb` is what happened: serverside-applied, created, replaced."""
    return of(task, ResultCode.SYNCED, OperationPhase.RUNNING, f"{resource_name(task)} {verb}")


def refused(task: SyncTask, message: str) -> ResourceResult:
    return of(task, ResultCode.SYNC_FAILED, OperationPhase.FAILED, message)


def pruned(task: SyncTask) -> ResourceResult:
    return of(task, ResultCode.PRUNED, OperationPhase.RUNNING, "pruned")


def handed_over(task: SyncTask, owner: str) -> ResourceResult:
    """It was to be pruned, and has become somebody else's meanwhile."""
    return of(task, ResultCode.PRUNE_SKIPPED, OperationPhase.SUCCEEDED, f"kept: it belongs to {owner} by now")


def skipped(task: SyncTask) -> ResourceResult:
    return of(task, ResultCode.PRUNE_SKIPPED, OperationPhase.SUCCEEDED, task.skip)


def rehearsed(task: SyncTask) -> ResourceResult:
    """What a dry run says."""
    if task.problem:
        return refused(task, task.problem)
    if task.skip:
        return skipped(task)
    code = ResultCode.PRUNED if task.action is Action.PRUNE else ResultCode.SYNCED
    message = (
        "pruned (dry run)" if task.action is Action.PRUNE else f"{resource_name(task)} serverside-applied (dry run)"
    )
    return of(task, code, OperationPhase.SUCCEEDED, message)


def judged(result: ResourceResult, health: HealthReport | None) -> ResourceResult:
    """The result of something applied, once its health is known; a kind that has none is healthy."""
    if health is None or health.status is Health.HEALTHY:
        message = health.message if health is not None and result.hook_type and health.message else result.message
        return msgspec.structs.replace(result, hook_phase=OperationPhase.SUCCEEDED, message=message)
    if health.status is Health.DEGRADED or (result.hook_type and health.status is Health.UNKNOWN):
        return msgspec.structs.replace(
            result, hook_phase=OperationPhase.FAILED, message=health.message or result.message
        )
    return result


def stopped(result: ResourceResult) -> ResourceResult:
    """A hook whose operation was terminated before its end."""
    return msgspec.structs.replace(result, hook_phase=OperationPhase.FAILED, message="terminated")


def has_failed(result: ResourceResult) -> bool:
    return result.status == ResultCode.SYNC_FAILED or result.hook_phase in (OperationPhase.FAILED, OperationPhase.ERROR)


def is_running(result: ResourceResult) -> bool:
    return result.hook_phase == OperationPhase.RUNNING and not has_failed(result)


def resource_name(task: SyncTask) -> str:
    """`deployment.apps/web`, as kubectl says it."""
    return named(task.resource, task.key)


def named(resource: ResourceType | None, key: ObjectKey) -> str:
    singular = (resource.singular if resource is not None else "") or key.kind.lower()
    return f"{singular}.{key.group}/{key.name}" if key.group else f"{singular}/{key.name}"


def failures_of(results: Iterable[ResourceResult], *, apart_from: HookPhase | None = None) -> list[ResourceResult]:
    return [result for result in results if has_failed(result) and result.sync_phase != apart_from]
