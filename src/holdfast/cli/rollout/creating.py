"""`holdfast rollout create`: the objects of a file, or an AnalysisRun of a template that is on the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import typer
from msgspec import Struct

from holdfast.cli.connection import with_cluster
from holdfast.cli.rollout import object_files, rollouts
from holdfast.cli.rollout.rollouts import (
    EXPERIMENT,
    FIELD_MANAGER,
    ROLLOUT,
    KubeconfigOption,
    KubeconfigPath,
    NamespaceOption,
)
from holdfast.engine.analysis.template_walk import TemplateWalk
from holdfast.engine.rollout import analysis_spec
from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, kind_of, name_of, namespace_of
from holdfast.model.names import API_VERSION, GROUP, INSTANCE_LABEL, VERSION
from holdfast.model.resource_types import ANALYSIS_RUN
from holdfast.ports.cluster import Cluster

TEMPLATE: Final = ResourceType(GROUP, VERSION, "AnalysisTemplate", "analysistemplates", namespaced=True)
CLUSTER_TEMPLATE: Final = ResourceType(
    GROUP, VERSION, "ClusterAnalysisTemplate", "clusteranalysistemplates", namespaced=False
)
RESOURCES: Final = {one.kind: one for one in (ROLLOUT, EXPERIMENT, ANALYSIS_RUN, TEMPLATE, CLUSTER_TEMPLATE)}


class Created(StrEnum):
    FILE = "file"
    ANALYSIS_RUN = "analysisrun"


class Source(Struct, frozen=True):
    """The template: `name` on the cluster, or the only one of `file`."""

    name: str
    file: Path | None
    is_of_cluster: bool


def create(
    kind: Created = typer.Argument(Created.FILE, metavar="[analysisrun]", help="Without it, what -f names."),
    file: Path | None = typer.Option(None, "--filename", "-f", help="Rollouts, Experiments, analyses and templates."),
    template: str = typer.Option("", "--from", help="The AnalysisTemplate that the AnalysisRun is made of."),
    template_file: Path | None = typer.Option(None, "--from-file", help="The same, out of a file."),
    is_of_cluster: bool = typer.Option(False, "--global", help="The template is a ClusterAnalysisTemplate."),
    arguments: list[str] = typer.Option([], "--argument", "-a", metavar="NAME=VALUE", help="An argument's value."),
    name: str = typer.Option("", "--name", help="Of the AnalysisRun; by default the template's and five letters."),
    generate_name: str = typer.Option("", "--generate-name", help="What the name begins with."),
    instance_id: str = typer.Option("", "--instance-id", help="The controller that carries it out, of several."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Create the objects of a file, or an AnalysisRun of a template."""
    if kind is Created.FILE:
        if file is None:
            raise Blocked("NoFile", "say what to create: -f FILE, or `analysisrun --from TEMPLATE`")
        objects = _of_file(file)
        with_cluster(kubeconfig, lambda cluster: _create_all(cluster, objects, namespace))
        return
    if file is not None or bool(template) == (template_file is not None):
        raise Blocked("NoTemplate", "an AnalysisRun is made of a template: give --from NAME or --from-file FILE")
    source = Source(template, template_file, is_of_cluster)
    values = _values(arguments)
    metadata: dict[str, Any] = {"name": name} if name else {"generateName": generate_name} if generate_name else {}
    if instance_id:
        metadata["labels"] = {INSTANCE_LABEL: instance_id}
    made = with_cluster(kubeconfig, lambda cluster: _create_run(cluster, source, values, metadata, namespace))
    typer.echo(f"analysisrun.{GROUP}/{name_of(made)} created")


def _of_file(file: Path) -> Sequence[KubeObject]:
    objects = object_files.read(file)
    foreign = [f"{obj.get('apiVersion') or 'no apiVersion'} {kind_of(obj) or 'no kind'}" for obj in objects.others]
    if foreign:
        raise Blocked("NotOurs", f"{file} has {foreign[0]}: only {', '.join(RESOURCES)} are created; use kubectl")
    if not objects.own:
        raise Blocked("Nothing", f"{file} has no object")
    return objects.own


async def _create_all(cluster: Cluster, objects: Sequence[KubeObject], namespace: str) -> None:
    for obj in objects:
        resource = RESOURCES[kind_of(obj)]
        placed = _placed(obj, namespace_of(obj) or namespace) if resource.namespaced else obj
        made = await cluster.create(resource, placed, field_manager=FIELD_MANAGER)
        typer.echo(f"{resource.kind.lower()}.{GROUP}/{name_of(made)} created")


def _placed(obj: KubeObject, namespace: str) -> KubeObject:
    return {**obj, "metadata": {**(obj.get("metadata") or {}), "namespace": namespace}}


def _values(arguments: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for text in arguments:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise Blocked("NoArgument", f"an argument is given as NAME=VALUE, not {text!r}")
        found.append({"name": name, "value": value})
    return found


async def _create_run(
    cluster: Cluster, source: Source, values: list[dict[str, Any]], metadata: dict[str, Any], namespace: str
) -> KubeObject:
    templates = await _templates(cluster, source, namespace)
    known = {str(one.get("name")) for each in templates for one in (each.get("spec") or {}).get("args") or []}
    unknown = sorted(str(one["name"]) for one in values if one["name"] not in known)
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        raise Blocked("NoSuchArgument", f"the template has no argument {unknown[0]!r}; it has {there}")
    try:
        spec = analysis_spec.build(templates, values, dry_run=(), retention=())
    except ValueError as error:
        raise Blocked("InvalidAnalysis", f"{error}: give it with -a NAME=VALUE") from None
    named = metadata if metadata.keys() & {"name", "generateName"} else {"generateName": f"{name_of(templates[0])}-"}
    obj = {"apiVersion": API_VERSION, "kind": "AnalysisRun", "metadata": {**metadata, **named, "namespace": namespace}}
    return await cluster.create(ANALYSIS_RUN, {**obj, "spec": spec}, field_manager=FIELD_MANAGER)


async def _templates(cluster: Cluster, source: Source, namespace: str) -> list[KubeObject]:
    """The template and those that it names in turn, each once."""
    if source.file is not None:
        kind = (CLUSTER_TEMPLATE if source.is_of_cluster else TEMPLATE).kind
        inside = object_files.read(source.file).of_kind(kind)
        if len(inside) != 1:
            raise Blocked("NoTemplate", f"{source.file} has {len(inside)} of {kind}, not one")
        first = inside[0]
    else:
        first = await _template(cluster, source.name, namespace, is_of_cluster=source.is_of_cluster)
    walk = TemplateWalk(())
    walk.take(AnalysisTemplateRef(template_name=name_of(first), cluster_scope=source.is_of_cluster), first)
    while not walk.is_full and (inner := walk.next()) is not None:
        found = await _template(cluster, inner.template_name, namespace, is_of_cluster=inner.cluster_scope)
        walk.take(inner, found)
    return walk.found


async def _template(cluster: Cluster, name: str, namespace: str, *, is_of_cluster: bool) -> KubeObject:
    resource = CLUSTER_TEMPLATE if is_of_cluster else TEMPLATE
    where = "" if is_of_cluster else namespace
    return await rollouts.read_of_kind(cluster, resource, name, where, reason="TemplateNotFound")
