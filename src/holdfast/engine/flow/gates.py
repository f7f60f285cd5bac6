"""Whether a sync of an Application may begin: the gates, asked with what is known of the cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from holdfast.engine.flow import spec
from holdfast.engine.flow.application import is_approved_since
from holdfast.engine.gates import approvals, dependencies, freeze, gate, guard
from holdfast.engine.plan.tasks import Action, SyncPlan, SyncTask
from holdfast.engine.status import automation, compose, conditions, operation, resources, times
from holdfast.model.application import (
    Application,
    ApplicationCondition,
    ApplicationSource,
    Operation,
    OperationInitiator,
    OperationState,
    SyncOperation,
)
from holdfast.model.appproject import AppProject
from holdfast.model.approval import Approval
from holdfast.model.desired import ObjectState
from holdfast.model.freeze import Freeze
from holdfast.model.gate import Hold, HoldKind
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject, metadata_of
from holdfast.model.names import Annotation, ConditionType, OperationInfo, SyncCode

CONDITIONS = {
    HoldKind.FREEZE: ConditionType.SYNC_FROZEN,
    HoldKind.APPROVAL: ConditionType.APPROVAL_REQUIRED,
    HoldKind.DEPENDENCY: ConditionType.DEPENDENCY_WAITING,
    HoldKind.DEPENDENCY_CYCLE: ConditionType.INVALID_SPEC_ERROR,
}
WHAT_A_PERSON_MIGHT_ASK = Operation(sync=SyncOperation())


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the gates look at beside the Application. `applications` holds at least those that it depends on, through
    others as well; `approvals` at least its own; `authors` are the people of the commit in question, where known.
    """

    project: AppProject | None = None
    settings: Mapping[str, str] = {}
    freezes: tuple[Freeze, ...] = ()
    approvals: tuple[Approval, ...] = ()
    applications: Mapping[NamespacedName, Application] = {}
    authors: tuple[str, ...] = ()


def holds(app: Application, around: Surroundings, asked: Operation, revision: str, now: datetime) -> tuple[Hold, ...]:
    """Everything that holds this operation back before its first write; () when it may go. A dry run always may."""
    if asked.sync is not None and asked.sync.dry_run:
        return ()
    return gate.holds(_question(app, around, asked, revision, now))


def freeze_hold(app: Application, around: Surroundings, asked: Operation, now: datetime) -> Hold | None:
    """The one gate that stops a sync in its midst, too."""
    if asked.sync is not None and asked.sync.dry_run:
        return None
    return gate.freeze_hold(_question(app, around, asked, "", now))


def _question(app: Application, around: Surroundings, asked: Operation, revision: str, now: datetime) -> gate.Question:
    sync = asked.sync or SyncOperation()
    manual = not asked.initiated_by.automated
    chosen = bool(sync.revision or sync.source or sync.revisions or sync.sources) and manual
    return gate.Question(
        app=app,
        project=spec.project_of(app),
        revision=revision,
        now=now,
        heals=asked.initiated_by.automated and sync.auto_heal_attempts_count > 0,
        known=was_deployed(app, revision, _sources_of(app, sync)),
        breaks_freeze=manual and bool(info_of(asked, OperationInfo.BREAK_FREEZE)),
        followed="" if chosen else revision,
        freezes=tuple(freeze.Standing(one, times.parse(one.spec.until)) for one in around.freezes),
        requirements=requirements(app, around.project),
        given=around.approvals,
        own=_own(asked, around.authors),
        applications=around.applications,
        comes_after={key: depends_on(other) for key, other in around.applications.items()}
        | {app.metadata.key: depends_on(app)},
    )


def requirements(app: Application, project: AppProject | None) -> tuple[approvals.Requirement, ...]:
    places = [(f"project {project.metadata.name}", project.metadata.annotations)] if project is not None else []
    return approvals.requirements([*places, (f"application {app.metadata.name}", app.metadata.annotations)])


def depends_on(app: Application) -> tuple[NamespacedName, ...]:
    return dependencies.parse(app.metadata.annotations.get(Annotation.DEPENDS_ON), app.metadata.namespace)


def given_for(app: Application, around: Surroundings, state: OperationState) -> list[Approval]:
    """The approvals that the operation rests on, for its record."""
    revision = operation.revision_text(state.sync_result)
    given = approvals.valid(around.approvals, app.metadata.key, revision)
    own = _own(state.operation, around.authors)
    counting = [approvals.counted(wanted, given, own) for wanted in requirements(app, around.project)]
    return [one for one in given if any(one in those for those in counting)]


def notes(state: OperationState) -> tuple[str, ...]:
    """What the record of a sync says of how it passed."""
    why = info_of(state.operation, OperationInfo.BREAK_FREEZE)
    return (f"a freeze was broken: {why}",) if why else ()


def info_of(asked: Operation, name: OperationInfo) -> str:
    return next((entry.value for entry in asked.info if entry.name == name), "").strip()


def _own(asked: Operation, authors: Iterable[str]) -> frozenset[str]:
    starters = (asked.initiated_by.username, info_of(asked, OperationInfo.USER))
    return frozenset(name.lower() for name in (*starters, *authors) if name)


def was_deployed(app: Application, revision: str, sources: tuple[ApplicationSource, ...]) -> bool:
    """A whole sync to this revision of these sources succeeded before; `revision` names those of all of them."""
    wanted = list(map(_parameters, sources))
    return bool(revision) and any(
        (entry.revision or ", ".join(entry.revisions)) == revision
        and list(map(_parameters, entry.sources or ([entry.source] if entry.source else []))) == wanted
        for entry in app.status.history
    )


def _sources_of(app: Application, sync: SyncOperation) -> tuple[ApplicationSource, ...]:
    if sync.sources:
        return sync.sources
    return (sync.source,) if sync.source is not None else spec.sources_of(app)


def _parameters(source: ApplicationSource | None) -> ApplicationSource | None:
    """Without the target revision: a rollback names a commit where the application names a branch."""
    return msgspec.structs.replace(source, target_revision="") if source is not None else None


def gated(
    app: Application, findings: compose.Findings, decision: automation.Decision, around: Surroundings, now: datetime
) -> tuple[automation.Decision, tuple[ApplicationCondition, ...]]:
    """The decision with the gates, and what people should know of them: of what keeps an automated sync, and of what
    would keep one that somebody asks for."""
    asked = decision.operation if isinstance(decision, automation.Start) else WHAT_A_PERSON_MIGHT_ASK
    found = holds(app, around, asked, _revision_of(asked) or findings.shown_revision, now)
    if isinstance(decision, automation.Hold) and not _could_be_synced(app, findings):
        found = tuple(one for one in found if one.kind is HoldKind.DEPENDENCY_CYCLE)
    told = tuple(conditions.condition(CONDITIONS[one.kind], one.told) for one in found)
    if not found:
        return decision, ()
    if isinstance(decision, automation.Start):
        return automation.Hold(told[0].message, after=soonest(found)), told
    return msgspec.structs.replace(decision, after=decision.after or soonest(found)), told


def _revision_of(asked: Operation) -> str:
    sync = asked.sync or SyncOperation()
    return sync.revision or ", ".join(sync.revisions)


def _could_be_synced(app: Application, findings: compose.Findings) -> bool:
    """A person would have to: nothing runs, and automated sync does not take it on."""
    policy = app.spec.sync_policy
    automated = policy is not None and policy.automated is not None and policy.automated.enabled is not False
    return not automated and findings.compared and resources.sync_code(findings.states) is SyncCode.OUT_OF_SYNC


def soonest(found: Iterable[Hold]) -> timedelta | None:
    return min((one.after for one in found if one.after is not None), default=None)


def told(found: Iterable[Hold]) -> str:
    return ". ".join(one.told for one in found)


def by_itself(revision: str) -> Operation:
    """An automated sync to a commit, as far as the gates look at it."""
    return Operation(sync=SyncOperation(revision=revision), initiated_by=OperationInitiator(automated=True))


def guarded(
    app: Application,
    state: OperationState,
    plan: SyncPlan,
    states: Iterable[ObjectState],
    owned: Collection[ObjectKey],
    around: Surroundings,
) -> SyncPlan:
    """The plan with all its deletions waiting for a person, where they are too many or too dear.

    The share is of what the application had before: what came with this sync, or with one that never got through,
    does not make it smaller. So the answer stays the same while the sync runs and after a restart.
    """
    states = tuple(states)
    there = {one.key for one in states if one.live is not None}
    deleted = {task.key for task in plan.tasks if task.action is Action.PRUNE and not task.skip}
    recreated = {task.key for task in plan.tasks if task.recreates and task.key in there}
    if not (deleted or recreated) or is_approved_since(app, state.started_at):
        return plan
    last = app.status.history[-1].deployed_at if app.status.history else ""
    since = times.parse(last) or times.parse(state.started_at)
    had = {one.key for one in states if one.key in owned and not one.hook and _is_from_before(one.live, since)}
    limits = guard_limits(app, around)
    found = guard.hold(deleted, len(had | deleted), limits, str(app.metadata.key), recreated)
    if found is None:
        return plan
    dear = {key for key in recreated if key.group_kind in guard.KEPT_KINDS}

    def waits(task: SyncTask) -> bool:
        return task.key in (deleted if task.action is Action.PRUNE else dear)

    asking = tuple(msgspec.structs.replace(task, unconfirmed=True) if waits(task) else task for task in plan.tasks)
    return msgspec.structs.replace(plan, tasks=asking, confirmation=found.told)


def _is_from_before(live: KubeObject | None, since: datetime | None) -> bool:
    created = times.parse(metadata_of(live).get("creationTimestamp")) if live is not None else None
    return created is not None and (since is None or created <= since)


def guard_limits(app: Application, around: Surroundings) -> guard.Limits:
    project = around.project.metadata.annotations if around.project is not None else {}
    return guard.limits([app.metadata.annotations, project, around.settings])
