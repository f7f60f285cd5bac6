"""An AnalysisRun played through: measured when it is due and judged by its limits as the controller does; each
measurement takes no time, and means what it is told to mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from holdfast.engine.analysis import arguments, assess, record, retention, schedule, validation
from holdfast.engine.analysis.arguments import ArgumentError
from holdfast.engine.analysis.phases import Phase, is_completed
from holdfast.engine.lang import instants
from holdfast.engine.rollout.draft import Run
from holdfast.model.analysis import AnalysisRun, Measurement, Metric
from holdfast.model.kube import KubeObject

Judge = Callable[[str, Metric, int], Phase]
"""The run, the metric and the number of the measurement, from 1: what the measurement says."""
UNSEEN = "unseen"
"""In place of what only the cluster knows."""


class PlayedRun:
    """`seen` is how the Rollout or the Experiment knows it."""

    def __init__(self, obj: KubeObject, seen: Run, judge: Judge, now: datetime) -> None:
        self.run = msgspec.convert(obj, AnalysisRun)
        self._seen = seen
        self._judge = judge
        self.metrics: tuple[Metric, ...] = ()
        self.measured = 0
        self.bad = 0
        self._numbers: dict[str, int] = {}
        values = arguments.plain_values(self.run.spec.args)
        values |= dict.fromkeys(arguments.secret_places(self.run.spec.args), UNSEEN)
        try:
            self.metrics = arguments.resolved(self.run.spec.metrics, values)
            problem = validation.problem(self.metrics)
            if problem:
                raise ArgumentError(problem)
            self._dry = retention.dry_metrics(self.run.spec.dry_run, self.metrics)
        except ArgumentError as error:
            self._become(record.refused(self.run, str(error), now))
            return
        self.measure(now)

    @property
    def seen(self) -> Run:
        status = self.run.status
        return msgspec.structs.replace(self._seen, phase=status.phase, message=status.message)

    @property
    def is_over(self) -> bool:
        return is_completed(self.run.status.phase)

    @property
    def is_endless(self) -> bool:
        """It goes on until something goes wrong or somebody ends it."""
        return any(
            assess.effective_count(one) is None and assess.number(one.consecutive_success_limit) <= 0
            for one in self.metrics
        )

    def coming(self, now: datetime) -> datetime | None:
        return None if self.is_over else schedule.next_look(self.run, self.metrics, now)

    def stop(self, now: datetime) -> None:
        self.run = msgspec.structs.replace(self.run, spec=msgspec.structs.replace(self.run.spec, terminate=True))
        self.measure(now)

    def measure(self, now: datetime) -> None:
        """What is due, all of it. Dry metrics count among the measurements and never as bad."""
        if self.is_over:
            return
        ending = assess.must_end(self.run.status.metric_results, terminate=self.run.spec.terminate)
        taken: dict[str, Measurement] = {}
        for task in schedule.tasks(self.run, self.metrics, now, terminating=ending):
            name, stamp = task.metric.name, instants.stamp(now)
            self._numbers[name] = self._numbers.get(name, 0) + 1
            phase = self._judge(self._seen.name, task.metric, self._numbers[name])
            taken[name] = Measurement(phase=phase, started_at=stamp, finished_at=stamp)
            self.measured += 1
            self.bad += phase != Phase.SUCCESSFUL and name not in self._dry
        self._become(record.status(self.run, self.metrics, taken, self._dry, {}, now))

    def _become(self, status: object) -> None:
        self.run = msgspec.structs.replace(self.run, status=status)
