"""AnalysisRuns and Experiments of a Rollout, as they are created."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from holdfast.engine.rollout import analysis_spec, field_paths, ownership, replica_sets
from holdfast.engine.rollout.actions import StartExperiment, StartRun
from holdfast.engine.rollout.draft import Seen
from holdfast.model.canary import AnalysisRunArgument, RolloutAnalysis, RolloutExperimentTemplate
from holdfast.model.experiment import ChildMetadata
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, HASH_LABEL
from holdfast.model.rollout import Rollout

LATER: Final = "later"
KINDS = {"Step": "Step", "Background": "Background", "PrePromotion": "PrePromotion", "PostPromotion": "PostPromotion"}


def analysis_run(rollout: Rollout, start: StartRun, templates: Sequence[KubeObject], *, stable: str) -> KubeObject:
    """Raises ValueError for an argument without a value and for two metrics of one name."""
    given = _arguments(rollout, start.analysis.args, latest=start.hash, stable=stable)
    labels = {
        **start.analysis.analysis_run_metadata.labels,
        HASH_LABEL: start.hash,
        "rollout-type": KINDS[start.kind],
    }
    if start.step is not None:
        labels["step-index"] = str(start.step)
    annotations = {**start.analysis.analysis_run_metadata.annotations, replica_sets.REVISION: str(start.revision)}
    asked = start.analysis
    spec = analysis_spec.build(
        templates,
        given,
        dry_run=asked.dry_run,
        retention=asked.measurement_retention,
        field=partial(field_paths.value, rollout),
    )
    return {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": _metadata(rollout, start.name, labels, annotations),
        "spec": spec,
    }


def foreseen(rollout: Rollout, wanted: RolloutAnalysis, templates: Sequence[KubeObject]) -> dict[str, Any]:
    """The spec of a run that is to come; `LATER` stands for what nobody knows before. Raises ValueError as above."""
    given = [{"name": one.name, "value": _foreseen(rollout, one)} for one in wanted.args]
    field = partial(_foreseen_field, rollout)
    return analysis_spec.build(
        templates, given, dry_run=wanted.dry_run, retention=wanted.measurement_retention, field=field
    )


def _foreseen_field(rollout: Rollout, path: str) -> str:
    return LATER if path.startswith("status.") else field_paths.value(rollout, path)


def _foreseen(rollout: Rollout, argument: AnalysisRunArgument) -> str:
    source = argument.value_from
    if source is not None and source.field_ref is not None:
        return _foreseen_field(rollout, source.field_ref.field_path)
    return next((value for _, value in _values(rollout, (argument,), latest=LATER, stable=LATER)), "")


def _metadata(rollout: Rollout, name: str, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": rollout.metadata.namespace,
        "labels": {**labels, **ownership.instance_label(rollout.metadata)},
        "annotations": annotations,
        "ownerReferences": [ownership.controlled_by("Rollout", rollout.metadata)],
    }


def _arguments(
    rollout: Rollout, args: Iterable[AnalysisRunArgument], *, latest: str, stable: str
) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in _values(rollout, args, latest=latest, stable=stable)]


def _values(
    rollout: Rollout, args: Iterable[AnalysisRunArgument], *, latest: str, stable: str
) -> Iterable[tuple[str, str]]:
    """Name and value of each argument. Raises ValueError for a field that the Rollout does not have."""
    for argument in args:
        source = argument.value_from
        if source is None:
            yield argument.name, argument.value
        elif source.pod_template_hash_value is not None:
            yield argument.name, stable if source.pod_template_hash_value == "Stable" else latest
        elif source.field_ref is not None:
            yield argument.name, field_paths.value(rollout, source.field_ref.field_path)


def experiment(seen: Seen, start: StartExperiment, *, stable: str) -> KubeObject:
    rollout, step = seen.rollout, start.step
    labels = {HASH_LABEL: start.hash, "step-index": str(start.index)}
    analyses = []
    for one in step.analyses:
        args = _arguments(rollout, one.args, latest=start.hash, stable=stable)
        entry: dict[str, Any] = {"name": one.name, "templateName": one.template_name}
        entry |= {"clusterScope": True} if one.cluster_scope else {}
        entry |= {"requiredForCompletion": True} if one.required_for_completion else {}
        analyses.append({**entry, **({"args": args} if args else {})})
    spec: dict[str, Any] = {
        "templates": [_experiment_template(seen, one, start, stable) for one in step.templates],
        "analyses": analyses,
        "progressDeadlineSeconds": rollout.spec.progress_deadline_seconds or 600,
    }
    if step.duration:
        spec["duration"] = step.duration
    if step.scale_down_delay_seconds is not None:
        spec["scaleDownDelaySeconds"] = step.scale_down_delay_seconds
    if step.dry_run:
        spec["dryRun"] = [msgspec.to_builtins(one) for one in step.dry_run]
    if step.analysis_run_metadata != ChildMetadata():
        spec["analysisRunMetadata"] = msgspec.to_builtins(step.analysis_run_metadata)
    annotations = {replica_sets.REVISION: str(start.revision)}
    return {
        "apiVersion": API_VERSION,
        "kind": "Experiment",
        "metadata": _metadata(rollout, start.name, labels, annotations),
        "spec": spec,
    }


def _experiment_template(
    seen: Seen, one: RolloutExperimentTemplate, start: StartExperiment, stable: str
) -> dict[str, Any]:
    wanted = start.hash if one.spec_ref == "canary" else stable
    found = replica_sets.by_hash(seen.sets, wanted)
    template = found.obj["spec"]["template"] if found is not None else seen.template
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    labels |= one.metadata.labels
    annotations = {**(metadata.get("annotations") or {}), **one.metadata.annotations}
    selector = msgspec.to_builtins(one.selector) if one.selector is not None else {"matchLabels": labels}
    entry: dict[str, Any] = {
        "name": one.name,
        "selector": selector,
        "minReadySeconds": seen.rollout.spec.min_ready_seconds,
        "template": {**template, "metadata": {**metadata, "labels": labels, "annotations": annotations}},
    }
    if one.replicas is not None:
        entry["replicas"] = one.replicas
    if one.service is not None or one.weight is not None:
        entry["service"] = {"name": one.service.name} if one.service is not None and one.service.name else {}
    return entry
