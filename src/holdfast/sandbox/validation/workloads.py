"""What the server refuses of workloads: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, HPA, PDB."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.kube import selectors
from holdfast.engine.kube.canonical import equal, get_path
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox import problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.validation import claim_texts, pods

_MISMATCH: Final = "`selector` does not match template `labels`"
_STATEFUL_SET: Final = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STATEFUL_SET_MAY_CHANGE: Final = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)
_CRON_FIELD: Final = re.compile(r"^[\d*,/\-A-Za-z?]+$")
_CONCURRENCY: Final = ("Allow", "Forbid", "Replace")


def _workload(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    yield from _not_negative(spec, "replicas")
    yield from _not_negative(spec, "minReadySeconds")
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        yield problems.required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        detail = f"empty selector is invalid for {obj['kind'].lower()}"
        yield problems.invalid("spec.selector", {}, detail)
    yield from _matching(selector, template)
    yield from pods.template(template, "spec.template")
    policy = get_path(template, "spec", "restartPolicy")
    if policy in ("Never", "OnFailure"):
        yield problems.not_supported("spec.template.spec.restartPolicy", policy, ("Always",))
    yield from _strategy(spec)


def _matching(selector: Any, template: Mapping[str, Any]) -> Iterator[Problem]:
    labels = get_path(template, "metadata", "labels")
    try:
        matches = selectors.from_object(selector).matches(labels or {})
    except ValueError as error:
        yield problems.invalid("spec.selector", selector, str(error))
        return
    if not matches or selector is None:
        yield problems.invalid("spec.template.metadata.labels", labels, _MISMATCH)


def _strategy(spec: Mapping[str, Any]) -> Iterator[Problem]:
    strategy = spec.get("strategy")
    if strategy is None:
        return
    kind = strategy.get("type")
    if kind not in ("Recreate", "RollingUpdate"):
        yield problems.not_supported("spec.strategy.type", kind, ("Recreate", "RollingUpdate"))
    if kind == "Recreate" and strategy.get("rollingUpdate") is not None:
        detail = "may not be specified when strategy `type` is 'Recreate'"
        yield problems.forbidden("spec.strategy.rollingUpdate", detail)
    rolling = strategy.get("rollingUpdate") or {}
    if kind == "RollingUpdate" and _is_zero(rolling.get("maxUnavailable")) and _is_zero(rolling.get("maxSurge")):
        detail = "may not be 0 when `maxSurge` is 0"
        yield problems.invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling.get("maxUnavailable"), detail)


def _is_zero(value: Any) -> bool:
    return value in (0, "0", "0%")


def _not_negative(spec: Mapping[str, Any], name: str) -> Iterator[Problem]:
    value = spec.get(name)
    if isinstance(value, int) and value < 0:
        yield problems.invalid(f"spec.{name}", value, "must be greater than or equal to 0")


def _selector_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    old, new = get_path(before, "spec", "selector"), get_path(after, "spec", "selector")
    if not equal(old, new):
        yield problems.immutable("spec.selector", new)


def _stateful_set_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    named = ("serviceName", "selector", "podManagementPolicy", "volumeClaimTemplates")
    changed = [name for name in {**old, **new} if not equal(old.get(name), new.get(name))]
    for name in named:
        if name in changed:
            value = new.get(name)
            shown = claim_texts.templates(value or ()) if name == "volumeClaimTemplates" else value
            yield problems.immutable(f"spec.{name}", shown)
    if any(name not in _STATEFUL_SET_MAY_CHANGE and name not in named for name in changed):
        yield problems.forbidden("spec", _STATEFUL_SET)


def _job(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    for name in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        yield from _not_negative(spec, name)
    yield from pods.template(spec.get("template") or {}, "spec.template")
    yield from _job_policy(spec.get("template") or {}, "spec.template")


def _job_policy(template: Mapping[str, Any], place: str) -> Iterator[Problem]:
    if get_path(template, "spec", "restartPolicy") == "Always":
        yield problems.required(f"{place}.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def _job_update(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    if not equal(old.get("completions"), new.get("completions")) and new.get("completionMode") != "Indexed":
        yield problems.immutable("spec.completions", new.get("completions"))
    frozen = ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex"]
    if not (old.get("suspend") and not get_path(before, "status", "startTime")):
        frozen.insert(1, "template")
    for name in frozen:
        if not equal(old.get(name), new.get(name)):
            yield problems.immutable(f"spec.{name}", new.get(name))


def _cron_job(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if len(obj["metadata"].get("name") or "") > 52:
        yield problems.invalid("metadata.name", obj["metadata"]["name"], "must be no more than 52 characters")
    yield from _schedule(spec.get("schedule") or "")
    if spec.get("concurrencyPolicy") not in _CONCURRENCY:
        yield problems.not_supported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), _CONCURRENCY)
    template = get_path(spec, "jobTemplate", "spec", "template") or {}
    yield from pods.template(template, "spec.jobTemplate.spec.template")
    yield from _job_policy(template, "spec.jobTemplate.spec.template")


def _schedule(schedule: str) -> Iterator[Problem]:
    if not schedule:
        yield problems.required("spec.schedule")
        return
    if schedule.startswith("@"):
        return
    fields = schedule.split()
    if len(fields) != 5:
        found = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        yield problems.invalid("spec.schedule", schedule, found)
    elif not all(_CRON_FIELD.match(field) for field in fields):
        yield problems.invalid("spec.schedule", schedule, "failed to parse")


def _autoscaler(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    minimum, maximum = spec.get("minReplicas", 1), spec.get("maxReplicas") or 0
    if minimum < 1:
        yield problems.invalid("spec.minReplicas", minimum, "must be greater than or equal to 1")
    if maximum < 1:
        yield problems.invalid("spec.maxReplicas", maximum, "must be greater than 0")
    if maximum < minimum:
        yield problems.invalid("spec.maxReplicas", maximum, "must be greater than or equal to `minReplicas`")
    target = spec.get("scaleTargetRef") or {}
    for name in ("kind", "name"):
        if not target.get(name):
            yield problems.required(f"spec.scaleTargetRef.{name}")
    if "apiVersion" not in target and target.get("kind") not in (None, "ReplicationController"):
        detail = "apiVersion must specify API group"
        yield problems.invalid("spec.scaleTargetRef.apiVersion", "", detail)


def _budget(obj: KubeObject) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        detail = "minAvailable and maxUnavailable cannot be both set"
        yield problems.invalid("spec", spec, detail)


JUDGES: Final = {
    GroupKind("apps", "Deployment"): _workload,
    GroupKind("apps", "ReplicaSet"): _workload,
    GroupKind("apps", "StatefulSet"): _workload,
    GroupKind("apps", "DaemonSet"): _workload,
    GroupKind("batch", "Job"): _job,
    GroupKind("batch", "CronJob"): _cron_job,
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    GroupKind("policy", "PodDisruptionBudget"): _budget,
}
IMMUTABLE: Final = {
    GroupKind("apps", "Deployment"): _selector_update,
    GroupKind("apps", "ReplicaSet"): _selector_update,
    GroupKind("apps", "DaemonSet"): _selector_update,
    GroupKind("apps", "StatefulSet"): _stateful_set_update,
    GroupKind("batch", "Job"): _job_update,
}
