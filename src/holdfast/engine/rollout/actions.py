"""What a decision may ask to be done: each is safe to do again."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

from holdfast.model.canary import RolloutAnalysis, RolloutExperimentStep
from holdfast.model.kube import KubeObject
from holdfast.model.wanted_traffic import WantedTraffic


class CreateReplicaSet(Struct, frozen=True):
    obj: KubeObject


class ChangeReplicaSet(Struct, frozen=True):
    """`replicas` and `min_ready_seconds` None leaves them; an annotation of None is taken off."""

    name: str
    replicas: int | None = None
    annotations: dict[str, str | None] = {}
    min_ready_seconds: int | None = None


class MarkPods(Struct, frozen=True):
    """The pods of a ReplicaSet, those to come and those that run, get this metadata in place of what they had.

    `template` is the merge patch of the set's pod template; `record` says what is added, `unfinished` (kept on the set
    until the running pods have it) what may still have to go. Shapes: JSON of ChildMetadata.
    """

    name: str
    uid: str
    template: KubeObject
    record: str
    unfinished: str


class KeepConfiguration(Struct, frozen=True):
    """Copies of what a ReplicaSet's pods are configured by, as kind, name and name of the copy; the set says
    `fingerprint` once all of them are there."""

    name: str
    uid: str
    copies: tuple[tuple[str, str, str], ...]
    fingerprint: str


class DeleteReplicaSet(Struct, frozen=True):
    name: str


class PointService(Struct, frozen=True):
    """The service selects the pods of this hash from now on."""

    name: str
    hash: str


class SetTraffic(Struct, frozen=True):
    wanted: WantedTraffic


class StartRun(Struct, frozen=True):
    """An AnalysisRun from the templates that the Rollout names."""

    name: str
    kind: str
    analysis: RolloutAnalysis
    hash: str
    revision: int
    step: int | None = None


class StopRun(Struct, frozen=True):
    name: str


class DeleteRun(Struct, frozen=True):
    name: str


class StartExperiment(Struct, frozen=True):
    name: str
    step: RolloutExperimentStep
    index: int
    hash: str
    revision: int


class StopExperiment(Struct, frozen=True):
    name: str


class DeletePod(Struct, frozen=True):
    """To have it made anew; with `uid` only this very one, where the next one has the same name."""

    name: str
    uid: str = ""


class AnnotateRevision(Struct, frozen=True):
    """A ControllerRevision of the workload."""

    name: str
    annotations: dict[str, str | None]


class SetUpdateStrategy(Struct, frozen=True):
    """Merge patch of the workload's update strategy, which is the Rollout's from then on."""

    strategy: dict[str, Any]


class SetWorkloadTemplate(Struct, frozen=True):
    """`held` names the ControllerRevision that waits meanwhile, "" for none."""

    template: KubeObject
    held: str


class ScaleWorkload(Struct, frozen=True):
    """The Deployment or the like that the Rollout takes its template from."""

    replicas: int


class SetReplicas(Struct, frozen=True):
    """Of the Rollout itself: an autoscaler takes a missing count for zero, and leaves what is at zero alone."""

    replicas: int


class AnnotateRollout(Struct, frozen=True):
    """An annotation of None is taken off."""

    annotations: dict[str, str | None]


RunAction: TypeAlias = StartRun | StopRun | DeleteRun | StartExperiment | StopExperiment
SetAction: TypeAlias = CreateReplicaSet | ChangeReplicaSet | MarkPods | KeepConfiguration | DeleteReplicaSet
WorkloadAction: TypeAlias = ScaleWorkload | AnnotateRevision | SetUpdateStrategy | SetWorkloadTemplate | DeletePod
Action: TypeAlias = SetAction | PointService | SetTraffic | WorkloadAction | SetReplicas | AnnotateRollout | RunAction
