"""Which analyses a Rollout needs now, and what follows from their verdicts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from holdfast.engine.rollout import defaults, steps
from holdfast.engine.rollout.actions import DeleteRun, StartRun, StopRun
from holdfast.engine.rollout.draft import Draft, Run
from holdfast.model.canary import RolloutAnalysis
from holdfast.model.rollout import RolloutAnalysisRunStatus

STEP: Final = "Step"
BACKGROUND: Final = "Background"
PRE_PROMOTION: Final = "PrePromotion"
POST_PROMOTION: Final = "PostPromotion"
INCONCLUSIVE: Final = "InconclusiveAnalysisRun"
WORDS: Final = {
    STEP: "Step-based analysis",
    BACKGROUND: "Background analysis",
    PRE_PROMOTION: "Pre-promotion analysis",
    POST_PROMOTION: "Post-promotion analysis",
}


def step_is_passed(draft: Draft, wanted: RolloutAnalysis) -> bool:
    at = steps.index(draft.rollout) or 0
    known = draft.status.canary.current_step_analysis_run_status
    run, name = _ensure(draft, STEP, wanted, known.name if known else "", step=at)
    draft.set_canary(current_step_analysis_run_status=_told(draft, STEP, known, run, name))
    return _judge(draft, STEP, run)


def background(draft: Draft) -> None:
    """Runs beside the steps from `startingStep` on until the end of the update."""
    wanted = defaults.canary(draft.rollout).analysis
    known = draft.status.canary.current_background_analysis_run_status
    if draft.status.abort or draft.is_promoted or wanted is None or draft.new is None or draft.status.promote_full:
        return
    if (steps.index(draft.rollout) or 0) < (wanted.starting_step or 0):
        return
    plain = RolloutAnalysis(
        templates=wanted.templates,
        args=wanted.args,
        dry_run=wanted.dry_run,
        measurement_retention=wanted.measurement_retention,
        analysis_run_metadata=wanted.analysis_run_metadata,
    )
    run, name = _ensure(draft, BACKGROUND, plain, known.name if known else "")
    draft.set_canary(current_background_analysis_run_status=_told(draft, BACKGROUND, known, run, name))
    _judge(draft, BACKGROUND, run)


def before_promotion(draft: Draft, wanted: RolloutAnalysis) -> bool:
    known = draft.status.blue_green.pre_promotion_analysis_run_status
    run, name = _ensure(draft, PRE_PROMOTION, wanted, known.name if known else "")
    draft.set_blue_green(pre_promotion_analysis_run_status=_told(draft, PRE_PROMOTION, known, run, name))
    return _judge(draft, PRE_PROMOTION, run)


def after_promotion(draft: Draft, wanted: RolloutAnalysis) -> bool:
    known = draft.status.blue_green.post_promotion_analysis_run_status
    run, name = _ensure(draft, POST_PROMOTION, wanted, known.name if known else "")
    draft.set_blue_green(post_promotion_analysis_run_status=_told(draft, POST_PROMOTION, known, run, name))
    return _judge(draft, POST_PROMOTION, run)


def heed(draft: Draft) -> None:
    """What is under way still counts, though nothing new may be started."""
    canary, blue_green = draft.status.canary, draft.status.blue_green
    known = {
        STEP: canary.current_step_analysis_run_status,
        BACKGROUND: canary.current_background_analysis_run_status,
        PRE_PROMOTION: blue_green.pre_promotion_analysis_run_status,
        POST_PROMOTION: blue_green.post_promotion_analysis_run_status,
    }
    for kind, told in known.items():
        run = next((run for run in draft.seen.runs if told is not None and run.name == told.name), None)
        if run is not None and run.phase in ("Failed", "Error"):
            _judge(draft, kind, run)
    found = next((one for one in draft.seen.experiments if one.name == canary.current_experiment), None)
    if found is not None and found.phase in ("Failed", "Error"):
        draft.abort(f"Experiment {found.name} {found.phase.lower()}: {found.message}".rstrip(": "))


def _ensure(
    draft: Draft, kind: str, wanted: RolloutAnalysis, known: str, *, step: int | None = None
) -> tuple[Run | None, str]:
    """The run for this place, and its name; one that does not exist yet is asked for once its name is in the status.

    A run whose name was lost would be made again, and its verdict would not count. A run that is under way and that the
    status does not know was started by somebody else. One that is inconclusive is made again once a person has resumed.
    """
    runs = [run for run in draft.seen.runs if run.kind == kind and run.hash == draft.status.current_pod_hash]
    run = next((run for run in runs if run.name == known), None)
    if run is not None and not (run.phase == "Inconclusive" and _is_resumed(draft)):
        return run, run.name
    if run is not None:
        draft.unpause()
    adopted = next((run for run in runs if not known and run.step == step and not run.is_over), None)
    if adopted is not None:
        return adopted, adopted.name
    place = {STEP: str(step), BACKGROUND: ""}.get(kind, "pre" if kind == PRE_PROMOTION else "post")
    base = f"{draft.rollout.metadata.name}-{draft.status.current_pod_hash}-{draft.revision}-{place}".rstrip("-")
    if known and run is None and known not in draft.seen.taken_names:
        # The name was written down before: however often it is made, there is only one of it.
        draft.act(StartRun(known, kind, wanted, draft.status.current_pod_hash, draft.revision, step))
        return None, known
    return None, free_name(base, draft.seen.taken_names.union(one.name for one in draft.seen.runs))


def free_name(base: str, taken: Collection[str]) -> str:
    if base not in taken:
        return base
    number = 1
    while f"{base}.{number}" in taken:
        number += 1
    return f"{base}.{number}"


def _is_resumed(draft: Draft) -> bool:
    """A person takes all pauses away at once; where one of a step is left, nobody has."""
    return draft.status.controller_pause and not draft.status.pause_conditions


def _told(
    draft: Draft, kind: str, known: RolloutAnalysisRunStatus | None, run: Run | None, name: str
) -> RolloutAnalysisRunStatus:
    """The status of the run, and an event where its phase has changed."""
    if run is None:
        return RolloutAnalysisRunStatus(name=name, status="Pending")
    before = known.status if known is not None and known.name == run.name else "NoPreviousStatus"
    phase = run.phase or "Pending"
    if phase != before:
        text = f"{WORDS[kind]} run '{run.name}': {phase}, before {before}"
        draft.tell(f"AnalysisRun{phase}", text, warning=phase in ("Failed", "Error"))
    return RolloutAnalysisRunStatus(name=name, status=phase, message=run.message)


def _judge(draft: Draft, kind: str, run: Run | None) -> bool:
    if run is None:
        return False
    if run.phase in ("Failed", "Error"):
        draft.abort(f"{WORDS[kind]} phase error/failed: {run.message}".rstrip(": "))
    if run.phase == "Inconclusive" and not draft.is_paused_for(INCONCLUSIVE):
        draft.pause(INCONCLUSIVE)
        draft.tell("RolloutPaused", f"Rollout is paused ({INCONCLUSIVE})")
    return run.phase == "Successful"


def stop_all(draft: Draft) -> None:
    """What is still being measured is of no use any more."""
    for run in draft.seen.runs:
        if not run.is_over and run.kind != POST_PROMOTION:
            draft.act(StopRun(run.name))
    draft.set_canary(current_background_analysis_run_status=None)


def stop_outdated(draft: Draft) -> None:
    for run in draft.seen.runs:
        if not run.is_over and run.hash != draft.status.current_pod_hash:
            draft.act(StopRun(run.name))


def forget_history(draft: Draft) -> None:
    """Ended runs beyond the limits go, the oldest first; those of the current update stay."""
    said = draft.rollout.spec.analysis
    limits = {
        True: 5 if said is None or said.successful_run_history_limit is None else said.successful_run_history_limit,
        False: (
            5 if said is None or said.unsuccessful_run_history_limit is None else said.unsuccessful_run_history_limit
        ),
    }
    for is_good, limit in limits.items():
        ended = [
            run
            for run in draft.seen.runs
            if run.is_over and (run.phase == "Successful") == is_good and run.hash != draft.status.current_pod_hash
        ]
        ended.sort(key=lambda run: (run.created, run.name), reverse=True)
        for run in ended[limit:]:
            draft.act(DeleteRun(run.name))
