"""What monitoring reads of everything that the rollout controller sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec

from holdfast.controllers.rollout.world import ANALYSIS_RUN, EXPERIMENT, ROLLOUT
from holdfast.engine.rollout import figures
from holdfast.model.analysis import AnalysisRun
from holdfast.model.experiment import Experiment
from holdfast.model.keys import GroupKind
from holdfast.model.rollout import Rollout
from holdfast.runtime.store import Store

T = TypeVar("T", bound=msgspec.Struct)


def exposition(store: Store) -> str:
    return figures.exposition(
        _all(store, ROLLOUT, Rollout), _all(store, EXPERIMENT, Experiment), _all(store, ANALYSIS_RUN, AnalysisRun)
    )


def _all(store: Store, kind: GroupKind, model: type[T]) -> Iterator[T]:
    """What cannot be read is told elsewhere."""
    for live in store.of_kind(kind):
        with suppress(msgspec.ValidationError):
            yield live.read_as(model)
