"""The AnalysisRuns that judge an Experiment: started together when its pods serve, ended with it."""

from __future__ import annotations

import msgspec

from holdfast.engine.rollout.analysis import free_name
from holdfast.engine.rollout.draft import ENDED
from holdfast.engine.rollout.experiment import objects
from holdfast.engine.rollout.experiment.draft import Chosen, Draft, EndRun, Make
from holdfast.model.experiment import ExperimentAnalysisRunStatus, ExperimentAnalysisTemplateRef


def follow(draft: Draft) -> None:
    if draft.status.available_at is None:
        return
    known = {one.name: one for one in draft.status.analysis_runs}
    is_wanted = not draft.experiment.spec.terminate
    found = [
        _followed(draft, one, known.get(one.name))
        for one in draft.experiment.spec.analyses
        if is_wanted or one.name in known
    ]
    draft.set(analysis_runs=tuple(found))


def _followed(
    draft: Draft, wanted: ExperimentAnalysisTemplateRef, known: ExperimentAnalysisRunStatus | None
) -> ExperimentAnalysisRunStatus:
    """The verdict that was told stays, even where its run has gone since."""
    if known is not None and known.phase in ENDED:
        return known
    if known is None:
        return _started(draft, wanted)
    run = draft.seen.runs.get(known.analysis_run)
    if run is None:
        return _told(draft, known, "Error", f"AnalysisRun {known.analysis_run} is gone")
    return _told(draft, known, run.phase or "Pending", run.message)


def _started(draft: Draft, wanted: ExperimentAnalysisTemplateRef) -> ExperimentAnalysisRunStatus:
    """One that is under way and that the status does not know was started just before the controller ended."""
    base = f"{draft.experiment.metadata.name}-{wanted.name}"
    ours = (run for run in draft.seen.runs.values() if run.kind == wanted.name and not run.is_over)
    adopted = next(ours, None)
    name = adopted.name if adopted is not None else free_name(base, set(draft.seen.runs))
    status = ExperimentAnalysisRunStatus(name=wanted.name, analysis_run=name)
    if adopted is not None:
        return _told(draft, status, adopted.phase or "Pending", adopted.message)
    chosen = draft.seen.chosen.get(wanted.name, Chosen(problem="its templates are not known"))
    if chosen.problem:
        return _told(draft, status, "Error", chosen.problem)
    try:
        draft.act(Make(objects.analysis_run(draft.experiment, draft.status, wanted, name, chosen.templates)))
    except ValueError as error:
        return _told(draft, status, "Error", str(error))
    return _told(draft, status, "Pending", "")


def _told(draft: Draft, status: ExperimentAnalysisRunStatus, phase: str, message: str) -> ExperimentAnalysisRunStatus:
    if phase != status.phase:
        text = f"AnalysisRun {status.analysis_run} is {phase.lower()}" + (f": {message}" if message else "")
        draft.tell(f"AnalysisRun{phase}", text, warning=phase in ("Failed", "Error", "Inconclusive"))
    return msgspec.structs.replace(status, phase=phase, message=message)


def end(draft: Draft) -> list[str]:
    """Ends what is still measured; the names of what has not ended yet."""
    left = [one.analysis_run for one in draft.status.analysis_runs if one.phase not in ENDED]
    for name in left:
        run = draft.seen.runs.get(name)
        if run is not None and not run.is_ending:
            draft.act(EndRun(name))
    return left
