"""Drives a sync from its request to its end, one recorded step at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from holdfast.controllers.application import (
    act,
    conclusion,
    events,
    gates,
    left_hooks,
    observe,
    preflight,
    report,
    restoring,
    sources,
)
from holdfast.controllers.application.ignored import ignored_in
from holdfast.controllers.application.observe import Desired, Observed
from holdfast.controllers.application.predictions import manner_of
from holdfast.controllers.application.removal import remove
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import gates as gates_flow
from holdfast.engine.flow import patience, spec, windows
from holdfast.engine.flow.patience import GATES, WINDOW
from holdfast.engine.plan import machine, results
from holdfast.engine.plan.tasks import SyncPlan
from holdfast.engine.status import compose, holding, interruption, operation, times
from holdfast.model.application import Application, Operation, OperationState, SyncOperation
from holdfast.model.errors import Blocked, Transient, Waiting
from holdfast.model.names import OperationPhase
from holdfast.model.pinned import Pinned
from holdfast.ports.cluster import Propagation
from holdfast.runtime.outcome import Again
from holdfast.runtime.queue import NOW

LOOK_AGAIN = timedelta(seconds=10)
"""Events wake the application before that; this is for what no watch tells."""

# A timer may be a fraction of a microsecond off: what is left then is no pause any more.
TIMER_SLACK = 0.001
WINDOW_AGAIN = timedelta(minutes=1)

DEFINITION_PATIENCE = timedelta(minutes=2)
"""For so long objects of a kind that is expected to come are waited for."""

MOST_STEPS = 1000
ONE_SECOND = timedelta(seconds=1)


class _Ended(Exception):
    """The operation cannot go on: it ends with this phase and message."""

    def __init__(self, phase: OperationPhase, message: str) -> None:
        super().__init__(message)
        self.phase = phase
        self.message = message


class Progress(Struct, frozen=True):
    """How far an operation has come. Without a `pause` the next step can be taken at once, or there is none: then
    `found` is what was seen and told at its very end, where it was looked for."""

    app: Application
    pause: Again | None = None
    found: compose.Findings | None = None


class _Scene(Struct, frozen=True):
    """`actor` is the world in which the service account of the project writes, where one is asked for."""

    desired: Desired
    live: flow.Live
    plan: SyncPlan
    actor: World
    manner: act.Manner


async def begin(
    world: World, app: Application, asked: Operation, observed: Observed, *, before: Application | None = None
) -> Application:
    """Records the operation, with the commit that it keeps to, and takes the request away in the same write. `before` is
    the Application as the server has it, where what was found since is to be written with it."""
    before = before or app
    sync = asked.sync
    now = world.now()
    last = app.status.operation_state
    if last is not None and last.started_at == times.stamp(now):
        # The second of its start names an operation, on its hooks as well.
        raise Waiting(ONE_SECOND, "JustStarted", "the last sync began in this second")
    try:
        pinned = await _pinned(world, app, asked, observed)
        if holding.is_held(app, pinned.text) and not (sync is not None and sync.dry_run):
            raise _Ended(OperationPhase.FAILED, f"Cannot sync: {holding.told(app, pinned.text)}")
    except _Ended as ended:
        failed = _begun(asked, spec.asked_for(app, sync or SyncOperation()), now)
        once = msgspec.structs.replace(failed, operation=_without_retry(asked))
        status = operation.ended(app, once, ended.phase, ended.message, now)
        written = await report.write_status(world, before, status, taken=True)
        report.tell(world, written, before.status, status)
        events.emit(world, written, events.Reason.OPERATION_COMPLETED, ended.message, warning=True)
        return written
    status = msgspec.structs.replace(app.status, operation_state=_begun(asked, pinned, now))
    written = await report.write_status(world, before, status, taken=True)
    report.tell(world, written, before.status, status)
    who = "automated sync" if asked.initiated_by.automated else f"{asked.initiated_by.username or 'unknown user'} sync"
    events.emit(world, written, events.Reason.OPERATION_STARTED, f"Initiated {who} to {pinned.text}")
    return written


def _without_retry(asked: Operation) -> Operation:
    """What is wrong with a request stays wrong."""
    return msgspec.structs.replace(asked, retry=msgspec.structs.replace(asked.retry, limit=0))


def _begun(asked: Operation, pinned: Pinned, now: datetime) -> OperationState:
    return operation.begun(
        asked,
        pinned.revision,
        pinned.source,
        now,
        sources=pinned.listed_sources,
        revisions=pinned.listed_revisions,
    )


async def _pinned(world: World, app: Application, asked: Operation, observed: Observed) -> Pinned:
    sync = asked.sync
    if sync is None:
        raise _Ended(OperationPhase.ERROR, "Invalid operation request: it names no sync")
    verdict = windows.verdict(app, world.project(spec.project_of(app)), asked, world.now())
    if not verdict.allowed:
        raise _Ended(OperationPhase.FAILED, f"Cannot sync: blocked by sync window: {windows.told(verdict)}")
    refused = gates.refusal(world, app, asked)
    if refused:
        raise _Ended(OperationPhase.FAILED, f"Cannot sync: {refused}")
    if sync.manifests:
        raise _Ended(OperationPhase.ERROR, "Invalid operation request: syncing local manifests is not supported")
    wanted = spec.asked_for(app, sync)
    if not wanted.sources:
        raise _Ended(OperationPhase.ERROR, "Invalid operation request: the application has no source")
    problems = spec.problems_of_request(app, wanted, world.project(spec.project_of(app)))
    if problems:
        raise _Ended(OperationPhase.ERROR, f"Invalid operation request: {'; '.join(problems)}")
    if wanted.several and (sync.revision or len(wanted.revisions) != len(wanted.sources)):
        wrong = f"revisions must name one for each of the {len(wanted.sources)} sources"
        raise _Ended(OperationPhase.ERROR, f"Invalid operation request: {wrong}")
    if sync.revisions and not wanted.several:
        raise _Ended(OperationPhase.ERROR, "Invalid operation request: it has one source: name its revision")
    desired = observed.desired
    if desired is not None and spec.is_about(desired.pinned, wanted):
        return desired.pinned
    if desired is None and observed.conditions and not any(wanted.revisions):
        first = observed.conditions[0]
        raise _Ended(OperationPhase.ERROR, f"{first.type}: {first.message}")
    try:
        return await sources.resolve(world, app, wanted.sources, wanted.revisions, several=wanted.several)
    except (Blocked, Transient) as error:
        raise _Ended(OperationPhase.ERROR, f"ComparisonError: {error.message}") from error


async def proceed(world: World, app: Application, observed: Observed, *, newer: str = "") -> Progress:
    """As many steps as can be taken now. `newer` is the commit that takes the place of this sync when it is stuck."""
    before = app.status.operation_state
    for _ in range(MOST_STEPS):
        state = app.status.operation_state
        if state is None or not operation.is_in_progress(state):
            return Progress(app)
        if state.phase == OperationPhase.TERMINATING:
            app = await _terminate(world, app, state)
            continue
        why = _unwanted(app, state) or patience.overdue(state, world.now(), world.parameters.timeout)
        if why:
            app = await conclusion.note(world, app, interruption.terminating(state, why))
            continue
        came = await _advance(world, app, state, observed)
        app = came.app
        if came.found is not None:
            return came
        if came.pause is None:
            continue
        app, gives_way = await _give_way(world, app, newer)
        if not gives_way:
            written = app.status.operation_state != before
            return Progress(app, Again(NOW, because="tell what has been written") if written else came.pause)
    return Progress(app, Again(NOW, because="the sync goes on"))


def _unwanted(app: Application, state: OperationState) -> str:
    """Why an automated sync has to end: its revision has been held off meanwhile."""
    revision = operation.revision_text(state.sync_result)
    if state.operation.initiated_by.automated and holding.is_held(app, revision):
        return holding.told(app, revision)
    return ""


async def _advance(world: World, app: Application, state: OperationState, observed: Observed) -> Progress:
    """One step of a running operation."""
    now = world.now()
    retry_at = operation.waits_until(state)
    if retry_at is not None and retry_at > now:
        news = world.revisions.due_in(app.metadata.key, world.poll_seconds)
        return Progress(app, Again(min(retry_at - now, news), because=state.message))
    shut = await _shut(world, app, state)
    if shut is not None:
        return Progress(await conclusion.note(world, app, msgspec.structs.replace(state, message=shut.because)), shut)
    if state.message.startswith((WINDOW, GATES)):
        state = msgspec.structs.replace(state, message=operation.IN_PROGRESS)
    if retry_at is not None:
        newest = observed.desired.pinned if observed.desired is not None else Pinned()
        again = operation.tried_again(
            state,
            newest.revision,
            newest.source,
            sources=newest.listed_sources,
            revisions=newest.listed_revisions,
        )
        return Progress(await conclusion.note(world, app, again))
    until_next_wave = world.wave_pauses.get(app.metadata.key, 0.0) - world.clock.monotonic()
    if until_next_wave >= TIMER_SLACK:
        return Progress(app, Again(timedelta(seconds=until_next_wave), because="the pause between two waves"))
    try:
        return await _step(world, app, state, observed)
    except _Ended as ended:
        return Progress(await conclusion.end(world, app, state, ended.phase, ended.message))


async def _shut(world: World, app: Application, state: OperationState) -> Again | None:
    """What keeps the operation from its next step: a sync window, or a gate."""
    now = world.now()
    project = world.project(spec.project_of(app))
    verdict = windows.verdict(app, project, state.operation, now, started=state.started_at)
    if not verdict.allowed:
        opens = verdict.opens - now if verdict.opens is not None else WINDOW_AGAIN
        return Again(min(opens, WINDOW_AGAIN), because=f"{WINDOW}{windows.told(verdict)}")
    found = await gates.in_the_way(world, app, state)
    if found:
        opens = gates_flow.soonest(found) or WINDOW_AGAIN
        return Again(min(opens, WINDOW_AGAIN), because=f"{GATES}{gates_flow.told(found)}")
    return None


async def _give_way(world: World, app: Application, newer: str) -> tuple[Application, bool]:
    """The operation waits: for a newer commit it does so only for a while."""
    state = app.status.operation_state
    if state is None:
        return app, False
    key, now = app.metadata.key, world.clock.monotonic()
    what = f"{operation.attempt_of(state)} {state.message}"
    known, since = world.stuck_since.get(key, ("", now))
    if known != what:
        since = now
    world.stuck_since[key] = (what, since)
    waited = timedelta(seconds=now - since)
    why = interruption.given_way(state, newer, waited, world.parameters.supersede_after)
    if not why:
        return app, False
    return await conclusion.note(world, app, interruption.terminating(state, why)), True


async def _terminate(world: World, app: Application, state: OperationState) -> Application:
    recorded = results.by_key(state.sync_result.resources if state.sync_result else ())
    live = await observe.live_objects(world, app, [key for key, _ in machine.running_hooks(recorded)])
    message = interruption.last_message(state)
    instance = flow.instance_of(app, world.namespace)
    step = machine.termination(recorded, flow.live_states(live), operation.attempt_of(state), instance, message)
    if isinstance(step.next, machine.Remove):
        actor = world.acting_as(observe.writer(world, app))
        for obj in step.next.objects:
            await remove(actor, obj, Propagation.BACKGROUND)
        return app
    ended = operation.with_results(state, step.results.values())
    return await conclusion.end(world, app, ended, OperationPhase.FAILED, message)


async def _step(
    world: World, app: Application, state: OperationState, observed: Observed, *, recorded_so_far: bool = True
) -> Progress:
    scene = await _scene(world, app, state, observed)
    sync = state.operation.sync
    if sync is not None and sync.dry_run:
        rehearsed = operation.with_results(state, map(results.rehearsed, scene.plan.tasks))
        failed = any(task.problem for task in scene.plan.tasks)
        phase = OperationPhase.FAILED if failed else OperationPhase.SUCCEEDED
        message = "one or more objects would not be accepted (dry run)" if failed else "successfully synced (dry run)"
        return Progress(await conclusion.end(world, app, rehearsed, phase, message))
    recorded = results.by_key(state.sync_result.resources if state.sync_result else ())
    step = machine.next_step(scene.plan, recorded, left_hooks.states(world, app, scene.live))
    state = operation.with_results(state, step.results.values())
    match step.next:
        case machine.Finished(phase, message):
            told = f"{message}; {scene.desired.note}" if scene.desired.note else message
            work = conclusion.Work(scene.plan, scene.desired)
            if phase == OperationPhase.SUCCEEDED and scene.desired is observed.desired and not observed.conditions:
                ended, found = await conclusion.end_and_look(world, app, state, told, work)
                return Progress(ended, found=found)
            return Progress(await conclusion.end(world, app, state, phase, told, work))
        case machine.Wait(message):
            waiting = operation.with_results(state, step.results.values(), message)
            return Progress(await conclusion.note(world, app, waiting), Again(LOOK_AGAIN, because=message))
        case machine.Remove(objects):
            app = await conclusion.note(world, app, state)
            for obj in objects:
                await remove(scene.actor, obj, Propagation.BACKGROUND)
            return Progress(app)
        case machine.Apply(tasks):
            intents = {results.result_key(task): results.intended(task) for task in tasks if task.hook}
            if intents:
                state = operation.with_results(state, {**step.results, **intents}.values())
                app = await conclusion.note(world, app, state)
            done = await act.perform(scene.actor, tasks, scene.manner)
            done_by_key = results.by_key(done.results)
            state = operation.with_results(state, {**step.results, **intents, **done_by_key}.values())
            if recorded_so_far and not intents and done.trouble is None and not scene.plan.has_wave_after(tasks):
                # Written down with what comes next: if it is lost, these objects are applied once more, to no effect.
                return await _step(world, app, state, observed, recorded_so_far=False)
            app = await conclusion.note(world, app, state)
            if done.trouble is not None:
                raise done.trouble
            if scene.plan.has_wave_after(tasks):
                delay = world.parameters.wave_delay.total_seconds()
                world.wave_pauses[app.metadata.key] = world.clock.monotonic() + delay
            return Progress(app)


def _manner(app: Application, state: OperationState, live: flow.Live, user: str) -> act.Manner:
    sync = state.operation.sync
    strategy = (sync.sync_strategy.apply or sync.sync_strategy.hook) if sync and sync.sync_strategy else None
    chosen = flow.sync_options_of(app, sync)
    return act.Manner(
        chosen,
        force=strategy is not None and strategy.force,
        live=live.objects,
        asked=manner_of(app, chosen, user),
        by=app.metadata.key,
    )


async def _scene(world: World, app: Application, state: OperationState, observed: Observed) -> _Scene:
    """Everything as it is at this moment, for the commit that the operation keeps to."""
    desired = await _desired(world, app, state, observed)
    keys = [target.key for target in desired.targets.objects]
    live = await observe.live_objects(world, app, keys)
    ignored = await ignored_in(world, app, desired.targets, live, desired.predictions)
    states = flow.side_by_side(app, desired.targets, live)
    plan = flow.planned(app, state, desired.targets, live, states, desired.predictions, world.namespace, ignored)
    plan = gates_flow.guarded(app, state, plan, states, live.owned, gates.surroundings(world, app))
    hooks = flow.hook_keys(plan)
    if hooks:
        live = await observe.live_objects(world, app, [*keys, *hooks])
    if _has_waited_in_vain(world, app, state):
        plan = machine.without_definitions(plan, f"{DEFINITION_PATIENCE.total_seconds():.0f} s")
    user = _user(world, app)
    manner = _manner(app, state, live, user)
    if not (state.sync_result and state.sync_result.resources):
        plan = await preflight.checked(world, plan, live.objects, manner.sync_options, force=manner.force, user=user)
    return _Scene(desired, live, plan, world.acting_as(user), manner)


def _has_waited_in_vain(world: World, app: Application, state: OperationState) -> bool:
    """For a kind that nobody defines."""
    awaited = f"{operation.attempt_of(state)} {machine.DEFINITION_AWAITED}"
    what, since = world.stuck_since.get(app.metadata.key, ("", 0.0))
    waited = world.clock.monotonic() - since
    return what.startswith(awaited) and waited >= DEFINITION_PATIENCE.total_seconds()


def _user(world: World, app: Application) -> str:
    try:
        return world.impersonated(app, world.project(spec.project_of(app)))
    except Blocked as blocked:
        message = f"failed to find a matching service account to impersonate: {blocked.message}"
        raise _Ended(OperationPhase.ERROR, message) from blocked


async def _desired(world: World, app: Application, state: OperationState, observed: Observed) -> Desired:
    pinned = sources.kept_to(app, state)
    if not pinned.sources or not all(pinned.revisions) or len(pinned.sources) != len(pinned.revisions):
        raise _Ended(OperationPhase.ERROR, "the operation has no revision to sync to")
    known = observed.desired
    if known is not None and known.pinned == pinned:
        return known
    try:
        return await restoring.desired(world, restoring.Asked(app, state, pinned))
    except Blocked as blocked:
        raise _Ended(OperationPhase.ERROR, f"ComparisonError: {blocked.message}") from blocked
