"""Reads all that a decision about one Application needs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from holdfast.controllers.application.ignored import ignored_in
from holdfast.controllers.application.predictions import Manner
from holdfast.controllers.application.world import World
from holdfast.engine.access import credentials
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.plan import migration, tracking
from holdfast.engine.status import conditions
from holdfast.model.application import Application, ApplicationCondition, ApplicationSource
from holdfast.model.desired import Prediction, Targets
from holdfast.model.errors import Blocked, Transient
from holdfast.model.ignoring import Ignoring
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import ConditionType, Label
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.repository import RepositoryAccess
from holdfast.model.resource_types import SECRET
from holdfast.model.sync_record import RecordedManifest

KNOWN_HOSTS = "argocd-ssh-known-hosts-cm"
TLS_CERTIFICATES = "argocd-tls-certs-cm"


class Desired(Struct, frozen=True):
    """What one commit wants, and what the server says to it in the state `live`.

    `note` says where it is from when not from Git, and `sealed` are then the Secrets that nobody knows the values of.
    """

    revision: str
    source: ApplicationSource
    source_type: str
    targets: Targets
    live: flow.Live
    predictions: dict[ObjectKey, Prediction]
    note: str = ""
    sealed: tuple[RecordedManifest, ...] = ()
    ignored: Ignoring = Ignoring()


class Observed(Struct, frozen=True):
    """`desired` is None when it could not be had; `conditions` then say why."""

    live: flow.Live
    desired: Desired | None = None
    conditions: tuple[ApplicationCondition, ...] = ()


async def observe(world: World, app: Application, *, fresh: bool = False) -> Observed:
    """`fresh` asks the repository even if its last answer is young. Raises what the API server raises."""
    project = world.project(spec.project_of(app))
    problems = spec.problems(app, project)
    if problems:
        return await _blind(world, app, ConditionType.INVALID_SPEC_ERROR, *problems)
    source = app.spec.source or ApplicationSource()
    if fresh:
        world.failed_renders.refreshed(app.metadata.key)
    try:
        revision, trouble = await _revision(world, app, source, fresh=fresh)
        desired = await desired_at(world, app, source, revision)
    except Blocked as blocked:
        return await _blind(world, app, ConditionType.COMPARISON_ERROR, blocked.message)
    except Transient as error:
        world.revisions.hasten(app.metadata.key)
        return await _blind(world, app, ConditionType.COMPARISON_ERROR, error.message)
    return Observed(desired.live, desired, _conditions(ConditionType.COMPARISON_ERROR, trouble) if trouble else ())


async def _blind(world: World, app: Application, kind: ConditionType, *messages: str) -> Observed:
    live = {obj.key: obj.decode() for obj in world.view.owned_by(flow.instance_of(app, world.namespace)) if obj.raw}
    health = await world.asked.health(world.customized.scripts, live)
    return Observed(flow.Live(live, frozenset(live), health=health), conditions=_conditions(kind, *messages))


def _conditions(kind: ConditionType, *messages: str) -> tuple[ApplicationCondition, ...]:
    return tuple(conditions.condition(kind, message) for message in messages)


async def _revision(world: World, app: Application, source: ApplicationSource, *, fresh: bool) -> tuple[str, str]:
    """The commit to compare with, and what was wrong with asking for it."""
    before = app.status.sync
    compared_to = before.compared_to.source if before.compared_to else None
    access = repository_access(world, app, source)
    resolved = await world.revisions.resolve(
        app.metadata.key,
        (source.repo_url, source.target_revision),
        lambda: world.repositories.resolve(access, source.target_revision, fresh=fresh),
        poll_seconds=world.poll_seconds,
        known=before.revision if compared_to == source else "",
        fresh=fresh,
    )
    if not resolved.commit:
        raise Transient("RepositoryUnreachable", resolved.trouble)
    return resolved.commit, resolved.trouble


async def resolve(world: World, app: Application, source: ApplicationSource, revision: str) -> str:
    """The commit that an operation's revision means now."""
    return await world.repositories.resolve(repository_access(world, app, source), revision, fresh=True)


async def desired_at(world: World, app: Application, source: ApplicationSource, commit: str) -> Desired:
    """Renders one commit and asks the server what an apply of it would do."""
    wanted, source_type = await targets_at(world, app, source, commit)
    return await desired_of(world, app, source, commit, wanted, source_type)


async def desired_of(
    world: World, app: Application, source: ApplicationSource, commit: str, wanted: Targets, source_type: str
) -> Desired:
    """Asks the server what an apply of the targets would do."""
    world.wanted.remember(app.metadata.key, (target.key for target in wanted.objects))
    live = await live_objects(world, app, (target.key for target in wanted.objects))
    chosen = flow.sync_options_of(app)
    left_by = migration.managers(app.metadata.annotations, chosen)
    manner = Manner(writer(world, app), left_by, validates="Validate=false" not in chosen)
    cluster = world.acting_as(manner.user).cluster
    predictions = await world.predictions.of(cluster, wanted.objects, live.objects, world.namespace_exists, manner)
    ignored = await ignored_in(world, app, wanted, live, predictions)
    return Desired(commit, source, source_type, wanted, live, predictions, ignored=ignored)


def writer(world: World, app: Application) -> str:
    """In whose name a sync would write. Where nobody is named only the sync itself fails."""
    try:
        return world.impersonated(app, world.project(spec.project_of(app)))
    except Blocked:
        return ""


async def targets_at(world: World, app: Application, source: ApplicationSource, commit: str) -> tuple[Targets, str]:
    """What one commit wants, and how it was rendered."""
    project = world.project(spec.project_of(app))
    if project is None:
        raise Blocked("InvalidSpecError", f"project {spec.project_of(app)} does not exist")
    rendered = await _render(world, app, source, commit)
    return flow.desired(app, rendered.objects, project, world.discovery, world.namespace), rendered.source_type


async def _render(world: World, app: Application, source: ApplicationSource, commit: str) -> RenderResult:
    location = await world.repositories.fetch(repository_access(world, app, source), commit)
    request = RenderRequest(
        location=location,
        source=source,
        app_name=app.metadata.name,
        app_namespace=app.metadata.namespace,
        project=spec.project_of(app),
        namespace=app.spec.destination.namespace,
        kube_version=world.discovery.kubernetes_version,
        api_versions=world.discovery.api_versions(),
    )
    world.failed_renders.check(app.metadata.key, request)
    try:
        return await world.renderer.render(request)
    except Blocked as blocked:
        world.failed_renders.remember(app.metadata.key, request, blocked, world.poll_seconds)
        raise


def repository_access(world: World, app: Application, source: ApplicationSource) -> RepositoryAccess:
    secrets = [obj.decode() for obj in world.in_control_namespace(SECRET.group_kind) if _is_repository(obj)]
    return credentials.access_for(
        source.repo_url,
        secrets,
        world.config_map(KNOWN_HOSTS).get("ssh_known_hosts", ""),
        world.config_map(TLS_CERTIFICATES),
        project=spec.project_of(app),
    )


def _is_repository(secret: LiveObject) -> bool:
    return bool(secret.raw) and Label.SECRET_TYPE in (secret.metadata.labels or {})


async def live_objects(world: World, app: Application, keys: Iterable[ObjectKey]) -> flow.Live:
    """The owned objects and those of the keys. What no watch keeps whole is read from the server."""
    instance = flow.instance_of(app, world.namespace)
    owned = {obj.key: obj for obj in world.view.owned_by(instance)}
    namespace = ObjectKey("", "Namespace", "", app.spec.destination.namespace)
    found: dict[ObjectKey, KubeObject] = {}
    for key in dict.fromkeys((*owned, *keys, namespace)):
        obj = await _live_object(world, key)
        if obj is not None:
            found[key] = obj
    owners = {key: tracking.owner_instance(key, (obj["metadata"]).get("annotations")) for key, obj in found.items()}
    return flow.Live(
        objects=found,
        owned=frozenset(key for key in owned if key in found),
        owners={key: owner for key, owner in owners.items() if owner},
        health=await world.asked.health(world.customized.scripts, found),
    )


async def _live_object(world: World, key: ObjectKey) -> KubeObject | None:
    known = world.view.get(key)
    if known is not None and known.raw:
        return known.decode()
    if known is None and world.is_watched(key.group_kind):
        return None
    resource = world.resource(key.group_kind)
    return await world.cluster.get(resource, key.namespace, key.name) if resource is not None else None
