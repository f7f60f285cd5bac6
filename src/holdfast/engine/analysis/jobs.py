"""Measurements that are Jobs: the Job of a measurement, and what its end means.

Source: Argo Rollouts, docs/analysis/job.md
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.analysis.phases import Phase
from holdfast.model.analysis import AnalysisRun, MetricResult
from holdfast.model.kube import KubeObject, conditions_of
from holdfast.model.metric_provider import JobMetric
from holdfast.model.names import API_VERSION

NAME: Final = "job-name"
NAMESPACE: Final = "job-namespace"
RUN_UID: Final = "analysisrun.argoproj.io/uid"
RUN_NAME: Final = "analysisrun.argoproj.io/name"
METRIC_NAME: Final = "analysisrun.argoproj.io/metric-name"
LONGEST_NAME: Final = 63
_PLAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class Ending(Struct, frozen=True):
    phase: Phase
    message: str = ""


def job(run: AnalysisRun, metric: str, wanted: JobMetric, result: MetricResult) -> KubeObject:
    """The name says which measurement it is: one that was created and never noted is found again, not made twice."""
    metadata: dict[str, Any] = wanted.metadata or {}
    owner = {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "name": run.metadata.name,
        "uid": run.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    annotations = {**(metadata.get("annotations") or {}), RUN_NAME: run.metadata.name, METRIC_NAME: metric}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": _name(run.metadata.uid, metric, result.count + result.error + 1),
            "namespace": run.metadata.namespace,
            "labels": {**(metadata.get("labels") or {}), RUN_UID: run.metadata.uid},
            "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": wanted.spec,
    }


def _name(uid: str, metric: str, number: int) -> str:
    plain = f"{uid}.{metric}.{number}"
    if len(plain) <= LONGEST_NAME and _PLAIN.fullmatch(metric):
        return plain
    return f"{uid}.{hashlib.sha256(metric.encode()).hexdigest()[:10]}.{number}"


def ending(found: KubeObject | None, name: str) -> Ending | None:
    """None while the Job runs."""
    if found is None:
        return Ending(Phase.ERROR, f"Job {name} is gone; something else deleted it")
    for condition in conditions_of(found):
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Complete":
            return Ending(Phase.SUCCESSFUL)
        if condition.get("type") == "Failed":
            return Ending(Phase.FAILED, str(condition.get("message") or condition.get("reason") or ""))
    return None
