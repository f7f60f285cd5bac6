"""Our own actions: which kinds have which, and what those change that no recording covers."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.engine.actions.catalogue import ACTIONS, actions_of, offers, perform
from holdfast.model.actions import Operation
from holdfast.model.errors import Blocked
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject

NOW = datetime(2026, 11, 23, 12, 30, 5, tzinfo=UTC)
FLUX = "reconcile,resume,suspend"
BUILTIN = f"""
apps/DaemonSet: restart; apps/Deployment: pause,restart,resume,scale; apps/StatefulSet: restart,scale;
argoproj.io/AnalysisRun: terminate; argoproj.io/Application: toggle-auto-sync;
argoproj.io/CronWorkflow: create-workflow; argoproj.io/WorkflowTemplate: create-workflow;
argoproj.io/Rollout: abort,pause,promote-full,restart,resume,retry,skip-current-step;
batch/CronJob: create-job,resume,suspend; batch/Job: resume,suspend,terminate;
core.strimzi.io/StrimziPodSet: rolling-update; external-secrets.io/ExternalSecret: refresh;
external-secrets.io/PushSecret: push; helm.toolkit.fluxcd.io/HelmRelease: {FLUX};
image.toolkit.fluxcd.io/ImageRepository: {FLUX}; image.toolkit.fluxcd.io/ImageUpdateAutomation: {FLUX};
k8s.mariadb.com/MariaDB: resume,suspend; keda.sh/ScaledJob: pause,resume;
keda.sh/ScaledObject: pause,paused-replicas,resume; kustomize.toolkit.fluxcd.io/Kustomization: {FLUX};
notification.toolkit.fluxcd.io/Alert: resume,suspend; notification.toolkit.fluxcd.io/Provider: resume,suspend;
notification.toolkit.fluxcd.io/Receiver: {FLUX};
numaflow.numaproj.io/InterStepBufferService: force-promote;
numaflow.numaproj.io/MonoVertex: force-promote,pause,unpause-fast,unpause-gradual;
numaflow.numaproj.io/Pipeline: delete,force-promote,pause,unpause-fast,unpause-gradual;
numaplane.numaproj.io/MonoVertexRollout: pause,unpause-fast,unpause-gradual;
numaplane.numaproj.io/PipelineRollout: allow-data-loss,disallow-data-loss,pause,unpause-fast,unpause-gradual;
postgresql.cnpg.io/Cluster: promote,reload,restart,resume,suspend; promoter.argoproj.io/PullRequest: merge;
psmdb.percona.com/PerconaServerMongoDB: unpause; source.toolkit.fluxcd.io/Bucket: {FLUX};
source.toolkit.fluxcd.io/GitRepository: {FLUX}; source.toolkit.fluxcd.io/HelmChart: {FLUX};
source.toolkit.fluxcd.io/HelmRepository: {FLUX}; source.toolkit.fluxcd.io/OCIRepository: {FLUX}
"""


def _builtin() -> dict[GroupKind, list[str]]:
    entries = [entry.strip().split(": ") for entry in BUILTIN.split(";")]
    return {GroupKind(*kind.split("/")): names.split(",") for kind, names in entries}


def test_every_action_of_argo_cd_is_there_and_no_other() -> None:
    ours = {
        GroupKind(group, kind): sorted(action.name for action in actions)
        for group, kinds in ACTIONS.items()
        for kind, actions in kinds.items()
    }
    assert ours == _builtin()
    assert sum(len(names) for names in ours.values()) == 93


@pytest.mark.parametrize("kind", _builtin(), ids=str)
def test_an_action_never_changes_the_object_it_is_given(kind: GroupKind) -> None:
    """Nor does it fail on an object that has nothing but a name."""
    obj = make(kind.group, kind.kind)
    before = copy.deepcopy(obj)
    offers(obj)
    for action in actions_of(kind):
        if action.name != "promote":
            assert perform(obj, action.name, {"replicas": "1"}, NOW)
    assert obj == before


def make(group: str, kind: str, **fields: Any) -> KubeObject:
    metadata = {"name": "demo", "namespace": "shop", "uid": "u", **fields.pop("metadata", {})}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, **fields}


def change(obj: KubeObject, name: str, **parameters: str) -> KubeObject:
    impacts = perform(obj, name, parameters, NOW)
    assert impacts is not None
    (impact,) = impacts
    return impact.resource


def disabled(obj: KubeObject) -> set[str]:
    return {action.name for action in offers(obj) if action.disabled}


def test_a_cron_job_creates_a_job_of_its_template() -> None:
    template = {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}, "spec": {"template": {"spec": {}}}}
    cron_job = make("batch", "CronJob", spec={"jobTemplate": template})
    (impact,) = perform(cron_job, "create-job", {}, NOW) or []
    assert impact.operation is Operation.CREATE
    assert impact.resource == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "demo-202611231230",
            "namespace": "shop",
            "labels": {"a": "b"},
            "annotations": {"c": "d", "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [
                {
                    "apiVersion": "batch/v1",
                    "kind": "CronJob",
                    "name": "demo",
                    "uid": "u",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {"template": {"spec": {}}},
    }


def test_a_created_name_fits_into_a_label() -> None:
    cron_job = make("batch", "CronJob", metadata={"name": "a" * 52})
    assert len(change(cron_job, "create-job")["metadata"]["name"]) == 63


def test_workflows_are_created_from_their_templates() -> None:
    cron = make("argoproj.io", "CronWorkflow", spec={"workflowSpec": {"entrypoint": "main"}})
    workflow = change(cron, "create-workflow")
    assert workflow["spec"] == {"entrypoint": "main"}
    assert workflow["metadata"]["labels"] == {"workflows.argoproj.io/cron-workflow": "demo"}
    assert workflow["metadata"]["annotations"] == {"workflows.argoproj.io/scheduled-time": "2026-11-23T12:30:05Z"}
    template = change(make("argoproj.io", "WorkflowTemplate"), "create-workflow")
    assert template["spec"] == {"workflowTemplateRef": {"name": "demo"}}


@pytest.mark.parametrize(
    ("policy", "expected", "title"),
    [
        ({}, {"automated": {"enabled": True}}, "Enable Auto-Sync"),
        ({"automated": {"prune": True}}, {"automated": {"prune": True, "enabled": False}}, "Disable Auto-Sync"),
        ({"automated": {"enabled": False}}, {"automated": {"enabled": True}}, "Enable Auto-Sync"),
    ],
)
def test_automated_sync_is_toggled(policy: dict[str, Any], expected: dict[str, Any], title: str) -> None:
    app = make("argoproj.io", "Application", spec={"syncPolicy": policy})
    assert change(app, "toggle-auto-sync")["spec"]["syncPolicy"] == expected
    assert [action.display_name for action in offers(app)] == [title]


CANARY = {"strategy": {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}]}}}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"currentPodHash": "b", "stableRS": "a", "currentStepIndex": 1}, {"resume", "retry"}),
        (
            {"currentPodHash": "b", "stableRS": "a", "currentStepIndex": 1, "pauseConditions": [{"reason": "x"}]},
            {"pause", "retry"},
        ),
        ({"currentPodHash": "b", "stableRS": "a", "abort": True}, {"resume", "abort", "promote-full"}),
        (
            {"currentPodHash": "a", "stableRS": "a", "currentStepIndex": 2},
            {"resume", "retry", "abort", "promote-full", "skip-current-step"},
        ),
    ],
)
def test_what_a_rollout_does_not_allow(status: dict[str, Any], expected: set[str]) -> None:
    assert disabled(make("argoproj.io", "Rollout", spec=CANARY, status=status)) == expected


def test_what_changes_a_rollout() -> None:
    paused = make(
        "argoproj.io",
        "Rollout",
        spec={**CANARY, "paused": True},
        status={"currentStepIndex": 1, "pauseConditions": [{"reason": "x"}]},
    )
    resumed = change(paused, "resume")
    assert resumed["spec"]["paused"] is False
    assert resumed["status"] == {"currentStepIndex": 1}
    assert change(paused, "skip-current-step")["status"] == {"currentStepIndex": 2}
    assert change(paused, "abort")["status"]["abort"] is True
    assert change(paused, "retry")["status"]["abort"] is False
    assert change(paused, "promote-full")["status"]["promoteFull"] is True
    assert change(paused, "restart")["spec"]["restartAt"] == "2026-11-23T12:30:05Z"


def test_a_standby_is_promoted() -> None:
    status = {"currentPrimary": "demo-1", "instancesStatus": {"healthy": ["demo-3", "demo-1", "demo-2"]}}
    cluster = make("postgresql.cnpg.io", "Cluster", status=status)
    assert change(cluster, "promote")["status"]["targetPrimary"] == "demo-2"
    assert change(cluster, "promote", instance="3")["status"]["targetPrimary"] == "demo-3"
    with pytest.raises(Blocked, match="'demo-1' is no healthy standby of demo; there are: demo-2, demo-3"):
        perform(cluster, "promote", {"instance": "demo-1"}, NOW)


def test_a_restart_says_when() -> None:
    restarted = change(make("apps", "Deployment", spec={"template": {"metadata": {"labels": {}}}}), "restart")
    assert restarted["spec"]["template"]["metadata"] == {
        "labels": {},
        "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-23T12:30:05Z"},
    }


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1e3", "٣", "9999999999"])
def test_a_number_of_replicas_is_whole_and_not_below_0(text: str) -> None:
    with pytest.raises(Blocked, match=f"^invalid number: {text}$"):
        perform(make("apps", "Deployment"), "scale", {"replicas": text}, NOW)


def test_a_kind_or_an_action_that_is_not_there() -> None:
    assert offers(make("example.org", "Thing")) == []
    assert perform(make("example.org", "Thing"), "restart", {}, NOW) is None
    assert perform(make("apps", "Deployment"), "explode", {}, NOW) is None
