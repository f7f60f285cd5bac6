"""Why an application is not synced, not healthy or not moving: one ordered answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from holdfast.engine.flow import gates, windows
from holdfast.engine.status import automation, operation, times
from holdfast.engine.why import operations
from holdfast.engine.why.health import Evidence, unhealthy
from holdfast.engine.why.reasons import Kind, Reason, command
from holdfast.model.application import Application, ApplicationCondition, Operation
from holdfast.model.gate import Hold, HoldKind
from holdfast.model.names import Annotation, ConditionType, Finalizer, SyncCode

HOLDS = {
    HoldKind.FREEZE: Kind.FREEZE,
    HoldKind.APPROVAL: Kind.APPROVAL,
    HoldKind.DEPENDENCY: Kind.DEPENDENCY,
    HoldKind.DEPENDENCY_CYCLE: Kind.DEPENDENCY,
    HoldKind.DELETION_GUARD: Kind.GUARD,
}
ERRORS = {
    ConditionType.INVALID_SPEC_ERROR.value: Kind.SPEC,
    ConditionType.COMPARISON_ERROR.value: Kind.SOURCE,
    ConditionType.DELETION_ERROR.value: Kind.DELETION,
    ConditionType.UNKNOWN_ERROR.value: Kind.SOURCE,
    ConditionType.SYNC_ERROR.value: Kind.REFUSED,
    ConditionType.REVISION_HELD.value: Kind.HELD,
}
WARNINGS = frozenset(
    {
        ConditionType.SHARED_RESOURCE_WARNING.value,
        ConditionType.REPEATED_RESOURCE_WARNING.value,
        ConditionType.EXCLUDED_RESOURCE_WARNING.value,
        ConditionType.ORPHANED_RESOURCE_WARNING.value,
        ConditionType.RENDER_WARNING.value,
    }
)
OURS = frozenset(name.value for name in Finalizer)


class Question(Struct, frozen=True, kw_only=True):
    """An application as it stands, what is around it (`around.project` is its project), and what the cluster holds."""

    app: Application
    now: datetime
    around: gates.Surroundings = gates.Surroundings()
    evidence: Evidence = Evidence()


def why(question: Question) -> tuple[Reason, ...]:
    """What has to be solved first stands first; one reason of kind Nothing where all is well."""
    order = list(Kind)
    found = sorted(_all(question), key=lambda reason: order.index(reason.kind))
    distinct = tuple({(one.kind, one.because): one for one in found}.values())
    return distinct or (Reason(Kind.NOTHING, f"{question.app.metadata.name} is Synced and Healthy, and nothing waits"),)


def _all(question: Question) -> Iterator[Reason]:
    app = question.app
    yield from _paused(app)
    yield from _deletion(app)
    yield from _conditions(app)
    if app.metadata.deletion_timestamp:
        return
    state = app.status.operation_state
    if state is None or not operation.is_in_progress(state):
        yield from _idle(question)
        yield from unhealthy(app, question.evidence)
        return
    yield from operations.running(app, state, question.evidence, question.now)
    yield from _holds(question, state.operation)
    # What is missing may be what the sync has not come to yet.
    yield from unhealthy(app, question.evidence, missing=False)


def _paused(app: Application) -> Iterator[Reason]:
    if app.metadata.annotations.get(Annotation.SKIP_RECONCILE) == "true":
        yield Reason(
            Kind.PAUSED,
            f"the annotation {Annotation.SKIP_RECONCILE} is true: nothing is compared and nothing is done",
            unblock="take the annotation away",
            command=f"{_annotate(app)} {Annotation.SKIP_RECONCILE}-",
        )


def _annotate(app: Application) -> str:
    return f"kubectl -n {app.metadata.namespace} annotate applications.argoproj.io {app.metadata.name}"


def _deletion(app: Application) -> Iterator[Reason]:
    if not app.metadata.deletion_timestamp:
        return
    foreign = [name for name in app.metadata.finalizers if name not in OURS]
    held = f"; finalizers of others hold it: {', '.join(foreign)}" if foreign else ""
    yield Reason(
        Kind.DELETION,
        f"the application is being deleted{held}",
        since=app.metadata.deletion_timestamp or "",
        unblock="what waits for confirmation is deleted once a person confirms it",
        command=command(app, "confirm-deletion"),
    )


def _conditions(app: Application) -> Iterator[Reason]:
    for condition in app.status.conditions:
        if condition.type in ERRORS:
            yield _error(app, condition)
        elif condition.type in WARNINGS:
            yield Reason(Kind.WARNING, condition.message, subject=condition.type, since=_since(condition))


def _since(condition: ApplicationCondition) -> str:
    return condition.last_transition_time or ""


def _error(app: Application, condition: ApplicationCondition) -> Reason:
    kind = ERRORS[condition.type]
    unblock, told = {
        Kind.SPEC: (
            "change the application or its project as the message says",
            f"kubectl -n {app.metadata.namespace} edit applications.argoproj.io {app.metadata.name}",
        ),
        Kind.SOURCE: ("mend the source or the way to it; it is tried again by itself", command(app, "refresh")),
        Kind.DELETION: ("it is tried again by itself", ""),
        Kind.REFUSED: ("mend what the message names", command(app, "diff")),
        Kind.HELD: ("a newer commit moves past it; or lift the hold", f"{_annotate(app)} {Annotation.HOLD}-"),
    }[kind]
    return Reason(
        kind,
        f"{condition.type}: {condition.message}",
        subject=condition.type,
        unblock=unblock,
        command=told,
        since=_since(condition),
    )


def _idle(question: Question) -> Iterator[Reason]:
    app = question.app
    if app.operation is not None:
        yield Reason(Kind.UNSEEN, "an operation was asked for, and the controller has not begun it: does it run?")
        yield from _holds(question, app.operation)
        return
    if Annotation.REFRESH in app.metadata.annotations or not app.status.sync.status:
        yield Reason(Kind.UNSEEN, "the controller has not looked at it yet: does it run?")
    if app.status.sync.status == SyncCode.OUT_OF_SYNC:
        yield from _not_started(question)
    elif operations.has_failed(app.status.operation_state):
        yield from operations.failed(app)


def _not_started(question: Question) -> Iterator[Reason]:
    """OutOfSync, and nothing runs."""
    app = question.app
    policy = app.spec.sync_policy
    automated = policy.automated if policy else None
    by_itself = automated is not None and automated.enabled is not False
    asked = gates.by_itself(app.status.sync.revision) if by_itself else gates.WHAT_A_PERSON_MIGHT_ASK
    yield from _holds(question, asked)
    yield from operations.failed(app)
    prune = [one for one in app.status.resources if one.requires_pruning]
    left = [one for one in app.status.resources if one.status == SyncCode.OUT_OF_SYNC and not one.requires_pruning]
    what = f"{len(left) + len(prune)} of its objects differ from {app.status.sync.revision[:8] or 'the source'}"
    if not by_itself or automated is None:
        more = ("--prune",) if prune else ()
        because = f"automated sync is off, and {what}"
        yield Reason(Kind.MANUAL, because, unblock="sync it", command=command(app, "sync", *more))
    elif prune and not left and not automated.prune:
        names = ", ".join(f"{one.kind}/{one.name}" for one in prune[:3])
        because = f"only pruning is left ({names}), and automated pruning is off"
        yield Reason(Kind.MANUAL, because, unblock="prune", command=command(app, "sync", "--prune"))
    elif _only_heals(app) and not automated.self_heal:
        because = f"this revision was synced before, self-heal is off, and {what}"
        yield Reason(Kind.MANUAL, because, unblock="sync it", command=command(app, "sync"))


def _only_heals(app: Application) -> bool:
    return not operations.has_failed(app.status.operation_state) and automation.was_attempted(
        app, app.status.sync.revision
    )


def _holds(question: Question, asked: Operation) -> Iterator[Reason]:
    app = question.app
    state = app.status.operation_state
    started = state.started_at if operation.is_in_progress(state) and state is not None else ""
    verdict = windows.verdict(app, question.around.project, asked, question.now, started=started)
    if not verdict.allowed:
        by_hand = gates.WHAT_A_PERSON_MIGHT_ASK
        manual = windows.verdict(app, question.around.project, by_hand, question.now).allowed
        yield Reason(
            Kind.WINDOW,
            f"no sync window lets it through: {windows.told(verdict)}",
            unblock="wait, or sync by hand, which this window allows" if manual else "wait for the window",
            command=command(app, "sync") if manual else "",
            until=times.stamp(verdict.opens) if verdict.opens is not None else "",
        )
    for hold in gates.holds(app, question.around, asked, _revision(app), question.now):
        yield _hold(app, hold, question.now)


def _revision(app: Application) -> str:
    state = app.status.operation_state
    if operation.is_in_progress(state) and state is not None and state.sync_result is not None:
        return state.sync_result.revision
    return app.status.sync.revision


def _hold(app: Application, hold: Hold, now: datetime) -> Reason:
    commands = {HoldKind.APPROVAL: command(app, "approve"), HoldKind.DELETION_GUARD: command(app, "confirm-deletion")}
    return Reason(
        HOLDS[hold.kind],
        hold.because,
        unblock=hold.opens,
        command=commands.get(hold.kind, ""),
        until=times.stamp(now + hold.after) if hold.after is not None and hold.kind is HoldKind.FREEZE else "",
    )


def is_solved(reasons: Iterable[Reason]) -> bool:
    return all(one.kind in (Kind.NOTHING, Kind.WARNING) for one in reasons)
