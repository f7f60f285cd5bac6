"""What monitoring reads of everything that the controllers of progressive delivery see and do."""

from __future__ import annotations

from holdfast.controllers.rollout.world import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from holdfast.controllers.tally import Tally
from holdfast.engine.rollout import figures, process_figures
from holdfast.model.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from holdfast.model.experiment import Experiment
from holdfast.model.rollout import Rollout
from holdfast.runtime.store import Store


def exposition(rollouts: Tally, experiments: Tally, runs: Tally) -> str:
    return figures.exposition(
        figures.Seen(rollouts.objects(Rollout), rollouts.figures),
        figures.Seen(experiments.objects(Experiment), experiments.figures),
        figures.Seen(runs.objects(AnalysisRun), runs.figures),
    )


def of_templates(store: Store) -> str:
    of_namespaces = Tally(store, ANALYSIS_TEMPLATE).objects(AnalysisTemplate)
    of_cluster = Tally(store, CLUSTER_ANALYSIS_TEMPLATE).objects(ClusterAnalysisTemplate)
    return process_figures.of_templates([*of_namespaces, *of_cluster])
