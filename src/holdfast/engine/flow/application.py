"""What happens to an Application between the rendered manifests and the plan: the stages in order.

rendered manifests -> desired() -> [the caller asks the server for predictions] -> compared() -> found()
                                                                                        \\-> planned()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from holdfast.engine.access import project as rules
from holdfast.engine.diff import compare, ignoring, pairing
from holdfast.engine.flow import of_rollouts, windows
from holdfast.engine.health import aggregate, judge
from holdfast.engine.plan import hooks, namespaces, options, order, targets, tasks, tracking
from holdfast.engine.plan.machine import LiveState
from holdfast.engine.status import automation, compose, conditions, holding, operation, resources, times
from holdfast.model.application import (
    Application,
    ApplicationCondition,
    OperationState,
    SyncOperation,
)
from holdfast.model.appproject import AppProject
from holdfast.model.desired import ObjectState, Prediction, Targets
from holdfast.model.discovery import Discovery
from holdfast.model.health import Health, HealthReport
from holdfast.model.ignoring import CompareSettings, Ignoring, Meant
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, key_of, version_of
from holdfast.model.names import (
    GROUP,
    IN_CLUSTER_NAME,
    IN_CLUSTER_SERVER,
    Annotation,
    ConditionType,
    OperationPhase,
    SyncCode,
)
from holdfast.model.pinned import Pinned

NO_PREDICTIONS: Mapping[ObjectKey, Prediction] = {}


class Live(Struct, frozen=True):
    """The live objects that matter to one application; `owned` are those that carry its tracking id, `owners` says
    which application owns each of the others. `health` is what scripts of argocd-cm say of some."""

    objects: Mapping[ObjectKey, KubeObject] = {}
    owned: frozenset[ObjectKey] = frozenset()
    owners: Mapping[ObjectKey, str] = {}
    health: Mapping[ObjectKey, HealthReport] = {}


def desired(
    app: Application, rendered: Iterable[KubeObject], project: AppProject, discovery: Discovery, control_namespace: str
) -> Targets:
    """The rendered manifests, complete, each once, with what stands against it."""

    def objection(key: ObjectKey, namespaced: bool) -> str:
        answer = rules.permits_object(
            project,
            group_kind=key.group_kind,
            name=key.name,
            namespace=key.namespace,
            namespaced=namespaced,
            server=IN_CLUSTER_SERVER,
            cluster_name=IN_CLUSTER_NAME,
        )
        return "" if answer.allowed else answer.because

    frame = targets.Frame(
        instance=instance_of(app, control_namespace),
        namespace=app.spec.destination.namespace,
        discovery=discovery,
        objection=objection,
        sync_options=sync_options_of(app),
    )
    return targets.target_objects(rendered, frame)


def compared(
    app: Application,
    wanted: Targets,
    live: Live,
    predictions: Mapping[ObjectKey, Prediction],
    ignored: Ignoring | None = None,
) -> tuple[ObjectState, ...]:
    """Every object of the application with its sync status and health; `ignored` is by default what it says itself."""
    ignored = of_rollouts.respected(ignored or ignoring_of(app, CompareSettings()), live.objects.values())
    states = (
        _compared(app, state, predictions.get(state.key, Prediction()), ignored)
        for state in side_by_side(app, wanted, live)
    )
    return tuple(_with_health(state, live) for state in states)


def side_by_side(app: Application, wanted: Targets, live: Live) -> tuple[ObjectState, ...]:
    """The objects of `compared` with neither their sync status nor their health: what a plan needs of them, at a fraction of
    the cost."""
    return tuple(_state(app, pair) for pair in pairing.pair(wanted.objects, live.objects, live.owned - wanted.skipped))


def ignoring_of(
    app: Application, settings: CompareSettings, meant: Mapping[ObjectKey, Meant] | None = None
) -> Ignoring:
    return Ignoring(settings, (*of_rollouts.SERVICES, *settings.rules, *app.spec.ignore_differences), meant or {})


def manner_of(app: Application, obj: KubeObject) -> compare.Manner:
    """How an object is compared: what its manifest asks for goes before what the application does."""
    said = [
        annotations.get(Annotation.COMPARE_OPTIONS) for annotations in (annotations_of(obj), app.metadata.annotations)
    ]
    return compare.Manner(
        server_side=options.compared_by("ServerSideDiff", said, default=True),
        webhooks=options.compared_by("IncludeMutationWebhook", said, default=False),
    )


def not_compared(
    app: Application, live: Live, reasons: tuple[ApplicationCondition, ...], control_namespace: str
) -> compose.Findings:
    """What can be said when nobody can tell what should run: what runs is judged all the same."""
    states = tuple(
        _with_health(ObjectState(key=key, version=version_of(live.objects[key]), live=live.objects[key]), live)
        for key in sorted(live.owned)
        if key in live.objects and not hooks.is_hook(live.objects[key])
    )
    return compose.Findings(
        states=states,
        health=_application_health(app, states) if states else HealthReport(Health.UNKNOWN),
        conditions=reasons,
        compared=False,
        control_namespace=control_namespace,
    )


def _state(app: Application, pair: pairing.Pair) -> ObjectState:
    target, live = pair.target, pair.live
    shown = target.obj if target is not None else live or {}
    hook = target is None and hooks.is_hook(shown)
    pruning = target is None and not hook
    return ObjectState(
        key=pair.key,
        version=version_of(shown),
        target=target,
        live=live,
        hook=hook,
        wave=order.wave_of(shown),
        requires_pruning=pruning,
        requires_confirmation=options.needs_confirmation(live or shown, sync_options_of(app)),
        counts=not (pruning and options.ignores_extraneous(shown)),
        problem=target.problem if target is not None else "",
    )


def _compared(app: Application, state: ObjectState, prediction: Prediction, ignored: Ignoring) -> ObjectState:
    target, problem = state.target, state.problem
    if target is not None and not problem and not tasks.is_recreated(target.obj, sync_options_of(app), force=False):
        problem = prediction.refusal
    if state.hook:
        return msgspec.structs.replace(state, problem=problem)
    wanted = target.obj if target is not None else None
    manner = manner_of(app, wanted or state.live or {})
    found = compare.compare(wanted, state.live, prediction.obj, ignored, manner)
    return msgspec.structs.replace(state, comparison=found, problem=problem)


def _with_health(state: ObjectState, live: Live) -> ObjectState:
    if state.hook:
        return state
    report = HealthReport(Health.MISSING) if state.live is None else _judged(live, state.key)
    return msgspec.structs.replace(state, health=report)


def _judged(live: Live, key: ObjectKey) -> HealthReport | None:
    """What a script of argocd-cm says of the object goes before our own checks."""
    return live.health.get(key) or judge.judge(live.objects[key])


def _application_health(app: Application, states: Iterable[ObjectState]) -> HealthReport:
    """An application that manages itself is not as ill as it says it is."""
    itself = ObjectKey(GROUP, "Application", app.metadata.namespace, app.metadata.name)
    return aggregate.aggregate(
        aggregate.Judged(
            state.key,
            state.health,
            exists=state.live is not None,
            ignored=state.live is not None and aggregate.is_ignored(state.live),
        )
        for state in states
        if not state.hook and state.key != itself
    )


def found(
    app: Application,
    states: tuple[ObjectState, ...],
    wanted: Targets,
    live: Live,
    *,
    pinned: Pinned,
    source_types: tuple[str, ...],
    control_namespace: str,
) -> compose.Findings:
    """What a whole comparison says about the application."""
    instance = instance_of(app, control_namespace)
    return compose.Findings(
        states=states,
        health=_application_health(app, states),
        conditions=(
            *wanted.conditions,
            *targets.shared_resource_conditions(wanted.objects, lambda key: live.owners.get(key, ""), instance),
            *_cannot_be_applied(states),
        ),
        revision=pinned.revision,
        revisions=pinned.listed_revisions,
        source_type="" if pinned.several else source_types[0],
        source_types=source_types if pinned.several else (),
        control_namespace=control_namespace,
    )


def _cannot_be_applied(states: Iterable[ObjectState]) -> tuple[ApplicationCondition, ...]:
    bad = [f"{state.key}: {state.problem}" for state in states if state.problem]
    if not bad:
        return ()
    more = f" (and {len(bad) - 3} more)" if len(bad) > 3 else ""
    return (conditions.condition(ConditionType.SYNC_ERROR, "; ".join(bad[:3]) + more),)


def automatic(
    app: Application, findings: compose.Findings, now: datetime, project: AppProject | None
) -> automation.Decision:
    revision = findings.shown_revision
    if holding.is_held(app, revision):
        return automation.Hold("the revision is held off", condition=holding.condition(app, revision))
    decision = automation.decide(
        app, findings.states, _code(findings), findings.revision, now, revisions=findings.revisions
    )
    return decision if isinstance(decision, automation.Hold) else within_window(app, decision, revision, project, now)


def within_window(
    app: Application, decision: automation.Start, revision: str, project: AppProject | None, now: datetime
) -> automation.Decision:
    verdict = windows.verdict(app, project, decision.operation, now)
    if verdict.allowed:
        return decision
    message = f"Automated sync to {revision} waits for a sync window: {windows.told(verdict)}"
    return automation.Hold(
        message,
        after=verdict.opens - now if verdict.opens is not None else None,
        condition=conditions.condition(ConditionType.SYNC_WINDOW_WARNING, message),
    )


def newer_commit(app: Application, findings: compose.Findings, now: datetime, project: AppProject | None) -> str:
    """The commit for which the running automated sync would have to make room, "" when there is none: it is another
    one, and it would be synced if nothing ran, or is what the cluster has already."""
    state = app.status.operation_state
    if state is None or state.phase != OperationPhase.RUNNING or not state.operation.initiated_by.automated:
        return ""
    if not findings.compared or automation.was_attempted(app, findings.revision, findings.revisions):
        return ""
    if holding.is_held(app, findings.shown_revision):
        return ""
    if _code(findings) is SyncCode.SYNCED:
        return findings.shown_revision
    idle = msgspec.structs.replace(
        app,
        status=msgspec.structs.replace(
            app.status, operation_state=msgspec.structs.replace(state, phase=OperationPhase.FAILED)
        ),
    )
    return findings.shown_revision if isinstance(automatic(idle, findings, now, project), automation.Start) else ""


def _code(findings: compose.Findings) -> SyncCode:
    return resources.sync_code(findings.states) if findings.compared else SyncCode.UNKNOWN


def planned(
    app: Application,
    state: OperationState,
    wanted: Targets,
    live: Live,
    states: tuple[ObjectState, ...],
    predictions: Mapping[ObjectKey, Prediction],
    control_namespace: str,
    ignored: Ignoring | None = None,
) -> tasks.SyncPlan:
    """The plan of the running operation; the same inputs give the same plan after a restart. `states` may be those of
    `side_by_side`."""
    sync = state.operation.sync or SyncOperation()
    chosen = sync_options_of(app, sync)
    strategy = (sync.sync_strategy.apply or sync.sync_strategy.hook) if sync.sync_strategy else None
    out_of_sync = None
    if "ApplyOutOfSyncOnly=true" in chosen:
        compared_now = compared(app, wanted, live, predictions, ignored)
        out_of_sync = frozenset(one.key for one in compared_now if _is_out_of_sync(one)) | _recorded(state)
    namespace = app.spec.destination.namespace
    return tasks.build(
        tasks.PlanRequest(
            targets=_respecting(
                wanted,
                live,
                (ignored or ignoring_of(app, CompareSettings()))
                if "RespectIgnoreDifferences=true" in chosen
                else Ignoring(rules=of_rollouts.SERVICES),
            ),
            extraneous=tuple(one.live for one in states if one.requires_pruning and one.live is not None),
            predictions=predictions,
            revision=_hook_revision(state),
            started=times.parse(state.started_at) or datetime.fromtimestamp(0, UTC),
            operation=operation.attempt_of(state),
            namespace=namespaces.namespace_object(
                app.spec.sync_policy, namespace, exists=ObjectKey("", "Namespace", "", namespace) in live.objects
            ),
            sync_options=chosen,
            prune=sync.prune,
            force=strategy is not None and strategy.force,
            resources=sync.resources,
            out_of_sync=out_of_sync,
            shared={key: owner for key, owner in live.owners.items() if owner != instance_of(app, control_namespace)},
            confirmed=is_approved_since(app, state.started_at),
        )
    )


def _is_out_of_sync(state: ObjectState) -> bool:
    return state.comparison is None or state.comparison.status is not SyncCode.SYNCED


def _recorded(state: OperationState) -> frozenset[ObjectKey]:
    """What the operation has done something about."""
    done = state.sync_result.resources if state.sync_result else ()
    return frozenset(ObjectKey(one.group, one.kind, one.namespace, one.name) for one in done)


def _hook_revision(state: OperationState) -> str:
    """Where names are made of the revision, that of the first source stands for all."""
    result = state.sync_result
    return (result.revision or next(iter(result.revisions), "")) if result is not None else ""


def live_states(live: Live) -> dict[ObjectKey, LiveState]:
    return {key: LiveState(obj, _judged(live, key)) for key, obj in live.objects.items()}


def hook_keys(plan: tasks.SyncPlan) -> tuple[ObjectKey, ...]:
    return tuple(key_of(task.obj) for task in plan.tasks if task.hook)


def sync_options_of(app: Application, sync: SyncOperation | None = None) -> tuple[str, ...]:
    """What the operation says goes before what the application says."""
    policy = app.spec.sync_policy
    own = policy.sync_options if policy else ()
    named = {option.partition("=")[0] for option in sync.sync_options} if sync else set()
    return (*(option for option in own if option.partition("=")[0] not in named), *(sync.sync_options if sync else ()))


def instance_of(app: Application, control_namespace: str) -> str:
    return tracking.instance_name(app.metadata.namespace, app.metadata.name, control_namespace)


def _respecting(wanted: Targets, live: Live, ignored: Ignoring) -> Targets:
    """The targets with the live values where differences are ignored, so that a sync leaves them alone."""
    objects = []
    for target in wanted.objects:
        present = live.objects.get(target.key)
        rules_here = ignoring.rules_for(target.key, ignored.rules)
        if present is not None:
            kept = of_rollouts.without_strategy(target.obj, present)
            if rules_here:
                meant = ignored.meant.get(target.key, Meant())
                kept = ignoring.with_live_values(
                    kept, present, rules_here, meant=meant.desired, meant_in_live=meant.live
                )
            if kept is not target.obj:
                target = msgspec.structs.replace(target, obj=kept)
        objects.append(target)
    return msgspec.structs.replace(wanted, objects=tuple(objects))


def is_approved_since(app: Application, began: str | None) -> bool:
    """A person has approved deletions after the sync, or the deletion of the application, began."""
    approved = times.parse(app.metadata.annotations.get(Annotation.DELETION_APPROVED))
    since = times.parse(began)
    return approved is not None and since is not None and approved >= since
