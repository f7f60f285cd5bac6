"""Our CustomResourceDefinitions: names, scope, subresources and columns of those of Argo CD's group and of our own."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import Struct

from holdfast.model.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from holdfast.model.application import Application
from holdfast.model.applicationset import ApplicationSet
from holdfast.model.appproject import AppProject
from holdfast.model.approval import Approval
from holdfast.model.crd.schema import Schema, schema_of
from holdfast.model.experiment import Experiment
from holdfast.model.freeze import Freeze
from holdfast.model.kube import KubeObject
from holdfast.model.names import GROUP, OWN_GROUP, VERSION
from holdfast.model.rollout import Rollout
from holdfast.model.sync_record import SyncRecord


class Column(Struct, frozen=True):
    """A column of `kubectl get`; with a priority above 0 only shown by `-o wide`."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0


class Definition(Struct, frozen=True):
    resource: type[Struct]
    kind: str
    plural: str
    short_names: tuple[str, ...]
    namespaced: bool = True
    subresources: dict[str, Any] | None = None
    columns: tuple[Column, ...] = ()
    group: str = GROUP


_AGE = Column("Age", ".metadata.creationTimestamp", "date", "Time since resource was created")
_PHASE = Column("Status", ".status.phase")

DEFINITIONS = (
    Definition(
        resource=Application,
        kind="Application",
        plural="applications",
        short_names=("app", "apps"),
        columns=(
            Column("Sync Status", ".status.sync.status"),
            Column("Health Status", ".status.health.status"),
            Column("Revision", ".status.sync.revision", priority=10),
            Column("Project", ".spec.project", priority=10),
        ),
    ),
    Definition(resource=AppProject, kind="AppProject", plural="appprojects", short_names=("appproj", "appprojs")),
    Definition(
        resource=ApplicationSet,
        kind="ApplicationSet",
        plural="applicationsets",
        short_names=("appset", "appsets"),
        subresources={"status": {}},
    ),
    Definition(
        resource=Rollout,
        kind="Rollout",
        plural="rollouts",
        short_names=("ro",),
        subresources={
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.HPAReplicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        columns=(
            Column("Desired", ".spec.replicas", "integer", "Number of desired pods"),
            Column("Current", ".status.replicas", "integer", "Total number of non-terminated pods"),
            Column("Up-to-date", ".status.updatedReplicas", "integer", "Number of pods of the newest template"),
            Column("Available", ".status.availableReplicas", "integer", "Number of pods that are available"),
            _AGE,
        ),
    ),
    Definition(
        resource=AnalysisTemplate,
        kind="AnalysisTemplate",
        plural="analysistemplates",
        short_names=("at",),
        columns=(_AGE,),
    ),
    Definition(
        resource=ClusterAnalysisTemplate,
        kind="ClusterAnalysisTemplate",
        plural="clusteranalysistemplates",
        short_names=("cat",),
        namespaced=False,
        columns=(_AGE,),
    ),
    Definition(
        resource=AnalysisRun, kind="AnalysisRun", plural="analysisruns", short_names=("ar",), columns=(_PHASE, _AGE)
    ),
    Definition(
        resource=Experiment,
        kind="Experiment",
        plural="experiments",
        short_names=("exp",),
        subresources={"status": {}},
        columns=(_PHASE, _AGE),
    ),
    Definition(
        group=OWN_GROUP,
        resource=SyncRecord,
        kind="SyncRecord",
        plural="syncrecords",
        short_names=("syncrec", "syncrecs"),
        columns=(
            Column("Application", ".spec.application"),
            Column("Revision", ".spec.revision"),
            Column("Phase", ".spec.phase"),
            Column("Started", ".spec.startedAt"),
            _AGE,
        ),
    ),
    Definition(
        group=OWN_GROUP,
        resource=Approval,
        kind="Approval",
        plural="approvals",
        short_names=("appr",),
        columns=(
            Column("Application", ".spec.application"),
            Column("Revision", ".spec.revision"),
            Column("User", ".spec.user"),
            _AGE,
        ),
    ),
    Definition(
        group=OWN_GROUP,
        resource=Freeze,
        kind="Freeze",
        plural="freezes",
        short_names=("frz",),
        columns=(
            Column("Project", ".spec.project"),
            Column("Application", ".spec.application"),
            Column("Until", ".spec.until"),
            Column("Reason", ".spec.reason"),
            _AGE,
        ),
    ),
)


@cache
def schemas() -> dict[str, Schema]:
    """The schema of each kind."""
    return {definition.kind: schema_of(definition.resource) for definition in DEFINITIONS}


def definitions() -> tuple[KubeObject, ...]:
    """The CustomResourceDefinitions as Kubernetes takes them."""
    return tuple(_manifest(definition) for definition in DEFINITIONS)


def _manifest(definition: Definition) -> KubeObject:
    version: dict[str, Any] = {"name": VERSION, "served": True, "storage": True}
    if definition.columns:
        version["additionalPrinterColumns"] = [_column(column) for column in definition.columns]
    version["schema"] = {"openAPIV3Schema": schemas()[definition.kind]}
    if definition.subresources:
        version["subresources"] = definition.subresources
    singular = definition.kind.lower()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{definition.plural}.{definition.group}",
            "labels": {
                "app.kubernetes.io/name": f"{definition.plural}.{definition.group}",
                "app.kubernetes.io/part-of": "holdfast",
            },
        },
        "spec": {
            "group": definition.group,
            "names": {
                "kind": definition.kind,
                "listKind": f"{definition.kind}List",
                "plural": definition.plural,
                "shortNames": list(definition.short_names),
                "singular": singular,
            },
            "scope": "Namespaced" if definition.namespaced else "Cluster",
            "versions": [version],
        },
    }


def _column(column: Column) -> dict[str, Any]:
    printed: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.description:
        printed["description"] = column.description
    if column.priority:
        printed["priority"] = column.priority
    return printed
