"""What monitoring reads of Rollouts, Experiments and AnalysisRuns.

Source of names and labels: Argo Rollouts, docs/features/controller-metrics.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from holdfast.engine.rollout import defaults
from holdfast.engine.rollout.process_figures import provider_of
from holdfast.engine.rollout.prometheus_text import counter, gauge, histogram
from holdfast.model.analysis import AnalysisRun
from holdfast.model.experiment import Experiment
from holdfast.model.figures import Figures
from holdfast.model.rollout import Rollout

T = TypeVar("T", Rollout, Experiment, AnalysisRun)

_ROUTERS = {
    "alb": "ALB",
    "ambassador": "Ambassador",
    "apisix": "Apisix",
    "istio": "Istio",
    "nginx": "Nginx",
    "smi": "SMI",
    "traefik": "Traefik",
    "plugins": "Plugins",
}
_PHASES = ("Healthy", "Degraded", "Progressing", "Paused")
_JUDGED_PHASES = ("Pending", "Running", "Successful", "Failed", "Error", "Inconclusive")


class Seen(Struct, Generic[T], frozen=True):
    """The objects of one kind and what was counted of them."""

    objects: Iterable[T]
    figures: Figures = {}


def exposition(rollouts: Seen[Rollout], experiments: Seen[Experiment], runs: Seen[AnalysisRun]) -> str:
    """Every family with its lines, also one that has none yet."""
    return "".join(
        f"{line}\n" for line in (*_of_rollouts(rollouts), *_of_experiments(experiments), *_of_analyses(runs))
    )


def _of_rollouts(seen: Seen[Rollout]) -> Iterator[str]:
    known = list(seen.objects)
    yield from gauge("rollout_info", "What a Rollout is and how it is.", ((_described(one), 1) for one in known))
    for name, text, count in (
        ("desired", "How many pods a Rollout asks for.", defaults.replicas),
        ("available", "How many pods of a Rollout are available.", lambda one: one.status.available_replicas),
        ("unavailable", "How many pods of a Rollout are not available.", _unavailable),
        ("updated", "How many pods of a Rollout have its template.", lambda one: one.status.updated_replicas),
    ):
        yield from gauge(f"rollout_info_replicas_{name}", text, ((_place(one), count(one)) for one in known))
    phases = (
        ({**_place(one), "strategy": _strategy(one), "phase": phase}, int(one.status.phase == phase))
        for one in known
        for phase in _PHASES
    )
    yield from gauge("rollout_phase", "Whether a Rollout is in a phase; rollout_info says it, too.", phases)
    yield from _of_work("rollout", "a Rollout", seen.figures)
    told = (
        ({"namespace": key.namespace, "name": key.name, "type": kind, "reason": reason}, count)
        for key, figures in seen.figures.items()
        for (kind, reason), count in figures.events.items()
    )
    yield from counter("rollout_events_total", "How many events told of a Rollout.", told)
    yield from _of_releases(seen.figures)


def _of_releases(figures: Figures) -> Iterator[str]:
    found = [
        ({"namespace": key.namespace, "name": key.name, "completion_status": word}, releases)
        for key, of_one in figures.items()
        for word, releases in of_one.releases.items()
    ]
    text = "How many seconds a release took"
    yield from histogram("rollout_duration_seconds", f"{text}.", ((labels, one.whole) for labels, one in found))
    progressing = ((labels, one.progressing) for labels, one in found)
    yield from histogram("rollout_progression_duration_seconds", f"{text} without waiting for people.", progressing)
    paused = ((labels, one.paused) for labels, one in found)
    yield from histogram(
        "rollout_manual_pause_duration_seconds", "How many seconds a release waited for people.", paused
    )


def _of_experiments(seen: Seen[Experiment]) -> Iterator[str]:
    known = list(seen.objects)
    info = (({**_place(one), "phase": one.status.phase}, 1) for one in known)
    yield from gauge("experiment_info", "How an Experiment is.", info)
    phases = ((_place(one), one.status.phase) for one in known)
    yield from _judged("experiment_phase", "Whether an Experiment is in a phase; experiment_info says it, too.", phases)
    yield from _of_work("experiment", "an Experiment", seen.figures)


def _of_analyses(seen: Seen[AnalysisRun]) -> Iterator[str]:
    known = list(seen.objects)
    info = (({**_place(one), "phase": one.status.phase}, 1) for one in known)
    yield from gauge("analysis_run_info", "How an AnalysisRun is.", info)
    text = "Whether an AnalysisRun is in a phase; analysis_run_info says it, too."
    yield from _judged("analysis_run_phase", text, ((_place(one), one.status.phase) for one in known))
    kinds = (
        ({**_place(one), "type": provider_of(metric), "metric": metric.name}, 1)
        for one in known
        for metric in one.spec.metrics
    )
    yield from gauge("analysis_run_metric_type", "Who measures for a metric of an AnalysisRun.", kinds)
    metrics = (
        ({**_place(one), "metric": result.name, "dry_run": str(result.dry_run).lower()}, result.phase)
        for one in known
        for result in one.status.metric_results
    )
    yield from _judged("analysis_run_metric_phase", "Whether a metric of an AnalysisRun is in a phase.", metrics)
    yield from _of_work("analysis_run", "an AnalysisRun", seen.figures)


def _of_work(prefix: str, whose: str, figures: Figures) -> Iterator[str]:
    known = [({"namespace": key.namespace, "name": key.name}, of_one) for key, of_one in figures.items()]
    yield from histogram(
        f"{prefix}_reconcile",
        f"How many seconds the work on {whose} took.",
        ((labels, one.work) for labels, one in known),
    )
    failures = ((labels, of_one.failures) for labels, of_one in known)
    yield from counter(f"{prefix}_reconcile_error", f"How often the work on {whose} failed.", failures)


def _judged(name: str, text: str, found: Iterable[tuple[dict[str, str], str]]) -> Iterator[str]:
    """One that was not looked at yet is pending."""
    yield from gauge(
        name,
        text,
        (
            ({**labels, "phase": phase}, int((is_in or _JUDGED_PHASES[0]) == phase))
            for labels, is_in in found
            for phase in _JUDGED_PHASES
        ),
    )


def _place(one: Rollout | Experiment | AnalysisRun) -> dict[str, str]:
    return {"namespace": one.metadata.namespace, "name": one.metadata.name}


def _strategy(one: Rollout) -> str:
    return "canary" if defaults.blue_green(one) is None else "blueGreen"


def _described(one: Rollout) -> dict[str, str]:
    strategy = _strategy(one)
    routing = None if strategy == "blueGreen" else defaults.canary(one).traffic_routing
    routers = [word for field, word in _ROUTERS.items() if getattr(routing, field, None)]
    return {**_place(one), "strategy": strategy, "traffic_router": ",".join(routers), "phase": one.status.phase}


def _unavailable(one: Rollout) -> int:
    return max(one.status.replicas - one.status.available_replicas, 0)
