"""Judges one object: by the check of its kind, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from holdfast.engine.health.kinds import (
    argo,
    autoscaler,
    batch,
    by_conditions,
    by_function,
    by_phase,
    infrastructure,
    pod,
    rollout,
    workloads,
)
from holdfast.engine.health.reading import progressing
from holdfast.model.health import HealthReport
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, finalizers_of, group_kind_of, is_being_deleted
from holdfast.model.names import Finalizer

Check: TypeAlias = Callable[[KubeObject], HealthReport]

CHECKS: dict[GroupKind, Check] = {
    GroupKind("apps", "Deployment"): workloads.deployment,
    GroupKind("apps", "StatefulSet"): workloads.stateful_set,
    GroupKind("apps", "ReplicaSet"): workloads.replica_set,
    GroupKind("apps", "DaemonSet"): workloads.daemon_set,
    GroupKind("", "Pod"): pod.pod,
    GroupKind("", "Service"): infrastructure.service,
    GroupKind("", "PersistentVolumeClaim"): infrastructure.persistent_volume_claim,
    GroupKind("networking.k8s.io", "Ingress"): infrastructure.ingress,
    GroupKind("extensions", "Ingress"): infrastructure.ingress,
    GroupKind("batch", "Job"): batch.job,
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): autoscaler.horizontal_pod_autoscaler,
    GroupKind("apiregistration.k8s.io", "APIService"): infrastructure.api_service,
    GroupKind("argoproj.io", "Workflow"): batch.workflow,
    GroupKind("batch", "CronJob"): batch.cron_job,
    GroupKind("policy", "PodDisruptionBudget"): autoscaler.pod_disruption_budget,
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): infrastructure.custom_resource_definition,
    GroupKind("argoproj.io", "Application"): argo.application,
    GroupKind("argoproj.io", "ApplicationSet"): argo.application_set,
    GroupKind("argoproj.io", "AnalysisRun"): argo.analysis_run,
    GroupKind("argoproj.io", "Experiment"): argo.experiment,
    GroupKind("argoproj.io", "Rollout"): rollout.rollout,
    GroupKind("argoproj.io", "CronWorkflow"): batch.cron_workflow,
}


def judge(obj: KubeObject) -> HealthReport | None:
    """None when the kind has no check: then it counts as healthy."""
    if is_waiting_for_deletion(obj):
        return progressing("Pending deletion")
    check = check_of(group_kind_of(obj))
    return check(obj) if check else None


def is_waiting_for_deletion(obj: KubeObject) -> bool:
    """Then nothing else is asked about it."""
    return is_being_deleted(obj) and Finalizer.HOOK not in finalizers_of(obj)


def check_of(group_kind: GroupKind) -> Check | None:
    known = CHECKS.get(group_kind) or by_function.function_of(group_kind)
    if known is not None:
        return known
    rule = by_phase.RULES.get(group_kind) or by_conditions.rule_of(group_kind)
    return rule.judge if rule is not None else by_function.family_of(group_kind)
