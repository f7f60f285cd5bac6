"""Steps that programs of the users carry out: what they are asked now, and what their answers mean.

Each operation of a step has its entry in `status.canary.stepPluginStatuses`, as Argo Rollouts writes it: `Run` while it is the
step, `Terminate` when it was left before its end, `Abort` when the release was aborted after it had begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from holdfast.engine.lang import durations, instants
from holdfast.engine.rollout import defaults, steps
from holdfast.engine.rollout.draft import Draft
from holdfast.model.canary import PluginStep
from holdfast.model.rollout import Rollout, StepPluginStatus
from holdfast.model.step_plugins import Answer, Execution, Operation, PluginPhase, Question

LONGEST_MESSAGE: Final = 1024
PAUSE: Final = timedelta(seconds=30)
"""Until a plugin that does not say when is asked again."""
SHORTEST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(days=1)
MOST_TRIES: Final = 5
"""How often an abort or a termination that ends in an error is tried: a retry of the release waits for it."""
CLOSING: Final = (Operation.TERMINATE, Operation.ABORT)


def named(rollout: Rollout) -> list[tuple[int, str]]:
    """The steps that are plugins: index and name."""
    if rollout.spec.strategy.canary is None:
        return []
    found = enumerate(rollout.spec.strategy.canary.steps)
    return [(at, step.plugin.name) for at, step in found if step.plugin is not None]


def is_passed(draft: Draft, step: PluginStep) -> bool:
    """The current step is over. What an earlier release left of it is brought to its end first."""
    at = steps.index(draft.rollout) or 0
    closing = [one for one in _entries(draft) if one.index == at and one.operation in CLOSING]
    if any(not one.finished_at for one in closing):
        return False
    if closing:
        _write(draft, [one for one in _entries(draft) if one.index != at])
    run = _find(_entries(draft), at, Operation.RUN)
    if run is None:
        run = _begun(draft, at, step.name, Operation.RUN)
    run = _asked(draft, run)
    if run.phase == PluginPhase.FAILED:
        draft.abort(f"step plugin {run.name} failed: {run.message}".removesuffix(": "))
    return run.phase == PluginPhase.SUCCESSFUL


def abort(draft: Draft) -> None:
    """Everything that ran is to be taken back."""
    for run in _of(_entries(draft), Operation.RUN):
        if _find(_entries(draft), run.index, Operation.ABORT) is None:
            kept = [
                one
                for one in _entries(draft)
                if not (one.index == run.index and one.operation == Operation.TERMINATE and not one.finished_at)
            ]
            _write(draft, kept)
            _begun(draft, run.index, run.name, Operation.ABORT, run.status)


def close(draft: Draft) -> None:
    """Ends what was left behind, the latest step first, one at a time."""
    passed = steps.index(draft.rollout) or 0
    for run in _of(_entries(draft), Operation.RUN):
        if run.index < passed and _is_left_open(_entries(draft), run):
            _begun(draft, run.index, run.name, Operation.TERMINATE, run.status)
    waiting = [one for one in _entries(draft) if one.operation in CLOSING and not one.finished_at]
    if waiting:
        _asked(draft, max(waiting, key=lambda one: one.index))


def begin_anew(draft: Draft) -> None:
    """Another release begins: of the last one only that is left which has not ended yet."""
    before = _entries(draft)
    _write(draft, [one for one in before if one.operation in CLOSING and not one.finished_at])
    for run in _of(before, Operation.RUN):
        if _is_left_open(before, run):
            _begun(draft, run.index, run.name, Operation.TERMINATE, run.status)


def taken(entry: StepPluginStatus, answer: Answer, now: datetime) -> StepPluginStatus:
    """The entry once the answer is in it. An error keeps what the plugin last knew."""
    executions = entry.executions + 1
    is_over = answer.phase in (PluginPhase.SUCCESSFUL, PluginPhase.FAILED)
    if answer.phase == PluginPhase.ERROR and entry.operation in CLOSING and executions >= MOST_TRIES:
        is_over = True
    wanted = PAUSE if answer.requeue_after is None else answer.requeue_after
    pause = min(max(wanted, SHORTEST_PAUSE), LONGEST_PAUSE)
    stamp = instants.stamp(now)
    return msgspec.structs.replace(
        entry,
        phase=answer.phase,
        message=answer.message[:LONGEST_MESSAGE],
        updated_at=stamp,
        finished_at=stamp if is_over else None,
        backoff="" if is_over else f"{pause.total_seconds():g}s",
        executions=executions,
        status=entry.status if answer.status is None else answer.status,
    )


def due(entry: StepPluginStatus) -> datetime | None:
    """When it is asked again; None for at once."""
    updated, pause = instants.parse(entry.updated_at), durations.parse(entry.backoff)
    return None if updated is None or pause is None else updated + pause


def question(rollout: Rollout, entry: StepPluginStatus) -> Question:
    """The config is that of the step, as long as it is still a step of the plugin."""
    known = defaults.canary(rollout).steps
    step = known[entry.index].plugin if entry.index < len(known) else None
    began = entry.started_at or ""
    execution = Execution(entry.index, entry.name, Operation(entry.operation), began, entry.executions + 1)
    return Question(
        execution=execution,
        namespace=rollout.metadata.namespace,
        rollout=rollout.metadata.name,
        config=step.config if step is not None and step.name == entry.name else None,
        status=entry.status,
    )


def _asked(draft: Draft, entry: StepPluginStatus) -> StepPluginStatus:
    """The entry with the answer, where there is one; else the question is asked when its time has come."""
    if entry.finished_at:
        return entry
    at = due(entry)
    if at is not None and draft.now < at:
        draft.wake(at)
        return entry
    asked = question(draft.rollout, entry)
    answer = draft.seen.answers.get(asked.execution)
    if answer is None:
        draft.ask(asked)
        return entry
    after = taken(entry, answer, draft.now)
    _write(draft, [after if one == entry else one for one in _entries(draft)])
    _tell(draft, entry, after)
    again = due(after)
    if again is not None:
        draft.wake(again)
    return after


def _tell(draft: Draft, before: StepPluginStatus, after: StepPluginStatus) -> None:
    if (before.phase, before.message) != (after.phase, after.message) and after.phase in ("Failed", "Error"):
        what = f"{after.operation.lower()} of step plugin {after.name}: {after.message}".removesuffix(": ")
        draft.tell(f"StepPlugin{after.phase}", what, warning=True)


def _begun(draft: Draft, index: int, name: str, operation: Operation, status: object = None) -> StepPluginStatus:
    entry = StepPluginStatus(
        index=index, name=name, operation=operation, phase=PluginPhase.RUNNING, started_at=draft.stamp, status=status
    )
    _write(draft, [*_entries(draft), entry])
    return entry


def _is_left_open(entries: Iterable[StepPluginStatus], run: StepPluginStatus) -> bool:
    closed = any(one.index == run.index and one.operation in CLOSING for one in entries)
    return not run.finished_at and not closed


def _entries(draft: Draft) -> tuple[StepPluginStatus, ...]:
    return draft.status.canary.step_plugin_statuses


def _of(entries: Iterable[StepPluginStatus], operation: Operation) -> list[StepPluginStatus]:
    return [one for one in entries if one.operation == operation]


def _find(entries: Iterable[StepPluginStatus], index: int, operation: Operation) -> StepPluginStatus | None:
    return next((one for one in _of(entries, operation) if one.index == index), None)


def _write(draft: Draft, entries: list[StepPluginStatus]) -> None:
    draft.set_canary(step_plugin_statuses=tuple(entries))
