"""All that one sync has to do, in its order: the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum

from msgspec import Struct

from holdfast.engine.plan import hooks, options, order, targets
from holdfast.model.application import SyncOperationResource
from holdfast.model.desired import Prediction, Target, Targets
from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, key_of, version_of
from holdfast.model.names import HookPhase
from holdfast.model.resource_types import NAMESPACE


class Action(Enum):
    APPLY = "apply"
    PRUNE = "prune"


class SyncTask(Struct, frozen=True):
    """One object in one phase. `rank` orders the groups: phase, apply before prune, wave, stage.

    `obj` is the manifest to apply, or the live object to prune. `problem` says why it cannot be done, `skip` why it is
    left out. `unconfirmed`: a person has to approve it first. `recreates`: what stands there may be deleted and made anew.
    """

    key: ObjectKey
    version: str
    phase: HookPhase
    action: Action
    obj: KubeObject
    rank: tuple[int, int, int, int]
    resource: ResourceType | None = None
    hook: bool = False
    problem: str = ""
    skip: str = ""
    waits_for_definition: bool = False
    unconfirmed: bool = False
    recreates: bool = False

    @property
    def sort_key(self) -> tuple[tuple[int, int, int, int], int, ObjectKey]:
        kind = order.kind_rank(self.key.kind)
        return self.rank, -kind if self.action is Action.PRUNE else kind, self.key


class SyncPlan(Struct, frozen=True):
    """`tasks` in order. `waits_for_health`: there is more than one step, so each must be healthy before the next.

    `confirmation` says why deletions wait for a person that do not ask for one themselves, and how to confirm.
    """

    tasks: tuple[SyncTask, ...]
    waits_for_health: bool = False
    prune_last: bool = False
    confirmation: str = ""

    def has_wave_after(self, done: Iterable[SyncTask]) -> bool:
        """A later wave of the same phase follows on these tasks; the namespace of the application is no wave."""
        last = max((task.rank for task in done if task.hook or task.phase is HookPhase.SYNC), default=None)
        return last is not None and any(task.rank[:2] == last[:2] and task.rank[2] > last[2] for task in self.tasks)


class PlanRequest(Struct, frozen=True):
    """`operation` names the attempt: hooks carry it. `extraneous` are the live objects that no target wants;
    `out_of_sync` is None when all targets are applied; `shared` says which application owns a target already."""

    targets: Targets
    extraneous: tuple[KubeObject, ...]
    predictions: Mapping[ObjectKey, Prediction]
    revision: str
    started: datetime
    operation: str
    namespace: KubeObject | None = None
    sync_options: tuple[str, ...] = ()
    prune: bool = False
    force: bool = False
    resources: tuple[SyncOperationResource, ...] = ()
    out_of_sync: frozenset[ObjectKey] | None = None
    shared: Mapping[ObjectKey, str] = {}
    confirmed: bool = False


def build(request: PlanRequest) -> SyncPlan:
    tasks = [*_namespace(request), *_applies(request), *_hooks(request), *_prunes(request)]
    tasks.sort(key=lambda task: task.sort_key)
    steps = {task.rank for task in tasks if task.action is Action.APPLY and task.phase is HookPhase.SYNC}
    prune_last = "PruneLast=true" in request.sync_options or any(
        options.has(task.obj, "PruneLast=true") for task in tasks if task.action is Action.PRUNE
    )
    return SyncPlan(
        tasks=tuple(tasks),
        waits_for_health=len(steps) > 1 or any(task.hook for task in tasks),
        prune_last=prune_last,
    )


def _phase_rank(phase: HookPhase) -> int:
    return hooks.SYNC_PHASES.index(phase)


def _namespace(request: PlanRequest) -> list[SyncTask]:
    if request.namespace is None:
        return []
    waves = [order.wave_of(hook.obj) for hook in request.targets.hooks]
    rank = (_phase_rank(HookPhase.PRE_SYNC), 0, min([*waves, 0]) - 1, 0)
    key = key_of(request.namespace)
    return [SyncTask(key, "v1", HookPhase.PRE_SYNC, Action.APPLY, request.namespace, rank, resource=NAMESPACE)]


def _applies(request: PlanRequest) -> list[SyncTask]:
    chosen = [target for target in request.targets.objects if _is_chosen(target.key, request.resources)]
    if request.out_of_sync is not None:
        chosen = [target for target in chosen if target.key in request.out_of_sync]
    missing = {target.key.group_kind for target in chosen if target.waits_for_definition}
    return [_apply(target, request, missing) for target in chosen]


def _apply(target: Target, request: PlanRequest, missing: set[GroupKind]) -> SyncTask:
    stage = 0 if targets.defines(target.obj, missing) else 1
    rank = (_phase_rank(HookPhase.SYNC), 0, order.wave_of(target.obj), stage)
    problem, refusal = target.problem, request.predictions.get(target.key, Prediction()).refusal
    if not problem and not is_recreated(target.obj, request.sync_options, force=request.force):
        problem = refusal
    replaces = options.chosen("Replace", request.sync_options, target.obj)
    other = request.shared.get(target.key)
    if other and "FailOnSharedResource=true" in request.sync_options:
        problem = f"Shared resource found: {target.key.kind}/{target.key.name} is part of application {other}"
    return SyncTask(
        key=target.key,
        version=version_of(target.obj),
        phase=HookPhase.SYNC,
        action=Action.APPLY,
        obj=target.obj,
        rank=rank,
        resource=target.resource,
        problem=problem,
        waits_for_definition=target.waits_for_definition,
        # The server may refuse to replace what it would take as an apply: nobody can tell beforehand.
        recreates=is_forced(target.obj, request.sync_options, force=request.force) and bool(replaces or refusal),
    )


def is_forced(obj: KubeObject, sync_options: Iterable[str], *, force: bool) -> bool:
    return force or options.chosen("Force", sync_options, obj)


def is_recreated(obj: KubeObject, sync_options: Iterable[str], *, force: bool) -> bool:
    """What the server refuses as a change may still be deleted and made anew, or replaced."""
    return force or any(options.chosen(name, sync_options, obj) for name in ("Force", "Replace"))


def _hooks(request: PlanRequest) -> list[SyncTask]:
    """A sync of chosen resources runs no hooks."""
    if request.resources:
        return []
    return [_hook(target, phase, request) for target in request.targets.hooks for phase in hooks.phases_of(target.obj)]


def _hook(target: Target, phase: HookPhase, request: PlanRequest) -> SyncTask:
    obj = hooks.marked(hooks.named(target.obj, request.revision, phase, request.started), request.operation, phase)
    return SyncTask(
        key=key_of(obj),
        version=version_of(obj),
        phase=phase,
        action=Action.APPLY,
        obj=obj,
        rank=(_phase_rank(phase), 0, order.wave_of(obj), 1),
        resource=target.resource,
        hook=True,
        problem=target.problem,
        waits_for_definition=target.waits_for_definition,
    )


def _prunes(request: PlanRequest) -> list[SyncTask]:
    tasks = []
    for live in request.extraneous:
        key = key_of(live)
        if not _is_chosen(key, request.resources):
            continue
        skip = "" if request.prune else "ignored (requires pruning)"
        if options.has(live, "Prune=false") or "Prune=false" in request.sync_options:
            skip = "ignored (no prune)"
        elif options.is_kept_by_helm(live):
            skip = "ignored (helm.sh/resource-policy: keep)"
        asks = not skip and options.needs_confirmation(live, request.sync_options, ("Prune",))
        rank = (_phase_rank(HookPhase.SYNC), 1, -order.wave_of(live), 0)
        tasks.append(
            SyncTask(
                key=key,
                version=version_of(live),
                phase=HookPhase.SYNC,
                action=Action.PRUNE,
                obj=live,
                rank=rank,
                skip=skip,
                unconfirmed=asks and not request.confirmed,
            )
        )
    return tasks


def _is_chosen(key: ObjectKey, resources: tuple[SyncOperationResource, ...]) -> bool:
    return not resources or any(
        (chosen.group, chosen.kind, chosen.name) == (key.group, key.kind, key.name)
        and chosen.namespace in ("", key.namespace)
        for chosen in resources
    )
