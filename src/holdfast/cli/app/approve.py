"""`holdfast app approve`: lets a revision pass that waits for approval, in the name of the kubeconfig's user."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.identity import AsGroupOption, AsUserOption, Identity, whoami
from holdfast.cli.connection import with_cluster
from holdfast.engine.flow import gates, spec
from holdfast.engine.gates import approvals
from holdfast.engine.kube import canonical
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.approval import Approval
from holdfast.model.errors import AlreadyExists, Blocked, Forbidden
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, OWN_API_VERSION, Label
from holdfast.model.resource_types import APP_PROJECT, APPROVAL
from holdfast.ports.cluster import Cluster

WHOLE_COMMIT = 40
LONGEST_NAME = 200
LONGEST_LABEL = 63


def approve(
    name: str = typer.Argument(..., metavar="APPNAME"),
    revision: str = typer.Option("", "--revision", help="By default the one that waits."),
    comment: str = typer.Option("", "--comment", help="For the record."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    as_user: str = AsUserOption,
    as_group: list[str] = AsGroupOption,
) -> None:
    """Approve a revision of an application; you cannot approve for anybody else."""

    async def work(cluster: Cluster) -> None:
        app = msgspec.convert(await applications.read_application(cluster, name, app_namespace), Application)
        chosen = revision_of(app, revision)
        who = await whoami(cluster)
        refuse_what_would_not_count(app, await _project(cluster, app), who)
        await _give(cluster, document(app, chosen, who, comment))
        typer.echo(f"{who.user} approves revision {chosen} of {app.metadata.key}")

    with_cluster(kubeconfig, work, as_user=as_user, as_groups=tuple(as_group))


def revision_of(app: Application, given: str) -> str:
    """The whole name of the revision. Raises Blocked when it cannot be told."""
    state = app.status.operation_state
    waiting = state.sync_result.revision if state is not None and state.phase == "Running" and state.sync_result else ""
    known = [one for one in (waiting, app.status.sync.revision) if one]
    if not given and not known:
        raise Blocked("NothingToApprove", f"{app.metadata.name} has no revision yet; name one with --revision")
    if not given:
        return known[0]
    fitting = [one for one in known if one.startswith(given)]
    if fitting or len(given) >= WHOLE_COMMIT:
        return fitting[0] if fitting else given
    raise Blocked("RevisionUnknown", f"{given} is none of {', '.join(known) or 'nothing'}: give the whole commit id")


def refuse_what_would_not_count(app: Application, project: AppProject | None, who: Identity) -> None:
    wanted = gates.requirements(app, project)
    if wanted and not any(not one.groups or set(one.groups) & set(who.groups) for one in wanted):
        groups = ", ".join(sorted({group for one in wanted for group in one.groups}))
        raise Blocked(
            "NotAnApprover", f"{who.user} may not approve {app.metadata.name}: approvers are the groups {groups}"
        )


def document(app: Application, revision: str, who: Identity, comment: str = "") -> KubeObject:
    """Its name is the same for the same person and revision; it goes with the Application."""
    metadata = app.metadata
    mark = canonical.content_hash([revision, who.user])[:12]
    spec: dict[str, Any] = {"application": metadata.name, "revision": revision, "user": who.user}
    return {
        "apiVersion": OWN_API_VERSION,
        "kind": "Approval",
        "metadata": {
            "name": f"{metadata.name[:LONGEST_NAME].rstrip('.-')}-{mark}",
            "namespace": metadata.namespace,
            **({"labels": {Label.APPLICATION.value: metadata.name}} if len(metadata.name) <= LONGEST_LABEL else {}),
            "ownerReferences": [
                {"apiVersion": API_VERSION, "kind": "Application", "name": metadata.name, "uid": metadata.uid}
            ],
        },
        "spec": {**spec, "groups": list(who.groups), **({"comment": comment} if comment else {})},
    }


async def _project(cluster: Cluster, app: Application) -> AppProject | None:
    """None also for somebody who may not read it: the controller judges in the end."""
    try:
        found = await cluster.get(APP_PROJECT, app.metadata.namespace, spec.project_of(app))
    except Forbidden:
        return None
    return msgspec.convert(found, AppProject) if found is not None else None


async def _give(cluster: Cluster, approval: KubeObject) -> None:
    """Raises Blocked when one of this name stands there that does not count."""
    try:
        await cluster.create(APPROVAL, approval, field_manager=FIELD_MANAGER)
    except AlreadyExists:
        namespace, name = approval["metadata"]["namespace"], approval["metadata"]["name"]
        found = await cluster.get(APPROVAL, namespace, name)
        known = [msgspec.convert(found, Approval)] if found is not None else []
        spec_given = approval["spec"]
        key = msgspec.convert(approval, Approval).metadata.key
        counting = approvals.valid(
            known, msgspec.structs.replace(key, name=spec_given["application"]), spec_given["revision"]
        )
        if [one.spec.user for one in counting] != [spec_given["user"]]:
            message = f"the Approval {namespace}/{name} was changed after it was made: delete it, then approve again"
            raise Blocked("ApprovalChanged", message) from None
