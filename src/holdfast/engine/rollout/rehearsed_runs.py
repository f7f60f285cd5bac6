"""What a rehearsal needs to know of analyses and experiments, and the plainest answer: their verdict comes at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from holdfast.engine.rollout.actions import RunAction, StartExperiment, StartRun, StopExperiment, StopRun
from holdfast.engine.rollout.draft import Run, Seen
from holdfast.engine.rollout.step_plugins import named
from holdfast.model.rollout import Rollout

EXPERIMENT: Final = "Experiment"
PLUGIN: Final = "Plugin"
KINDS: Final = ("Step", "Background", "PrePromotion", "PostPromotion", EXPERIMENT, PLUGIN)
"""What may be told to fail."""


class Trials(Protocol):
    """The AnalysisRuns and Experiments of one rehearsal, on its clock."""

    def perform(self, seen: Seen, action: RunAction, stable: str) -> bool:
        """Answers whether anything changed. Raises ValueError for what the controller would refuse to start."""

    def runs(self) -> tuple[Run, ...]: ...

    def experiments(self) -> tuple[Run, ...]: ...

    def coming(self) -> datetime | None:
        """The next moment that may bring a verdict. What measures without end brings none by itself."""

    def proceed(self, until: datetime) -> datetime | None:
        """Goes on to the moment, or to the first before it at which something can be seen; answers that one."""


class AtOnce:
    """Every verdict is there as soon as it is asked for."""

    def __init__(self, fails: Callable[[str], bool]) -> None:
        self._fails = fails
        self._runs: dict[str, Run] = {}
        self._experiments: dict[str, Run] = {}

    def perform(self, seen: Seen, action: RunAction, stable: str) -> bool:
        match action:
            case StartRun():
                phase = self._phase(action.kind)
                self._runs[action.name] = Run(action.name, action.kind, action.hash, action.step, phase)
            case StartExperiment():
                phase = self._phase(EXPERIMENT)
                self._experiments[action.name] = Run(action.name, "", action.hash, action.index, phase)
            case StopRun() | StopExperiment():
                return False
            case _:
                self._runs.pop(action.name, None)
        return True

    def _phase(self, kind: str) -> str:
        return "Failed" if self._fails(kind) else "Successful"

    def runs(self) -> tuple[Run, ...]:
        return tuple(self._runs.values())

    def experiments(self) -> tuple[Run, ...]:
        return tuple(self._experiments.values())

    def coming(self) -> datetime | None:
        return None

    def proceed(self, until: datetime) -> datetime | None:
        return None


def places(rollout: Rollout) -> Mapping[str, int]:
    """How many analyses, experiments and plugins of each kind the Rollout names."""
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    steps = canary.steps if canary is not None else ()
    return {
        "Step": sum(step.analysis is not None for step in steps),
        "Background": int(canary is not None and canary.analysis is not None),
        "PrePromotion": int(blue_green is not None and blue_green.pre_promotion_analysis is not None),
        "PostPromotion": int(blue_green is not None and blue_green.post_promotion_analysis is not None),
        EXPERIMENT: sum(step.experiment is not None for step in steps),
        PLUGIN: len(named(rollout)),
    }
