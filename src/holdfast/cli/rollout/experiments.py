"""Experiments in `holdfast rollout list experiments` and `holdfast rollout retry experiment`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import typer

from holdfast.cli.output import Format, print_table
from holdfast.cli.rollout.rollouts import EXPERIMENT, FIELD_MANAGER, read_of_kind
from holdfast.engine.lang import durations, instants
from holdfast.model.errors import Blocked
from holdfast.model.experiment import Experiment
from holdfast.model.kube import KubeObject
from holdfast.ports.cluster import Cluster, PatchKind

HEADINGS = ("NAMESPACE", "NAME", "STATUS", "DURATION", "REMAINING", "READY", "ANALYSES", "MESSAGE")


def print_all(found: Sequence[KubeObject], output: Format, now: datetime) -> None:
    chosen = sorted((msgspec.convert(obj, Experiment) for obj in found), key=lambda it: it.metadata.key)
    if output is Format.NAME:
        for experiment in chosen:
            typer.echo(str(experiment.metadata.key))
        return
    print_table(HEADINGS, [row(experiment, now) for experiment in chosen])


def row(experiment: Experiment, now: datetime) -> tuple[str, ...]:
    spec, status = experiment.spec, experiment.status
    wanted = sum(1 if one.replicas is None else one.replicas for one in spec.templates)
    done = sum(run.phase not in ("", "Pending", "Running") for run in status.analysis_runs)
    return (
        experiment.metadata.namespace,
        experiment.metadata.name,
        status.phase or "Pending",
        spec.duration or "-",
        remaining(experiment, now),
        f"{sum(one.ready_replicas for one in status.template_statuses)}/{wanted}",
        f"{done}/{len(spec.analyses)}" if spec.analyses else "-",
        status.message,
    )


def summary(experiment: Experiment, now: datetime) -> list[tuple[str, str]]:
    """The line of the list as fields; what is not there is left out."""
    names = ("Namespace", "Name", "Status", "Duration", "Remaining", "Ready", "Analyses", "Message")
    return [field for field in zip(names, row(experiment, now), strict=True) if field[1] not in ("", "-")]


async def read_object(cluster: Cluster, name: str, namespace: str) -> KubeObject:
    return await read_of_kind(cluster, EXPERIMENT, name, namespace, reason="NotFound")


def remaining(experiment: Experiment, now: datetime) -> str:
    """In whole seconds, `-` where no time is running."""
    began, length = instants.parse(experiment.status.available_at), durations.parse(experiment.spec.duration or "")
    if experiment.status.phase != "Running" or began is None or length is None:
        return "-"
    return f"{int(max(began + length - now, timedelta(0)).total_seconds())}s"


async def retry(cluster: Cluster, namespace: str, name: str) -> str:
    """Begins an ended Experiment anew. Raises Blocked for one that is not there or has not ended."""
    obj = await cluster.get(EXPERIMENT, namespace, name)
    if obj is None:
        raise Blocked("NotFound", f"no experiment {name!r} in namespace {namespace!r}")
    phase = msgspec.convert(obj, Experiment).status.phase
    if phase in ("", "Pending", "Running"):
        raise Blocked("NotEnded", f"experiment {name!r} has not ended: it is {(phase or 'Pending').lower()}")
    changes: list[tuple[KubeObject, str]] = [({"status": None}, "status")]
    if (obj.get("spec") or {}).get("terminate"):
        # It would end again at once.
        changes.insert(0, ({"spec": {"terminate": None}}, ""))
    for body, subresource in changes:
        await cluster.patch(
            EXPERIMENT, namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER, subresource=subresource
        )
    return f"experiment '{name}' retried"
