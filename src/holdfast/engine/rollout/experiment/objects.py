"""What is made for an Experiment: ReplicaSets, Services and AnalysisRuns, all of names that it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from holdfast.engine.kube import canonical
from holdfast.engine.rollout import analysis_spec, ownership, replica_sets
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.experiment import (
    Experiment,
    ExperimentAnalysisTemplateRef,
    ExperimentArgument,
    ExperimentStatus,
    TemplateSpec,
)
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, HASH_LABEL

EXPERIMENT_NAME: Final = "experiment.argoproj.io/name"
TEMPLATE_NAME: Final = "experiment.argoproj.io/template-name"
ANALYSIS_NAME: Final = "experiment.argoproj.io/analysis-name"
_PLACE: Final = re.compile(r"\{\{\s*((?:templates|experiment)\.[^{}\s]+)\s*\}\}")


def replicas(wanted: TemplateSpec) -> int:
    return 1 if wanted.replicas is None else wanted.replicas


def set_name(experiment: Experiment, wanted: TemplateSpec) -> str:
    return f"{experiment.metadata.name}-{wanted.name}"


def service_name(experiment: Experiment, wanted: TemplateSpec) -> str:
    """ "" when none is asked for."""
    if wanted.service is None:
        return ""
    return wanted.service.name or set_name(experiment, wanted)


def replica_set(experiment: Experiment, wanted: TemplateSpec) -> KubeObject:
    """The hash knows the names as well: templates with the same pods must not share a Service."""
    name = set_name(experiment, wanted)
    metadata = wanted.template.get("metadata") or {}
    hash_ = replica_sets.template_hash({**wanted.template, "metadata": {**metadata, "name": name}})
    labels = {**(metadata.get("labels") or {}), HASH_LABEL: hash_}
    selector = msgspec.to_builtins(wanted.selector)
    annotations = {EXPERIMENT_NAME: experiment.metadata.name, TEMPLATE_NAME: wanted.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": _metadata(experiment, name, labels, annotations),
        "spec": {
            "replicas": replicas(wanted),
            "minReadySeconds": wanted.min_ready_seconds,
            "selector": canonical.with_path(selector, hash_, "matchLabels", HASH_LABEL),
            "template": {**wanted.template, "metadata": {**metadata, "labels": labels}},
        },
    }


def service(experiment: Experiment, name: str, pods: ReplicaSet) -> KubeObject:
    """Selects the pods of the set at the ports that their containers name."""
    selector = canonical.get_path(pods.obj, "spec", "selector", "matchLabels") or {HASH_LABEL: pods.hash}
    containers = canonical.get_path(pods.obj, "spec", "template", "spec", "containers") or []
    spec: dict[str, Any] = {"selector": selector}
    ports = list(_ports(containers))
    # A Service without ports is refused unless it has no address of its own.
    spec |= {"ports": ports} if ports else {"clusterIP": "None"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(experiment, name, {}, {EXPERIMENT_NAME: experiment.metadata.name}),
        "spec": spec,
    }


def _ports(containers: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: set[tuple[str, int]] = set()
    for port in [port for container in containers for port in container.get("ports") or []]:
        protocol, number = str(port.get("protocol") or "TCP"), int(port.get("containerPort") or 0)
        if (protocol, number) not in seen:
            seen.add((protocol, number))
            name = f"{protocol.lower()}-{number}"
            yield {"name": name, "protocol": protocol, "port": number, "targetPort": number}


def analysis_run(
    experiment: Experiment,
    status: ExperimentStatus,
    wanted: ExperimentAnalysisTemplateRef,
    name: str,
    templates: Sequence[KubeObject],
) -> KubeObject:
    """Raises ValueError for an argument without a value and for two metrics of one name."""
    spec = experiment.spec
    values = _places(experiment, status)
    given = [_argument(argument, values) for argument in wanted.args]
    more = spec.analysis_run_metadata
    labels = {**more.labels, **ownership.instance_label(experiment.metadata)}
    return {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": _metadata(experiment, name, labels, {**more.annotations, ANALYSIS_NAME: wanted.name}),
        "spec": analysis_spec.build(templates, given, dry_run=spec.dry_run, retention=spec.measurement_retention),
    }


def _places(experiment: Experiment, status: ExperimentStatus) -> dict[str, str]:
    """What arguments may name in double braces."""
    found = {"experiment.availableAt": status.available_at or ""}
    for one in status.template_statuses:
        found[f"templates.{one.name}.podTemplateHash"] = one.pod_template_hash
        found[f"templates.{one.name}.replicaset.name"] = f"{experiment.metadata.name}-{one.name}"
    return found


def _argument(argument: ExperimentArgument, values: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(argument)
    if argument.value is None:
        return found

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(f"args.{argument.name}: there is no {match[1]}; there are {', '.join(sorted(values))}")
        return values[match[1]]

    return {**found, "value": _PLACE.sub(value, argument.value)}


def _metadata(experiment: Experiment, name: str, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": experiment.metadata.namespace,
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [ownership.controlled_by("Experiment", experiment.metadata)],
    }
