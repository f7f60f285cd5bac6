"""Application, AnalysisRun and the kinds of Argo Workflows."""

from __future__ import annotations

from datetime import datetime

from holdfast.engine.actions.builtin import PLAY, STOP, Builtin, Parameters, changing, create, setting, stamp
from holdfast.engine.actions.creation import child_name, copied_metadata, owner_reference
from holdfast.engine.actions.editing import at, put
from holdfast.engine.actions.kinds import rollout
from holdfast.model.actions import Impact
from holdfast.model.kube import KubeObject, name_of

_WORKFLOW = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
_ENDED = ("Successful", "Failed", "Error", "Inconclusive")


def _is_automated(app: KubeObject) -> bool:
    automated = at(app, "spec", "syncPolicy", "automated")
    return automated is not None and at(automated, "enabled") is not False


def _toggle(app: KubeObject) -> KubeObject:
    """Prune and self-heal settings survive, since only `enabled` changes."""
    return put(app, not _is_automated(app), "spec", "syncPolicy", "automated", "enabled")


def _title(app: KubeObject) -> str:
    return "Disable Auto-Sync" if _is_automated(app) else "Enable Auto-Sync"


def _run_has_ended(run: KubeObject) -> bool:
    return at(run, "spec", "terminate") is True or at(run, "status", "phase") in _ENDED


def _from_cron_workflow(cron: KubeObject, _: Parameters, now: datetime) -> list[Impact]:
    template = {"metadata": at(cron, "spec", "workflowMetadata") or {}}
    metadata = copied_metadata(template, name=child_name(name_of(cron), now), namespace_from=cron)
    labels = metadata.get("labels", {})
    annotations = metadata.get("annotations", {})
    metadata["labels"] = {**labels, "workflows.argoproj.io/cron-workflow": name_of(cron)}
    metadata["annotations"] = {**annotations, "workflows.argoproj.io/scheduled-time": stamp(now)}
    metadata["ownerReferences"] = [owner_reference(cron, controller=False)]
    return create({**_WORKFLOW, "metadata": metadata, "spec": at(cron, "spec", "workflowSpec") or {}})


def _from_workflow_template(template: KubeObject, _: Parameters, now: datetime) -> list[Impact]:
    name = name_of(template)
    metadata = copied_metadata({}, name=child_name(name, now), namespace_from=template)
    metadata["labels"] = {"workflows.argoproj.io/workflow-template": name}
    return create({**_WORKFLOW, "metadata": metadata, "spec": {"workflowTemplateRef": {"name": name}}})


ACTIONS = {
    "Application": (Builtin("toggle-auto-sync", changing(_toggle), icon="fa fa-fw fa-sync-alt", title=_title),),
    "AnalysisRun": (Builtin("terminate", setting(True, "spec", "terminate"), icon=STOP, disabled=_run_has_ended),),
    "CronWorkflow": (Builtin("create-workflow", _from_cron_workflow, icon=PLAY, title="Create Workflow"),),
    "WorkflowTemplate": (Builtin("create-workflow", _from_workflow_template, icon=PLAY, title="Create Workflow"),),
    "Rollout": rollout.ACTIONS,
}
