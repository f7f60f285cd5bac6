"""What monitoring reads of everything that the controllers of progressive delivery see and do."""

from __future__ import annotations

from holdfast.controllers.tally import Tally
from holdfast.engine.rollout import figures
from holdfast.model.analysis import AnalysisRun
from holdfast.model.experiment import Experiment
from holdfast.model.rollout import Rollout


def exposition(rollouts: Tally, experiments: Tally, runs: Tally) -> str:
    return figures.exposition(
        figures.Seen(rollouts.objects(Rollout), rollouts.figures),
        figures.Seen(experiments.objects(Experiment), experiments.figures),
        figures.Seen(runs.objects(AnalysisRun), runs.figures),
    )
