"""What becomes of a release whose new version has faults: the same release many times over, with other measurements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median_low
from typing import Final

import msgspec
from msgspec import Struct

from holdfast.engine.flow.rehearsal.analyses import Analyses
from holdfast.engine.flow.rehearsal.error_rate import Faults, Meaning, Measurements
from holdfast.engine.flow.rehearsal.play import Release, cluster_of
from holdfast.engine.kube import canonical
from holdfast.engine.rollout import defaults, rehearsal
from holdfast.engine.rollout.rehearsal import Moment, Simulated
from holdfast.model.names import HASH_LABEL

MOST_MOVES: Final = 60_000
"""Of all releases together; the last one that begins below it is played to its end."""


class End(StrEnum):
    COMPLETED = "completed"
    ABORTED = "aborted"
    PAUSED = "paused"
    UNFINISHED = "unfinished"


class Outcome(Struct, frozen=True):
    """One release. `share` is the part of the traffic that the new version had just before the end, `traffic` all that
    it had: as much as the whole service has in that time. Without a step outside of canaries."""

    end: End
    step: int | None
    share: float
    after: timedelta
    bad: int
    measured: int
    traffic: timedelta


class Kind(Struct, frozen=True):
    """Releases that end the same way at the same step: how many, and their middle; `last` is the latest of them."""

    end: End
    step: int | None
    share: float
    count: int
    after: timedelta
    last: timedelta
    bad: int
    measured: int
    traffic: timedelta


class Chances(Struct, frozen=True):
    kinds: tuple[Kind, ...]
    releases: int
    """That were played: as many as asked for, unless they have very many moves."""
    meanings: dict[str, Meaning]
    """Of the metrics that were measured."""


def simulated(release: Release, faults: Faults, releases: int) -> Chances:
    """Raises ValueError for what the controller would refuse, and for what is too long to play through."""
    measurements = Measurements(faults)
    outcomes: list[Outcome] = []
    moves = 0
    for number in range(releases):
        if moves > MOST_MOVES:
            break
        trials = Analyses(release.templates, release.ready_after, judge=measurements.of(number))
        cluster, template = cluster_of(release, trials)
        rehearsal.deploy(cluster)
        moments = list(_until_the_end(cluster, rehearsal.release(cluster, template)))
        moves += len(moments)
        outcomes.append(_outcome(moments, trials))
        if not trials.played:
            # Nothing is measured, so that every one is like this one.
            outcomes *= releases
            break
    return Chances(tuple(_kinds(outcomes)), len(outcomes), measurements.meanings())


def _until_the_end(cluster: Simulated, moments: Iterator[Moment]) -> Iterator[tuple[Moment, float, End | None]]:
    """Each moment with the share of the traffic from it on; the last one says how it ended."""
    for moment in moments:
        found = _end(cluster)
        yield moment, _share(cluster, moment), found
        if found is not None:
            return


def _outcome(moments: Sequence[tuple[Moment, float, End | None]], trials: Analyses) -> Outcome:
    traffic = 0.0
    for (before, share, _), (after, _, _) in pairwise(moments):
        traffic += share * (after.after - before.after).total_seconds()
    last, share, end = moments[-1]
    if end in (End.ABORTED, End.PAUSED) and len(moments) > 1:
        # The end itself has taken the traffic away, or led to the first step.
        before, share, _ = moments[-2]
        last = msgspec.structs.replace(last, step=before.step)
    bad, measured = sum(one.bad for one in trials.played), sum(one.measured for one in trials.played)
    return Outcome(end or End.UNFINISHED, last.step, share, last.after, bad, measured, timedelta(seconds=traffic))


def _end(cluster: Simulated) -> End | None:
    status = cluster.rollout.status
    if status.abort:
        return End.ABORTED
    if any(one.reason.startswith("Inconclusive") for one in status.pause_conditions):
        return End.PAUSED
    post = status.blue_green.post_promotion_analysis_run_status
    is_judged = post is None or post.status not in ("Pending", "Running")
    is_promoted = status.stable_rs == status.current_pod_hash and status.phase == "Healthy"
    return End.COMPLETED if is_promoted and is_judged else None


def _share(cluster: Simulated, moment: Moment) -> float:
    """The part of the traffic that goes to the new version."""
    rollout = cluster.rollout
    strategy = defaults.blue_green(rollout)
    if strategy is not None:
        service = cluster.services.get(strategy.active_service)
        selected = canonical.get_path(service, "spec", "selector", HASH_LABEL)
        return float(selected == rollout.status.current_pod_hash)
    if moment.weight is not None:
        return moment.weight / defaults.max_weight(rollout)
    serving = moment.canary_ready + moment.stable_ready
    return moment.canary_ready / serving if serving else 0.0


def _kinds(outcomes: Sequence[Outcome]) -> list[Kind]:
    """The most frequent first."""
    together: dict[tuple[End, int | None], list[Outcome]] = {}
    for one in outcomes:
        together.setdefault((one.end, one.step if one.end is not End.COMPLETED else None), []).append(one)
    found = [_kind(end, step, alike) for (end, step), alike in together.items()]
    return sorted(found, key=lambda kind: (-kind.count, kind.end, kind.step or 0))


def _kind(end: End, step: int | None, alike: Sequence[Outcome]) -> Kind:
    return Kind(
        end,
        step,
        median_low(one.share for one in alike),
        len(alike),
        median_low(one.after for one in alike),
        max(one.after for one in alike),
        median_low(one.bad for one in alike),
        median_low(one.measured for one in alike),
        median_low(one.traffic for one in alike),
    )
