"""What to do about an Experiment now: one pure function of everything that is seen of it.

Its order: the templates' pods come up, all of them at once available start the clock and the analyses, the end is the
worst that was found. Level-triggered, so that a controller that ended anywhere goes on from what is there.
"""

from __future__ import annotations

from datetime import timedelta

from holdfast.engine.lang import durations, instants
from holdfast.engine.rollout.draft import ENDED
from holdfast.engine.rollout.experiment import analyses, conditions, templates, validation
from holdfast.engine.rollout.experiment.draft import Decision, Draft, Seen, worst


def decide(seen: Seen) -> Decision:
    draft = Draft(seen)
    problem = validation.problem(seen.experiment)
    if problem and not draft.is_over:
        _become(draft, "Error", problem)
        conditions.update(draft, problem)
        return draft.decision()
    if not draft.is_over:
        templates.follow(draft)
        _begin(draft)
        analyses.follow(draft)
        _judge(draft)
    if draft.is_over:
        templates.wind_down(draft)
    conditions.update(draft)
    return draft.decision()


def _begin(draft: Draft) -> None:
    """The clock starts once, when the pods of all templates serve at the same time."""
    states = {one.status for one in draft.status.template_statuses}
    if draft.status.available_at is None and states == {"Running"}:
        draft.set(available_at=draft.stamp)


def _judge(draft: Draft) -> None:
    if not _is_ending(draft):
        phase = "Running" if draft.status.available_at is not None else "Pending"
        _become(draft, phase, "")
        return
    left = analyses.end(draft)
    if left:
        _become(draft, "Running", f"waiting for the end of {', '.join(left)}")
        return
    found = [(one.status, one.message) for one in draft.status.template_statuses]
    phase, message = worst([*found, *((run.phase, run.message) for run in draft.status.analysis_runs)])
    templates.end(draft)
    _become(draft, phase if phase in ENDED else "Successful", message)


def _is_ending(draft: Draft) -> bool:
    """A person ends it, something is wrong, or its time and the analyses that it must wait for are over.

    Without a duration and without an analysis to wait for it goes on until a person ends it.
    """
    spec, status = draft.experiment.spec, draft.status
    found = {one.status for one in status.template_statuses} | {run.phase for run in status.analysis_runs}
    if spec.terminate or found & {"Failed", "Error", "Inconclusive"}:
        return True
    began = instants.parse(status.available_at)
    if began is None:
        return False
    needed = [one.name for one in spec.analyses if one.required_for_completion]
    if not spec.duration and not needed:
        return False
    ends = began + (durations.parse(spec.duration) or timedelta(0))
    if draft.now < ends:
        draft.wake(ends)
        return False
    phases = {run.name: run.phase for run in status.analysis_runs}
    return all(phases.get(name) in ENDED for name in needed)


def _become(draft: Draft, phase: str, message: str) -> None:
    if phase != draft.status.phase:
        name = draft.experiment.metadata.name
        text = f"Experiment {name} is {phase.lower()}" + (f": {message}" if message else "")
        draft.tell(f"Experiment{phase}", text, warning=phase in ("Failed", "Error", "Inconclusive"))
    draft.set(phase=phase, message=message)
