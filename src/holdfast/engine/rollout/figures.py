"""What monitoring reads of Rollouts, Experiments and AnalysisRuns, under Argo Rollouts' names.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/, "Text-based format"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from holdfast.engine.rollout import defaults
from holdfast.model.analysis import AnalysisRun
from holdfast.model.experiment import Experiment
from holdfast.model.rollout import Rollout

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


def exposition(rollouts: Iterable[Rollout], experiments: Iterable[Experiment], runs: Iterable[AnalysisRun]) -> str:
    """Each gauge with its lines; of one object each has one."""
    known = list(rollouts)
    lines = [*_gauge("rollout_info", "What a Rollout is and how it is.", ((_of_rollout(one), 1) for one in known))]
    for name, text, count in (
        ("desired", "How many pods a Rollout asks for.", defaults.replicas),
        ("available", "How many pods of a Rollout are available.", lambda one: one.status.available_replicas),
        ("unavailable", "How many pods of a Rollout are not available.", _unavailable),
        ("updated", "How many pods of a Rollout have its template.", lambda one: one.status.updated_replicas),
    ):
        values = ((_place(one), count(one)) for one in known)
        lines += _gauge(f"rollout_info_replicas_{name}", text, values)
    found = (({**_place(one), "phase": one.status.phase}, 1) for one in experiments)
    lines += _gauge("experiment_info", "How an Experiment is.", found)
    judged = (({**_place(one), "phase": str(one.status.phase)}, 1) for one in runs)
    lines += _gauge("analysis_run_info", "How an AnalysisRun is.", judged)
    return "".join(f"{line}\n" for line in lines)


def _gauge(name: str, text: str, values: Iterable[tuple[dict[str, str], int]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        said = ",".join(f'{label}="{_escaped(word)}"' for label, word in labels.items())
        yield f"{name}{{{said}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _place(one: Rollout | Experiment | AnalysisRun) -> dict[str, str]:
    return {"namespace": one.metadata.namespace, "name": one.metadata.name}


def _of_rollout(one: Rollout) -> dict[str, str]:
    is_blue_green = defaults.blue_green(one) is not None
    routing = None if is_blue_green else defaults.canary(one).traffic_routing
    routers = [word for field, word in _ROUTERS.items() if getattr(routing, field, None)]
    kind = "blueGreen" if is_blue_green else "canary"
    return {**_place(one), "strategy": kind, "traffic_router": ",".join(routers), "phase": one.status.phase}


def _unavailable(one: Rollout) -> int:
    return max(one.status.replicas - one.status.available_replicas, 0)
