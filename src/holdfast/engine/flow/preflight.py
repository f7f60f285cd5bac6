"""What a sync has to be allowed to do, and its plan with all that stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from holdfast.engine.plan import hooks, options
from holdfast.engine.plan.results import ResultKey, result_key
from holdfast.engine.plan.tasks import Action, SyncPlan, SyncTask
from holdfast.engine.preflight import permissions, quota, refusals
from holdfast.engine.preflight.permissions import Access
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, kind_of, name_of
from holdfast.model.resource_types import NAMESPACE

Live = Mapping[ObjectKey, KubeObject]


def accesses(plan: SyncPlan, live: Live, sync_options: tuple[str, ...], *, force: bool) -> dict[ResultKey, set[Access]]:
    """What each task needs. Those that fail anyway, are left out, or are of a kind that is yet to come need nothing."""
    return {
        result_key(task): {
            permissions.access(task.resource, verb, task.key.namespace, task.key.name)
            for verb in _verbs(task, live.get(task.key), sync_options, force=force)
        }
        for task in plan.tasks
        if task.resource is not None and not task.problem and not task.skip
    }


def _verbs(task: SyncTask, live: KubeObject | None, sync_options: tuple[str, ...], *, force: bool) -> Iterable[str]:
    if task.action is Action.PRUNE:
        return ("delete",)
    if task.hook:
        stays = hooks.delete_policies_of(task.obj) == (hooks.DeletePolicy.BEFORE_HOOK_CREATION,) and live is None
        return ("create",) if stays else ("create", "delete")
    if options.chosen("Replace", sync_options, task.obj):
        first = "update" if live is not None else "create"
        return (first,) if not force else (first, "delete", "create")
    return ("patch",) if live is not None else ("patch", "create")


def growth(plan: SyncPlan, live: Live) -> dict[str, tuple[tuple[ResultKey, quota.Change], ...]]:
    """What the sync makes more or less of, for each namespace in which it makes more of something."""
    changes: dict[str, list[tuple[ResultKey, quota.Change]]] = {}
    for task in plan.tasks:
        if not task.key.namespace or task.hook or task.skip or task.problem or options.has(task.obj, "Validate=false"):
            continue
        pruned = task.action is Action.PRUNE
        plural = task.resource.plural if task.resource is not None else ""
        change = quota.Change(live.get(task.key), None if pruned else task.obj, plural)
        changes.setdefault(task.key.namespace, []).append((result_key(task), change))
    return {namespace: tuple(found) for namespace, found in changes.items()}


def missing_namespaces(plan: SyncPlan, exists: Mapping[str, bool]) -> dict[ResultKey, str]:
    """Objects for namespaces that neither exist nor are made by this sync."""
    made = {name_of(task.obj) for task in plan.tasks if kind_of(task.obj) == NAMESPACE.kind}
    return {
        result_key(task): refusals.missing_namespace(task.key.namespace).told
        for task in plan.tasks
        if task.action is Action.APPLY and task.key.namespace not in made and not exists.get(task.key.namespace, True)
    }


def objected(plan: SyncPlan, problems: Mapping[ResultKey, str]) -> SyncPlan:
    """The plan with what was found; what was wrong before stays said."""
    if not problems:
        return plan
    return msgspec.structs.replace(
        plan,
        tasks=tuple(
            msgspec.structs.replace(task, problem=task.problem or problems.get(result_key(task), ""))
            for task in plan.tasks
        ),
    )
