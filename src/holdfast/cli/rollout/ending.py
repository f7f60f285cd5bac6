"""`holdfast rollout terminate`: ends an AnalysisRun or an Experiment before its time."""

from __future__ import annotations

from enum import StrEnum

import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.rollouts import (
    EXPERIMENT,
    FIELD_MANAGER,
    KubeconfigOption,
    KubeconfigPath,
    NamespaceOption,
)
from holdfast.model.errors import Blocked
from holdfast.model.resource_types import ANALYSIS_RUN
from holdfast.ports.cluster import Cluster, PatchKind


class Ended(StrEnum):
    ANALYSIS_RUN = "analysisrun"
    EXPERIMENT = "experiment"


def terminate(
    kind: Ended = typer.Argument(..., help="What it is."),
    name: str = typer.Argument(..., help="`name` or `namespace/name`."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """End an AnalysisRun or an Experiment; what it has found so far counts."""
    where, plain = rollouts.qualified(name, namespace)
    with_cluster(kubeconfig, lambda cluster: end(cluster, kind, where, plain))
    typer.echo(f"{kind} '{plain}' terminated")


async def end(cluster: Cluster, kind: Ended, namespace: str, name: str) -> None:
    """Raises Blocked that names those there are."""
    resource = ANALYSIS_RUN if kind is Ended.ANALYSIS_RUN else EXPERIMENT
    if await cluster.get(resource, namespace, name) is None:
        listing = await cluster.list(resource, namespace=namespace)
        there = ", ".join(sorted(it.metadata.name for it in listing.items)) or "none"
        raise Blocked("NotFound", f"no {kind} {name!r} in namespace {namespace!r}; there: {there}")
    body = {"spec": {"terminate": True}}
    await cluster.patch(resource, namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
