"""What a running sync does next, told from its plan, its recorded results and the live objects alone.

Nothing else is remembered, so a sync goes on wherever it was killed. The caller records the results of a step before it
acts on the step, and hooks are recorded before they are created.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.plan import hooks, results
from holdfast.engine.plan.hooks import DeletePolicy
from holdfast.engine.plan.results import ResultKey, Results
from holdfast.engine.plan.tasks import Action, SyncPlan, SyncTask
from holdfast.model.application import ResourceResult
from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, uid_of
from holdfast.model.names import HookPhase, OperationPhase

MOST_PROBLEMS = 10
"""So many are told in the message; the results of the resources tell them all."""


CONFIRMATION_AWAITED = "waiting for pruning confirmation of"
DEFINITION_AWAITED = "waiting until the cluster serves the kind of"


class LiveState(Struct, frozen=True):
    """`abandoned` is a hook that another application has left behind, and that nobody waits for."""

    obj: KubeObject
    health: HealthReport | None = None
    abandoned: bool = False


class Apply(Struct, frozen=True):
    """Do these tasks; those of a group may run at once as far as `SyncTask.sort_key` says."""

    tasks: tuple[SyncTask, ...]


class Remove(Struct, frozen=True):
    """Delete these hooks: what is left of an earlier sync, or what its policy does not let stay."""

    objects: tuple[KubeObject, ...]


class Wait(Struct, frozen=True):
    message: str


class Finished(Struct, frozen=True):
    phase: OperationPhase
    message: str


Next: TypeAlias = Apply | Remove | Wait | Finished
States: TypeAlias = Mapping[ObjectKey, LiveState]


class Step(Struct, frozen=True):
    """`results` is the whole record as it now is."""

    next: Next
    results: dict[ResultKey, ResourceResult]


def next_step(plan: SyncPlan, recorded: Results, states: States) -> Step:
    known = _settled(plan, recorded, states)
    if not recorded and any(task.problem for task in plan.tasks):
        return _invalid(plan, known)
    finished_hooks = _to_clean_up(plan, known, states)
    if finished_hooks:
        return Step(Remove(finished_hooks), known)
    ordinary = [task for task in plan.tasks if task.phase is not HookPhase.SYNC_FAIL]
    following = _first_unfinished(plan, ordinary, known, states)
    failures = results.failures_of(known.values(), apart_from=HookPhase.SYNC_FAIL)
    if following is None and not failures:
        return Step(Finished(OperationPhase.SUCCEEDED, "successfully synced (all tasks run)"), known)
    if following is not None and (not failures or _waits_for_hook(following, plan, known)):
        return Step(following, known)
    last_resort = [task for task in plan.tasks if task.phase is HookPhase.SYNC_FAIL]
    return Step(_first_unfinished(plan, last_resort, known, states) or _failed(failures), known)


def _first_unfinished(plan: SyncPlan, tasks: Sequence[SyncTask], known: Results, states: States) -> Next | None:
    """What the first group that is not through needs; None when all are through."""
    groups = [list(members) for _, members in groupby(tasks, key=lambda task: task.rank)]
    for number, group in enumerate(groups):
        needed = _group_needs(plan, group, known, states, last=number == len(groups) - 1)
        if needed is not None:
            return needed
    return None


def _group_needs(plan: SyncPlan, group: list[SyncTask], known: Results, states: States, *, last: bool) -> Next | None:
    pending = [task for task in group if _is_pending(task, known, states)]
    leftovers = tuple(states[task.key].obj for task in pending if _is_leftover(task, states))
    fresh = tuple(obj for obj in leftovers if not is_being_deleted(obj))
    if fresh:
        return Remove(fresh)
    ready = tuple(task for task in pending if _is_ready(task, plan, states))
    if ready:
        return Apply(ready)
    if pending:
        return Wait(_pending_message(pending, plan.confirmation))
    running = [task for task in group if _holds_up(task, plan, known, last=last)]
    return Wait(_waiting_message(running)) if running else None


def _is_own(task: SyncTask, states: States) -> bool:
    """The live object is the hook that this operation made for this phase."""
    state = states.get(task.key)
    return state is not None and hooks.is_same_run(state.obj, task.obj)


def _is_pending(task: SyncTask, known: Results, states: States) -> bool:
    """Not done yet, or a hook whose creation was only intended."""
    result = known.get(results.result_key(task))
    if result is None:
        return True
    intended = task.hook and results.is_running(result) and result.message == results.CREATING
    return intended and not _is_own(task, states)


def _is_leftover(task: SyncTask, states: States) -> bool:
    """A hook of an earlier operation stands where this one goes."""
    state = states.get(task.key)
    return task.hook and state is not None and not _is_own(task, states) and gives_way(state, task.obj)


def gives_way(state: LiveState, hook: KubeObject) -> bool:
    """What an earlier operation of the same application left, or another application for good, is to go before the hook
    is made."""
    if hooks.other_owner(state.obj, hook):
        return state.abandoned
    replaced = DeletePolicy.BEFORE_HOOK_CREATION in hooks.delete_policies_of(hook)
    return replaced or is_being_deleted(state.obj) or _is_spent(state)


def _is_spent(state: LiveState) -> bool:
    """It failed, and a sync is not judged by the failure of an earlier one; or its policy wants it gone since a success
    that its own operation, broken off before, did not see."""
    status = state.health.status if state.health is not None else Health.HEALTHY
    if status is Health.HEALTHY:
        return DeletePolicy.HOOK_SUCCEEDED in hooks.delete_policies_of(state.obj)
    return status is Health.DEGRADED


def _is_ready(task: SyncTask, plan: SyncPlan, states: States) -> bool:
    """A kind that this sync itself defines, or that is expected to come, may take a moment to be served."""
    if _is_leftover(task, states):
        return False
    if task.unconfirmed:
        return False
    if task.action is Action.PRUNE or task.resource is not None or task.problem:
        return True
    return not task.waits_for_definition


def _holds_up(task: SyncTask, plan: SyncPlan, known: Results, *, last: bool) -> bool:
    """It still runs, and what comes after has to wait for it."""
    if not results.is_running(known[results.result_key(task)]):
        return False
    if task.hook or _is_early_definition(task):
        return True
    if task.action is Action.PRUNE:
        return not last
    return plan.waits_for_health or (plan.prune_last and not last)


def _is_early_definition(task: SyncTask) -> bool:
    """A definition that was put before the other objects of its wave, since some of them need it."""
    return task.action is Action.APPLY and task.phase is HookPhase.SYNC and task.rank[3] == 0


def _settled(plan: SyncPlan, recorded: Results, states: States) -> dict[ResultKey, ResourceResult]:
    """The record, with what the live objects tell about those that were running."""
    known = dict(recorded)
    for task in plan.tasks:
        key = results.result_key(task)
        result = known.get(key)
        if result is None or results.has_failed(result):
            continue
        if _is_gone(task, result, plan, states):
            del known[key]
        elif results.is_running(result):
            known[key] = _settle(task, result, plan, states)
    return known


def _is_gone(task: SyncTask, result: ResourceResult, plan: SyncPlan, states: States) -> bool:
    """Somebody took away what was applied, before it was healthy or while others still need it as the definition of
    their kind: waiting would not bring it back, applying does."""
    if task.hook or task.action is Action.PRUNE or task.key in states:
        return False
    return _is_early_definition(task) or (results.is_running(result) and _is_judged(task, plan))


def _is_judged(task: SyncTask, plan: SyncPlan) -> bool:
    """The health of the object matters to what comes after."""
    return plan.waits_for_health or plan.prune_last or _is_early_definition(task)


def _settle(task: SyncTask, result: ResourceResult, plan: SyncPlan, states: States) -> ResourceResult:
    state = states.get(task.key)
    if task.action is Action.PRUNE:
        gone = state is None or uid_of(state.obj) != uid_of(task.obj)
        return results.judged(result, None) if gone else result
    if task.hook:
        if state is not None and _is_own(task, states):
            return results.judged(result, state.health)
        if result.message == results.CREATING:
            return result
        fate = "was deleted" if state is None else "was replaced by another of its name"
        return results.refused(task, f"the hook {fate} before its end was seen")
    if state is None or not _is_judged(task, plan):
        return result
    return results.judged(result, state.health)


def _to_clean_up(plan: SyncPlan, known: Results, states: States) -> tuple[KubeObject, ...]:
    """The hooks that have ended and whose policy wants them gone."""
    found = []
    for task in plan.tasks:
        result = known.get(results.result_key(task))
        state = states.get(task.key)
        if not task.hook or result is None or state is None or is_being_deleted(state.obj):
            continue
        if not _is_own(task, states) or results.is_running(result):
            continue
        wanted = DeletePolicy.HOOK_FAILED if results.has_failed(result) else DeletePolicy.HOOK_SUCCEEDED
        if wanted in hooks.delete_policies_of(task.obj):
            found.append(state.obj)
    return tuple(found)


def without_definitions(plan: SyncPlan, waited: str) -> SyncPlan:
    """The plan of a sync that has waited in vain, and how long: objects of kinds that did not come fail."""
    return msgspec.structs.replace(
        plan,
        tasks=tuple(
            msgspec.structs.replace(
                task, problem=f"the cluster does not serve {task.key.group_kind}, which was waited for {waited}"
            )
            if task.waits_for_definition and task.resource is None
            else task
            for task in plan.tasks
        ),
    )


def _invalid(plan: SyncPlan, known: dict[ResultKey, ResourceResult]) -> Step:
    """Nothing is applied when something cannot be."""
    bad = [task for task in plan.tasks if task.problem]
    refusals = {results.result_key(task): results.refused(task, task.problem) for task in bad}
    problems = list(dict.fromkeys(task.problem for task in bad))
    message = f"one or more synchronization tasks are not valid: {'; '.join(problems[:MOST_PROBLEMS])}"
    if len(problems) > MOST_PROBLEMS:
        message += f" (and {len(problems) - MOST_PROBLEMS} more)"
    return Step(Finished(OperationPhase.FAILED, message), {**known, **refusals})


def running_hooks(recorded: Results) -> tuple[ResultKey, ...]:
    """Those whose end the record does not tell."""
    return tuple(key for key, result in recorded.items() if result.hook_type and results.is_running(result))


def termination(recorded: Results, states: States, operation: str, instance: str, message: str) -> Step:
    """Hooks of the attempt `operation` that still run are stopped; objects stay as they are.

    Needs no plan: what cannot be rendered any more can still be stopped.
    """
    keys = running_hooks(recorded)
    left = tuple(
        states[key].obj
        for key, phase in keys
        if key in states
        and hooks.is_of_run(states[key].obj, operation, phase, instance)
        and not is_being_deleted(states[key].obj)
    )
    if left:
        return Step(Remove(left), dict(recorded))
    stopped = {key: results.stopped(recorded[key]) for key in keys}
    return Step(Finished(OperationPhase.FAILED, message), {**recorded, **stopped})


def _failed(failures: list[ResourceResult]) -> Finished:
    message = "one or more synchronization tasks completed unsuccessfully"
    if any(failure.status == "SyncFailed" for failure in failures):
        message = "one or more objects failed to apply"
    return Finished(OperationPhase.FAILED, f"{message}, reason: {failures[0].message}")


def _waits_for_hook(following: Next, plan: SyncPlan, known: Results) -> bool:
    """Hooks that were started are waited for before the sync is called failed."""
    return isinstance(following, Wait) and any(
        task.hook
        and (result := known.get(results.result_key(task))) is not None
        and results.is_running(result)
        and result.message != results.CREATING
        for task in plan.tasks
    )


def _waiting_message(tasks: list[SyncTask]) -> str:
    running_hooks = [task for task in tasks if task.hook]
    if running_hooks:
        return _listed("waiting for completion of hook", running_hooks)
    if any(task.action is Action.PRUNE for task in tasks):
        return _listed("waiting for deletion of", tasks)
    return _listed("waiting for healthy state of", tasks)


def _pending_message(tasks: list[SyncTask], confirmation: str) -> str:
    unconfirmed = [task for task in tasks if task.unconfirmed]
    if unconfirmed:
        asked = _listed(CONFIRMATION_AWAITED, unconfirmed)
        return f"{asked}: {confirmation}" if confirmation else asked
    if any(task.hook for task in tasks):
        return _listed("waiting for the end of an earlier", tasks)
    return _listed(DEFINITION_AWAITED, tasks)


def _listed(what: str, tasks: Iterable[SyncTask]) -> str:
    first, *more = tasks
    place = f"{first.key.group}/{first.key.kind}/{first.key.name}"
    return f"{what} {place}" + (f" and {len(more)} more resources" if more else "")
