"""The metrics of a run with their arguments put in, those from Secrets included."""

from __future__ import annotations

import base64
import binascii

from msgspec import Struct

from holdfast.controllers.world import World
from holdfast.engine.analysis import arguments, retention, validation
from holdfast.engine.analysis.arguments import ArgumentError
from holdfast.model.analysis import AnalysisRun, Metric
from holdfast.model.resource_types import SECRET


class Inputs(Struct, frozen=True):
    """`secrets` are the values that must never be told; `kept` is how many measurements of a metric stay."""

    metrics: tuple[Metric, ...]
    secrets: tuple[str, ...]
    dry: frozenset[str]
    kept: dict[str, int]


async def read(world: World, run: AnalysisRun) -> Inputs:
    """Raises ArgumentError for what a person must change."""
    secret = await _secret_values(world, run)
    metrics = arguments.resolved(run.spec.metrics, {**arguments.plain_values(run.spec.args), **secret})
    problem = validation.problem(metrics)
    if problem:
        raise ArgumentError(problem)
    return Inputs(
        metrics=metrics,
        secrets=tuple(secret.values()),
        dry=retention.dry_metrics(run.spec.dry_run, metrics),
        kept=dict(retention.limits(run.spec.measurement_retention, metrics)),
    )


async def _secret_values(world: World, run: AnalysisRun) -> dict[str, str]:
    """Asked for anew each time: they are held no longer than the measurement takes."""
    namespace = run.metadata.namespace
    return {
        argument: await _secret_value(world, namespace, name, key, argument)
        for argument, (name, key) in arguments.secret_places(run.spec.args).items()
    }


async def _secret_value(world: World, namespace: str, name: str, key: str, argument: str) -> str:
    found = await world.cluster.get(SECRET, namespace, name)
    if found is None:
        raise ArgumentError(f"args.{argument}: there is no Secret {name} in namespace {namespace}")
    encoded = (found.get("data") or {}).get(key)
    if encoded is None:
        raise ArgumentError(f"args.{argument}: the Secret {name} has no key {key}")
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ArgumentError(f"args.{argument}: the key {key} of Secret {name} is no text") from error
