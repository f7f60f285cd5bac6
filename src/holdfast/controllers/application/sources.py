"""Where the sources of an application stand, and what they render to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from msgspec import Struct, structs

from holdfast.controllers.application import access, dependencies, parameters, signatures, values_files
from holdfast.controllers.application.customized import SETTINGS_MAP
from holdfast.controllers.application.revisions import Resolved, Source
from holdfast.controllers.application.world import World
from holdfast.engine.access.repository_urls import is_artifact
from holdfast.engine.flow import spec
from holdfast.engine.render import tool_settings
from holdfast.engine.render.plugins import job as plugin_jobs
from holdfast.engine.status import operation
from holdfast.engine.webhooks.concerned import generate_paths
from holdfast.model.application import Application, ApplicationSource, OperationState, SyncOperationResult
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, SyncCode
from holdfast.model.pinned import Pinned
from holdfast.model.rendering import Doubled, PluginFiles, RefLocation, RenderRequest, RenderResult
from holdfast.ports.charts import Charts
from holdfast.ports.rendering import ChangeAware
from holdfast.ports.sources import RepositoryAccess

TAR_EXCLUSIONS = "reposerver.plugin.tar.exclusions"
ONLY_GENERATE_PATHS = "reposerver.plugin.use.manifest.generate.paths"


class Rendered(Struct, frozen=True):
    """`source_types` in the order of the sources; "" for one that only lends its files to others."""

    objects: tuple[KubeObject, ...]
    source_types: tuple[str, ...]
    doubled: tuple[Doubled, ...] = ()


async def newest(world: World, app: Application, *, fresh: bool) -> tuple[Pinned, str]:
    """The revisions to compare with, and what was wrong with asking for them."""
    sources = spec.sources_of(app)
    answers = [await _newest(world, app, sources, position, fresh=fresh) for position in range(len(sources))]
    troubles = dict.fromkeys(answer.trouble for answer in answers if answer.trouble)
    pinned = Pinned(sources, tuple(answer.commit for answer in answers), several=bool(app.spec.sources))
    if not fresh and not troubles and _is_at_rest(app):
        pinned = await _unless_unchanged(world, app, pinned)
    return pinned, "\n".join(troubles)


async def _newest(
    world: World, app: Application, sources: Sequence[ApplicationSource], position: int, *, fresh: bool
) -> Resolved:
    source = sources[position]
    resolved = await world.revisions.resolve(
        app.metadata.key,
        (access.of_source(world, app, source), source.chart, source.target_revision, source.tag_prefix),
        lambda: _ask(world, app, source, source.target_revision, fresh=fresh),
        poll_seconds=world.poll_seconds,
        known=_known(app, source, position),
        fresh=fresh,
        position=position,
    )
    if not resolved.commit:
        raise Transient("RepositoryUnreachable", resolved.trouble)
    return resolved


def _is_at_rest(app: Application) -> bool:
    return app.status.sync.status == SyncCode.SYNCED and not operation.is_in_progress(app.status.operation_state)


async def _unless_unchanged(world: World, app: Application, pinned: Pinned) -> Pinned:
    """The revisions that the application is compared with already, where the newer ones change nothing that any of its
    sources reads: one that does could read other files of the others as well."""
    known = structs.replace(
        pinned, revisions=tuple(_known(app, source, position) for position, source in enumerate(pinned.sources))
    )
    moved = [at for at, revision in enumerate(known.revisions) if revision != pinned.revisions[at]]
    if not moved or "" in known.revisions or any(spec.is_packed(pinned.sources[at]) for at in moved):
        return pinned
    try:
        for at in moved:
            if not await _reads_the_same(world, app, known, at, pinned.revisions[at]):
                return pinned
    except (Blocked, Transient):
        return pinned
    return known


async def _reads_the_same(world: World, app: Application, known: Pinned, position: int, commit: str) -> bool:
    key, source = app.metadata.key, known.sources[position]
    if not isinstance(world.renderer, ChangeAware):
        return False
    asked = {key: known.revisions[position]}
    location = await _fetch(world, app, source, commit)
    answers = await world.renderer.unchanged(asked, location) if world.traced.get(key) == known.revisions else {}
    if key not in answers:
        # After a restart: the cache has the renders, and what they read is learnt on the way.
        await render(world, app, known)
        answers = await world.renderer.unchanged(asked, location)
    await _fetch(world, app, source, asked[key])
    return answers.get(key, False)


def known_at(world: World, apps: Iterable[NamespacedName], source: Source) -> dict[NamespacedName, str]:
    """The commit at which applications that are as wished read a Git source; those are left out that do not."""
    access, chart = source[0], source[1]
    if chart or is_artifact(access.url):
        return {}
    found = {}
    for app in apps:
        revisions, positions = world.at_rest.get(app, ()), world.revisions.positions(app, source)
        commits = {revisions[at] for at in positions if at < len(revisions)}
        if len(commits) == 1:
            found[app] = commits.pop()
    return found


def _known(app: Application, source: ApplicationSource, position: int) -> str:
    """What the source stood at when it was compared last."""
    sync = app.status.sync
    if sync.compared_to is None:
        return ""
    if not app.spec.sources:
        return sync.revision if sync.compared_to.source == source else ""
    same = position < len(sync.revisions) and sync.compared_to.sources[position : position + 1] == (source,)
    return sync.revisions[position] if same else ""


async def resolve(
    world: World, app: Application, sources: Sequence[ApplicationSource], revisions: Sequence[str], *, several: bool
) -> Pinned:
    """What the revisions of an operation mean now; "" is what the source itself says."""
    found = [
        await _ask(world, app, source, revision or source.target_revision, fresh=True)
        for source, revision in zip(sources, revisions, strict=True)
    ]
    return Pinned(tuple(sources), tuple(found), several)


async def _ask(world: World, app: Application, source: ApplicationSource, revision: str, *, fresh: bool) -> str:
    opened = access.of_source(world, app, source)
    if spec.is_packed(source):
        charts = charts_of(world, source)
        return await charts.resolve(opened, source.chart, revision, tag_prefix=source.tag_prefix, fresh=fresh)
    return await world.repositories.resolve(opened, revision, tag_prefix=source.tag_prefix, fresh=fresh)


def kept_to(app: Application, state: OperationState) -> Pinned:
    """What the running operation has written down that it syncs to."""
    result = state.sync_result or SyncOperationResult()
    if result.sources or result.revisions:
        return Pinned(result.sources or app.spec.sources, result.revisions, several=True)
    source = result.source or app.spec.source
    return Pinned((source,), (result.revision,)) if source is not None else Pinned()


async def render(world: World, app: Application, pinned: Pinned) -> Rendered:
    """The objects of all sources in their order. Raises Blocked and Transient."""
    objects: list[KubeObject] = []
    source_types: list[str] = []
    notes: list[str] = []
    doubled: list[Doubled] = []
    async for request in requests(world, app, pinned):
        if request is None:
            source_types.append("")
            continue
        result = await _render(world, app, request)
        objects.extend(result.objects)
        source_types.append(result.source_type)
        notes.extend(result.all_notes)
        doubled.extend(result.doubled)
    world.values_read.rendered(app.metadata.key)
    world.chart_uses.rendered(app.metadata.key)
    world.traced[app.metadata.key] = pinned.revisions
    world.render_notes.rendered(app.metadata.key, pinned.revisions, tuple(notes))
    return Rendered(tuple(objects), tuple(source_types), tuple(doubled))


async def requests(world: World, app: Application, pinned: Pinned) -> AsyncIterator[RenderRequest | None]:
    """What is to be rendered for each source; None for one that only lends its files to others."""
    locations = [
        await _fetch(world, app, source, revision)
        for source, revision in zip(pinned.sources, pinned.revisions, strict=True)
    ]
    refs = tuple(
        RefLocation(source.ref, location, source.repo_url)
        for source, location in zip(pinned.sources, locations, strict=True)
        if source.ref and pinned.several
    )
    for position, (source, location) in enumerate(zip(pinned.sources, locations, strict=True)):
        if pinned.several and source.ref and not source.path:
            yield None
            continue
        request = await _request(world, app, source, location, refs)
        yield structs.replace(request, was_plugin=_was_plugin(app, source, position), position=position)


async def _fetch(world: World, app: Application, source: ApplicationSource, revision: str) -> TreeLocation:
    opened = access.of_source(world, app, source)
    if spec.is_packed(source):
        location = await charts_of(world, source).fetch(opened, source.chart, revision)
    else:
        location = await world.repositories.fetch(opened, revision)
    await signatures.check(world, app, source, opened, location)
    return location


async def _request(
    world: World, app: Application, source: ApplicationSource, location: TreeLocation, refs: tuple[RefLocation, ...]
) -> RenderRequest:
    request = RenderRequest(
        location=location,
        source=source,
        app_name=app.metadata.name,
        app_namespace=app.metadata.namespace,
        project=spec.project_of(app),
        namespace=app.spec.destination.namespace,
        kube_version=world.discovery.kubernetes_version,
        api_versions=world.discovery.api_versions(),
        refs=refs,
        plugin_files=_plugin_files(world, app, source),
        credentials=await _credentials(world, app, source),
        settings=tool_settings.of_tools(world.config_map(SETTINGS_MAP)),
    )
    request = structs.replace(request, charts=await dependencies.fetch(world, app, request))
    return structs.replace(request, remote_files=await values_files.fetch(world, app, request))


async def _credentials(world: World, app: Application, source: ApplicationSource) -> RepositoryAccess | None:
    """What opens the repository, where a plugin may render the source."""
    if (source.plugin is None and not plugin_jobs.is_automatic(source)) or spec.is_packed(source):
        return None
    opened = access.of_source(world, app, source)
    try:
        return await world.repositories.opened(opened)
    except (Blocked, Transient):
        if source.plugin is not None:
            raise
        return None  # most of what says no tool is rendered by none, and the commit is here already


async def _render(world: World, app: Application, request: RenderRequest) -> RenderResult:
    world.failed_renders.check(app.metadata.key, request)
    try:
        return await world.renderer.render(request)
    except Blocked as blocked:
        world.failed_renders.remember(app.metadata.key, request, blocked, world.poll_seconds)
        raise


def _was_plugin(app: Application, source: ApplicationSource, position: int) -> bool:
    known = app.status.source_types or (app.status.source_type,)
    return known[position : position + 1] == ("Plugin",) and bool(_known(app, source, position))


def _plugin_files(world: World, app: Application, source: ApplicationSource) -> PluginFiles:
    annotation = (app.metadata.annotations or {}).get(Annotation.MANIFEST_GENERATE_PATHS, "")
    said = world.config_map(parameters.PARAMETERS_MAP)
    return PluginFiles(
        tuple(path.strip("/") for path in generate_paths(annotation, source.path)) if annotation else (),
        only_those=said.get(ONLY_GENERATE_PATHS, "").strip().lower() == "true",
        excluded=tuple(one.strip() for one in said.get(TAR_EXCLUSIONS, "").split(";") if one.strip()),
    )


def charts_of(world: World, source: ApplicationSource) -> Charts:
    if world.charts is None:
        raise Blocked("SourceUnsupported", f"{source.repo_url}: charts and OCI artifacts cannot be fetched here")
    return world.charts
