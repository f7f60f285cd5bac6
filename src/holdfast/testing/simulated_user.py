"""The people of a simulation: they push, sync, drift, delete, and kill the engine, by a seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

from msgspec import Struct

from holdfast.adapters.kube.client import KubeClient
from holdfast.engine.plan import hooks
from holdfast.engine.status import times
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import AlreadyExists, ApiError
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, name_of, namespace_of
from holdfast.model.names import API_VERSION, IN_CLUSTER_SERVER, OWN_API_VERSION, Annotation, Finalizer, OperationPhase
from holdfast.model.resource_types import APPLICATION, APPROVAL, CONFIG_MAP, FREEZE, NAMESPACE
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import PatchKind
from holdfast.testing.builders import config_map, resource
from holdfast.testing.faulty_repositories import FaultyRepositories
from holdfast.testing.invariants import CONTROL_NAMESPACE, Invariants
from holdfast.testing.simulated_git import AppPlan, SimulatedGit
from holdfast.testing.simulated_manifests import Secrets

MANAGER = "kubectl-edit"
PERSON = "person"
LONGEST_FREEZE = 60.0
JOB = resource("batch/v1", "Job")


class People:
    """Each `do_…` is one action; an answer of "" means that there was nothing to do it to."""

    def __init__(
        self,
        cluster: KubeClient,
        discovery: Discovery,
        git: SimulatedGit,
        repositories: FaultyRepositories,
        secrets: Secrets,
        invariants: Invariants,
        apps: list[AppPlan],
        random: Random,
        clock: Clock,
    ) -> None:
        self.waits_for_person: set[str] = set()
        """Applications in which somebody interfered so that a sync of somebody's may be needed at the end."""

        self.orphaned: set[str] = set()
        """Applications that were deleted without their objects."""

        self._cluster = cluster
        self._discovery = discovery
        self._git = git
        self._repositories = repositories
        self._secrets = secrets
        self._invariants = invariants
        self._apps = apps
        self._random = random
        self._clock = clock

    async def act(self) -> str:
        """One action, chosen by chance; says what was done."""
        app = self._random.choice(self._apps)
        action = self._random.choices([each.act for each in ACTIONS], [each.weight for each in ACTIONS])[0]
        try:
            done = await action(self, app)
        except ApiError as error:
            return f"{app.name}: refused: {error.message}"
        return f"{app.name}: {done}" if done else ""

    async def create(self, app: AppPlan) -> str:
        await self._cluster.create(APPLICATION, application_of(app), field_manager=PERSON)
        return "Application created"

    async def sync(self, app: AppPlan, revision: str = "") -> str:
        sync: dict[str, Any] = {"prune": True, "syncOptions": ["CreateNamespace=true"]}
        if revision:
            sync["revision"] = revision
        operation = {"sync": sync, "initiatedBy": {"username": PERSON}, "retry": {"limit": 3}}
        await self._operate(app, operation)
        return f"sync asked for {revision or 'its target'}"

    async def give_room_to_go(self, app: AppPlan) -> None:
        """Hooks of a deletion cannot run in a namespace that somebody took away."""
        live = await self.application(app)
        if live is not None and is_being_deleted(live):
            with suppress(AlreadyExists):
                namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": app.namespace}}
                await self._cluster.create(NAMESPACE, namespace, field_manager=PERSON)

    async def application(self, app: AppPlan) -> KubeObject | None:
        return await self._cluster.get(APPLICATION, CONTROL_NAMESPACE, app.name)

    async def do_commit(self, app: AppPlan) -> str:
        return f"commit: {self._git.change(app)}"

    async def do_rewrite_history(self, app: AppPlan) -> str:
        """A push with force: of all commits only a new one is left."""
        before = list(self._git.commits[app.repository])
        self._git.change(app)
        self._repositories.lose(*before)
        return "history rewritten"

    async def do_drift(self, app: AppPlan) -> str:
        target = await self._live(app)
        if target is None:
            return ""
        resource, live = target
        body = self._drift_of(live)
        await self._patch(resource, namespace_of(live), name_of(live), body)
        return f"drift of {live['kind']} {name_of(live)}"

    async def do_delete_object(self, app: AppPlan) -> str:
        target = await self._live(app)
        if target is None:
            return ""
        resource, live = target
        await self._cluster.delete(resource, namespace_of(live), name_of(live))
        return f"deleted {live['kind']} {name_of(live)}"

    async def do_create_or_delete(self, app: AppPlan) -> str:
        live = await self.application(app)
        if live is None:
            return await self.create(app)
        await self._cluster.delete(APPLICATION, CONTROL_NAMESPACE, app.name)
        if not app.cascades:
            self.orphaned.add(app.name)
        return "Application deleted"

    async def do_refresh(self, app: AppPlan) -> str:
        kind = self._random.choice(("normal", "hard"))
        await self._patch(
            APPLICATION, CONTROL_NAMESPACE, app.name, {"metadata": {"annotations": {Annotation.REFRESH.value: kind}}}
        )
        return f"{kind} refresh"

    async def do_sync(self, app: AppPlan) -> str:
        commits = self._git.commits[app.repository]
        self.waits_for_person.add(app.name)
        return await self.sync(app, self._random.choice(("", self._random.choice(commits))))

    async def do_selective_sync(self, app: AppPlan) -> str:
        """A sync of a few objects, now and then only to see what it would do."""
        self.waits_for_person.add(app.name)
        wanted = sorted(self._git.wish(app).objects)
        chosen = self._random.sample(wanted, min(len(wanted), 2))
        resources = [{name: getattr(key, name) for name in ("group", "kind", "namespace", "name")} for key in chosen]
        rehearsed = self._random.random() < 0.3
        sync = {"resources": resources, "dryRun": rehearsed, "prune": True}
        await self._operate(app, {"sync": sync, "initiatedBy": {"username": PERSON}})
        return f"{'rehearsal' if rehearsed else 'sync'} asked for of {len(chosen)} objects"

    async def do_rollback(self, app: AppPlan) -> str:
        """To what an entry of the history deployed; the commit of this moment is held off until Git moves on."""
        status = ((await self.application(app)) or {}).get("status") or {}
        if not status.get("history"):
            return ""
        entry = self._random.choice(status["history"])
        self.waits_for_person.add(app.name)
        sync = {"revision": entry["revision"], "source": entry["source"], "prune": True, "syncStrategy": {"apply": {}}}
        held = (status.get("sync") or {}).get("revision")
        mark = {"annotations": {Annotation.HOLD.value: held}} if held and held != entry["revision"] else {}
        await self._operate(app, {"sync": sync, "initiatedBy": {"username": PERSON}}, mark)
        return f"rollback asked for to {entry['revision']}"

    async def do_confirm(self, app: AppPlan) -> str:
        """Approves what waits for it, if anything does."""
        live = await self.application(app)
        if live is None:
            return ""
        state = (live.get("status") or {}).get("operationState") or {}
        waits = state.get("phase") == OperationPhase.RUNNING and "confirmation" in state.get("message", "")
        since = times.parse(live["metadata"].get("deletionTimestamp") or (state.get("startedAt") if waits else None))
        approved = times.parse(annotations_of(live).get(Annotation.DELETION_APPROVED))
        if since is None or (approved is not None and approved >= since):
            return ""
        annotations = {Annotation.DELETION_APPROVED.value: times.stamp(self._clock.now())}
        await self._patch(APPLICATION, CONTROL_NAMESPACE, app.name, {"metadata": {"annotations": annotations}})
        return "deletions approved"

    async def do_approve(self, app: AppPlan) -> str:
        """Lets the newest commit pass, and the one that a sync waits for."""
        live = await self.application(app)
        if live is None or not app.needs_approval:
            return ""
        state = (live.get("status") or {}).get("operationState") or {}
        waiting = (state.get("syncResult") or {}).get("revision", "")
        revision = self._random.choice([one for one in (waiting, self._git.head_of(app)) if one])
        approval = {
            "apiVersion": OWN_API_VERSION,
            "kind": "Approval",
            "metadata": {"name": f"{app.name}-{revision[:12]}", "namespace": CONTROL_NAMESPACE},
            "spec": {"application": app.name, "revision": revision, "user": "approver"},
        }
        with suppress(AlreadyExists):
            await self._cluster.create(APPROVAL, approval, field_manager=PERSON)
            return f"approved {revision}"
        return ""

    async def do_freeze(self, app: AppPlan) -> str:
        until = self._clock.now() + timedelta(seconds=self._random.uniform(5.0, LONGEST_FREEZE))
        spec = {"application": app.name, "reason": "a freeze", "until": times.stamp(until)}
        metadata = {"name": f"{app.name}-{int(until.timestamp())}", "namespace": CONTROL_NAMESPACE}
        freeze = {"apiVersion": OWN_API_VERSION, "kind": "Freeze", "metadata": metadata, "spec": spec}
        await self._cluster.create(FREEZE, freeze, field_manager=PERSON)
        return f"frozen until {spec['until']}"

    async def do_terminate(self, app: AppPlan) -> str:
        live = await self.application(app)
        state = ((live or {}).get("status") or {}).get("operationState") or {}
        if live is None or state.get("phase") != OperationPhase.RUNNING:
            return ""
        self.waits_for_person.add(app.name)
        version = {"resourceVersion": live["metadata"]["resourceVersion"]}
        body = {"metadata": version, "status": {"operationState": {"phase": OperationPhase.TERMINATING.value}}}
        await self._patch(APPLICATION, CONTROL_NAMESPACE, app.name, body)
        return "operation terminated"

    async def do_delete_namespace(self, app: AppPlan) -> str:
        self.waits_for_person.update(other.name for other in self._apps if other.namespace == app.namespace)
        listing = await self._cluster.list(JOB, namespace=app.namespace)
        await self._cluster.delete(NAMESPACE, "", app.namespace)
        for job in listing.items:
            self._invariants.forgive(job.decode())
        return f"namespace {app.namespace} deleted"

    async def do_foreign(self, app: AppPlan) -> str:
        """An object of somebody else's beside those of the application; some are copies, annotations and all."""
        target = await self._live(app)
        name = f"foreign-{self._random.randrange(5)}"
        annotations = dict(annotations_of(target[1])) if target is not None and self._random.random() < 0.7 else None
        foreign = config_map(name, namespace=app.namespace, annotations=annotations)
        await self._cluster.create(CONFIG_MAP, foreign, field_manager=PERSON)
        return f"made ConfigMap {name}"

    async def _live(self, app: AppPlan) -> tuple[ResourceType, KubeObject] | None:
        """Any object of the application that is there and no hook."""
        wanted = sorted(self._git.wish(app).objects)
        key: ObjectKey = self._random.choice(wanted) if wanted else ObjectKey("", "ConfigMap", app.namespace, "none")
        kind = self._discovery.find(key.group_kind)
        live = await self._cluster.get(kind, key.namespace, key.name) if kind is not None else None
        if kind is None or live is None or is_being_deleted(live) or hooks.OPERATION in annotations_of(live):
            return None
        return kind, live

    def _drift_of(self, live: KubeObject) -> dict[str, Any]:
        match live["kind"]:
            case "ConfigMap":
                return {"data": {"key-0": f"by hand {self._random.randrange(100)}"}}
            case "Secret":
                return {"stringData": {"password": self._secrets.new()}}
            case "Deployment":
                return {"spec": {"replicas": self._random.randint(0, 5)}}
            case _:
                return {"metadata": {"annotations": {"note": f"by hand {self._random.randrange(100)}"}}}

    async def _operate(self, app: AppPlan, operation: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Whatever was asked for and has not begun yet is forgotten, as with Argo CD."""
        before = ((await self.application(app)) or {}).get("operation") or {}
        nothing: dict[str, Any] = {"retry": None, "sync": dict.fromkeys(before.get("sync") or {})}
        asked = {**nothing, **operation, "sync": {**nothing["sync"], **operation["sync"]}}
        body = {"operation": asked, **({"metadata": metadata} if metadata else {})}
        await self._patch(APPLICATION, CONTROL_NAMESPACE, app.name, body)

    async def _patch(self, resource: ResourceType, namespace: str, name: str, body: dict[str, Any]) -> None:
        await self._cluster.patch(resource, namespace, name, body, PatchKind.MERGE, field_manager=MANAGER)


class Action(Struct, frozen=True):
    weight: int
    act: Callable[[People, AppPlan], Awaitable[str]]


ACTIONS = (
    Action(10, People.do_commit),
    Action(1, People.do_rewrite_history),
    Action(6, People.do_drift),
    Action(4, People.do_delete_object),
    Action(2, People.do_create_or_delete),
    Action(3, People.do_refresh),
    Action(3, People.do_sync),
    Action(2, People.do_selective_sync),
    Action(2, People.do_rollback),
    Action(3, People.do_confirm),
    Action(3, People.do_approve),
    Action(1, People.do_freeze),
    Action(1, People.do_foreign),
    Action(1, People.do_terminate),
    Action(1, People.do_delete_namespace),
)


def application_of(app: AppPlan) -> KubeObject:
    metadata: dict[str, Any] = {"name": app.name, "namespace": CONTROL_NAMESPACE}
    if app.cascades:
        metadata["finalizers"] = [Finalizer.RESOURCES.value]
    if app.needs_approval:
        metadata["annotations"] = {Annotation.APPROVALS.value: "1"}
    policy: dict[str, Any] = {"syncOptions": ["CreateNamespace=true", *app.sync_options]}
    if app.automated:
        policy["automated"] = {"prune": True, "selfHeal": True}
    return {
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": metadata,
        "spec": {
            "project": "default",
            "source": {"repoURL": app.repository, "path": app.path, "targetRevision": "main"},
            "destination": {"server": IN_CLUSTER_SERVER, "namespace": app.namespace},
            "syncPolicy": policy,
        },
    }
