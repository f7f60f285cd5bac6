"""The kinds that the rollout controller looks at, and the world that it looks with."""

from __future__ import annotations

from typing import Final

from holdfast.controllers.world import FIELD_MANAGER, SOON, World, name_of
from holdfast.model.keys import GroupKind
from holdfast.model.names import GROUP

__all__ = ["FIELD_MANAGER", "SOON", "World", "name_of"]

ROLLOUT: Final = GroupKind(GROUP, "Rollout")
REPLICA_SET: Final = GroupKind("apps", "ReplicaSet")
SERVICE: Final = GroupKind("", "Service")
POD: Final = GroupKind("", "Pod")
CONTROLLER_REVISION: Final = GroupKind("apps", "ControllerRevision")
ANALYSIS_RUN: Final = GroupKind(GROUP, "AnalysisRun")
ANALYSIS_TEMPLATE: Final = GroupKind(GROUP, "AnalysisTemplate")
CLUSTER_ANALYSIS_TEMPLATE: Final = GroupKind(GROUP, "ClusterAnalysisTemplate")
EXPERIMENT: Final = GroupKind(GROUP, "Experiment")
WORKLOADS: Final = frozenset(
    {
        GroupKind("apps", "Deployment"),
        GroupKind("apps", "StatefulSet"),
        GroupKind("apps", "DaemonSet"),
        GroupKind("", "PodTemplate"),
    }
)
