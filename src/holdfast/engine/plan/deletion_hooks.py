"""The hooks around the deletion of an application, and what they do next.

There is no record as a sync has one: what was done is told from the live hooks alone, which carry the mark of this
deletion. They stay until all of their phase have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import TypeAlias

from holdfast.engine.plan import hooks, order, results
from holdfast.engine.plan.hooks import DeletePolicy
from holdfast.engine.plan.machine import Apply, Finished, Remove, States, Wait, gives_way
from holdfast.engine.plan.tasks import Action, SyncTask
from holdfast.model.application import ResourceResult
from holdfast.model.desired import Target, Targets
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, key_of, version_of
from holdfast.model.names import Finalizer, HookPhase, OperationPhase

Next: TypeAlias = Apply | Remove | Wait | Finished

FINALIZERS: Mapping[HookPhase, tuple[Finalizer, Finalizer]] = {
    HookPhase.PRE_DELETE: (Finalizer.PRE_DELETE, Finalizer.PRE_DELETE_CLEANUP),
    HookPhase.POST_DELETE: (Finalizer.POST_DELETE, Finalizer.POST_DELETE_CLEANUP),
}
"""While the first is there the hooks run, while the second is there they are cleared away."""


def finalizers_of(targets: Targets) -> frozenset[str]:
    """Those that an application with these hooks needs, so that it is not gone before they have run."""
    phases = {phase for target in targets.hooks for phase in hooks.types_of(target.obj)}
    return frozenset(name.value for phase, names in FINALIZERS.items() if phase in phases for name in names)


def operation_of(deletion: datetime) -> str:
    return f"deletion-{int(deletion.timestamp())}"


def tasks_of(targets: Targets, phase: HookPhase, revision: str, deletion: datetime) -> tuple[SyncTask, ...]:
    """In the order of their waves."""
    wanted = [target for target in targets.hooks if phase in hooks.types_of(target.obj)]
    return tuple(sorted((_task(target, phase, revision, deletion) for target in wanted), key=lambda it: it.sort_key))


def _task(target: Target, phase: HookPhase, revision: str, deletion: datetime) -> SyncTask:
    obj = hooks.marked(hooks.named(target.obj, revision, phase, deletion), operation_of(deletion), phase)
    return SyncTask(
        key=key_of(obj),
        version=version_of(obj),
        phase=phase,
        action=Action.APPLY,
        obj=obj,
        rank=(0, 0, order.wave_of(obj), 0),
        resource=target.resource,
        hook=True,
        problem=target.problem,
    )


def next_step(tasks: Iterable[SyncTask], states: States) -> Next:
    for _, members in groupby(tasks, key=lambda task: task.rank):
        needed = _wave_needs(list(members), states)
        if needed is not None:
            return needed
    return Finished(OperationPhase.SUCCEEDED, "")


def _wave_needs(wave: list[SyncTask], states: States) -> Next | None:
    own = [task for task in wave if task.key in states and hooks.is_same_run(states[task.key].obj, task.obj)]
    missing = [task for task in wave if task not in own]
    leftovers = tuple(states[task.key].obj for task in missing if _is_leftover(task, states))
    fresh = tuple(obj for obj in leftovers if not is_being_deleted(obj))
    if fresh:
        return Remove(fresh)
    if leftovers:
        return Wait(f"waiting for the end of an earlier hook {key_of(leftovers[0])}")
    if missing:
        return Apply(tuple(missing))
    judged = [(task.key, _judged(task, states)) for task in own]
    for key, result in judged:
        if results.has_failed(result):
            return Finished(OperationPhase.FAILED, f"the {wave[0].phase} hook {key} failed: {result.message}")
    running: list[ObjectKey] = [key for key, result in judged if results.is_running(result)]
    return Wait(f"waiting for completion of the {wave[0].phase} hook {running[0]}") if running else None


def _is_leftover(task: SyncTask, states: States) -> bool:
    """A hook of a sync, or of an earlier deletion, stands where this one goes."""
    state = states.get(task.key)
    return state is not None and gives_way(state, task.obj)


def _judged(task: SyncTask, states: States) -> ResourceResult:
    return results.judged(results.applied(task, "created"), states[task.key].health)


def to_clean_up(
    objects: Iterable[KubeObject], phase: HookPhase, deletion: datetime, instance: str
) -> tuple[KubeObject, ...]:
    """The hooks that have succeeded and whose policy wants them gone."""
    return tuple(
        obj
        for obj in objects
        if hooks.is_of_run(obj, operation_of(deletion), phase, instance)
        and DeletePolicy.HOOK_SUCCEEDED in hooks.delete_policies_of(obj)
        and not is_being_deleted(obj)
    )
