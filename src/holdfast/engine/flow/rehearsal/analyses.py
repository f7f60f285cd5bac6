"""The analyses and experiments of a rehearsal, as the controllers carry them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from holdfast.engine.analysis.phases import Phase
from holdfast.engine.flow.rehearsal.played_run import Judge, PlayedRun
from holdfast.engine.flow.rehearsal.templates import Templates
from holdfast.engine.rollout import run_objects
from holdfast.engine.rollout.actions import DeleteRun, RunAction, StartExperiment, StartRun, StopExperiment, StopRun
from holdfast.engine.rollout.draft import Run, Seen
from holdfast.engine.rollout.experiment import objects
from holdfast.engine.rollout.experiment.draft import Chosen
from holdfast.engine.rollout.rehearsal import BEGIN
from holdfast.engine.rollout.rehearsed_experiment import MOST_MOVES, PlayedExperiment
from holdfast.engine.rollout.rehearsed_runs import EXPERIMENT
from holdfast.model.analysis import AnalysisTemplateRef, Metric
from holdfast.model.kube import KubeObject, annotations_of, name_of

MOST_MEASUREMENTS: Final = 50_000


def good(run: str, metric: Metric, number: int) -> Phase:
    return Phase.SUCCESSFUL


def bad(run: str, metric: Metric, number: int) -> Phase:
    return Phase.FAILED


class Analyses:
    """Trials whose lengths are those of the templates; what has no template here has its verdict at once.

    `fails` names the kind whose measurements are all bad; the others say what `judge` says.
    """

    def __init__(self, templates: Templates, ready_after: timedelta, *, judge: Judge = good, fails: str = "") -> None:
        self._templates = templates
        self._ready_after = ready_after
        self._judge = judge
        self._fails = fails
        self._now = BEGIN
        self._unknown: dict[str, Run] = {}
        self._runs: dict[str, PlayedRun] = {}
        self._of_experiments: dict[str, PlayedRun] = {}
        self._experiments: dict[str, PlayedExperiment] = {}
        self.missing: dict[str, None] = {}
        """`Kind name` of the templates that were looked for and not there."""

    @property
    def played(self) -> Sequence[PlayedRun]:
        return [*self._runs.values(), *self._of_experiments.values()]

    def runs(self) -> tuple[Run, ...]:
        return (*self._unknown.values(), *(one.seen for one in self._runs.values()))

    def experiments(self) -> tuple[Run, ...]:
        return tuple(one.run for one in self._experiments.values())

    def perform(self, seen: Seen, action: RunAction, stable: str) -> bool:
        self._now = seen.now
        match action:
            case StartRun():
                self._start(seen, action, stable)
            case StartExperiment():
                self._start_experiment(seen, action, stable)
            case StopRun(name):
                if name not in self._runs or self._runs[name].is_over:
                    return False
                self._runs[name].stop(seen.now)
            case StopExperiment(name):
                if name not in self._experiments or self._experiments[name].run.is_over:
                    return False
                self._experiments[name].stop()
                self._settle(seen.now)
            case DeleteRun(name):
                self._unknown.pop(name, None)
                self._runs.pop(name, None)
        return True

    def _start(self, seen: Seen, action: StartRun, stable: str) -> None:
        as_seen = Run(action.name, action.kind, action.hash, action.step)
        specs = self._chosen(action.analysis.templates)
        if specs is None:
            phase = Phase.FAILED if action.kind == self._fails else Phase.SUCCESSFUL
            self._unknown[action.name] = Run(action.name, action.kind, action.hash, action.step, phase)
            return
        obj = run_objects.analysis_run(seen.rollout, action, specs, stable=stable)
        judge = bad if action.kind == self._fails else self._judge
        self._runs[action.name] = PlayedRun(obj, as_seen, judge, seen.now)

    def _chosen(self, named: Iterable[AnalysisTemplateRef]) -> list[KubeObject] | None:
        specs, missing = self._templates.chosen(named)
        self.missing |= dict.fromkeys(missing)
        return None if missing else specs

    def _start_experiment(self, seen: Seen, action: StartExperiment, stable: str) -> None:
        chosen: dict[str, Chosen] = {}
        for one in action.step.analyses:
            named = (AnalysisTemplateRef(template_name=one.template_name, cluster_scope=one.cluster_scope),)
            chosen[one.name] = Chosen(tuple(self._chosen(named) or ()))
        self._experiments[action.name] = PlayedExperiment(seen, action, stable, chosen, self._ready_after)
        self._settle(seen.now)

    def _settle(self, now: datetime) -> None:
        for one in self._experiments.values():
            for _ in range(MOST_MOVES):
                runs = {name: run.seen for name, run in self._of_experiments.items()}
                changed = not one.run.is_over and one.move(now, runs)
                self._follow(one, now)
                if not changed:
                    break

    def _follow(self, one: PlayedExperiment, now: datetime) -> None:
        for obj in one.made:
            judge = bad if self._fails == EXPERIMENT else self._judge
            if not (obj["spec"].get("metrics")):
                # Its template is not known: a metric without a count would never end.
                obj = {**obj, "spec": {"metrics": [{"name": "unknown", "provider": {"web": {"url": "unknown"}}}]}}
            as_seen = Run(name_of(obj), annotations_of(obj).get(objects.ANALYSIS_NAME, ""))
            self._of_experiments[name_of(obj)] = PlayedRun(obj, as_seen, judge, now)
        for name in one.ended:
            self._of_experiments[name].stop(now)
        one.made, one.ended = [], []

    def coming(self) -> datetime | None:
        runs = [one.coming(self._now) for one in self.played if not one.is_endless]
        found = [*runs, *(one.coming(self._now) for one in self._experiments.values())]
        return min((at for at in found if at is not None), default=None)

    def proceed(self, until: datetime) -> datetime | None:
        while True:
            # Where every measurement is good, those that never end need not be taken.
            wanted = [one for one in self.played if not (one.is_endless and self._judge is good and not self._fails)]
            found = [*(one.coming(self._now) for one in wanted), *self._of_pods()]
            at = min((at for at in found if at is not None), default=None)
            if at is None or at > until:
                self._now = until
                return None
            before = (self.runs(), self.experiments())
            self._now = max(self._now, at)
            for one in wanted:
                one.measure(self._now)
            self._settle(self._now)
            if sum(one.measured for one in self.played) > MOST_MEASUREMENTS:
                raise ValueError(f"too long to play through: more than {MOST_MEASUREMENTS} measurements are taken")
            if before != (self.runs(), self.experiments()):
                return self._now

    def _of_pods(self) -> list[datetime | None]:
        return [one.coming(self._now) for one in self._experiments.values()]
