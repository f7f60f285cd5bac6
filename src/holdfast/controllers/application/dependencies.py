"""Fetches the charts that a chart depends on and does not carry in its `charts/`, and those that a kustomization inflates."""

from __future__ import annotations

from msgspec import structs

from holdfast.controllers.application import access
from holdfast.controllers.application.world import World
from holdfast.engine.flow import spec
from holdfast.engine.render import prepare, tool_settings
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm.chart import Dependency
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import ChartUse, FetchedChart, RenderRequest
from holdfast.ports.charts import Charts
from holdfast.ports.sources import Repositories

MOST_REMEMBERED = 10_000


async def fetch(world: World, app: Application, request: RenderRequest) -> tuple[FetchedChart, ...]:
    """Nothing for a source that is no chart. A dependency that must not be fetched is left out: the render says why."""
    source = request.source
    if world.charts is None or source.directory or source.plugin:
        return ()
    found = []
    inflated = _inflated(world, request)
    for wanted in inflated or _wanted(world, source, request.location):
        opened = access.of_url(world, app, wanted.repository)
        if not opened.registered:
            if charts.objection(wanted.repository):
                continue
            opened = structs.replace(opened, public_only=True)
        if source.helm is not None and source.helm.pass_credentials:
            opened = access.with_passed_credentials(opened)
        version = wanted.locked or wanted.version
        world.chart_uses.named(app.metadata.key, ChartUse(opened.url, wanted.name, version))
        anew = world.chart_uses.is_asked_anew(app.metadata.key)
        try:
            version = await world.charts.resolve(opened, wanted.name, version, fresh=anew)
            location = await world.charts.fetch(opened, wanted.name, version)
        except Blocked as blocked:
            raise _about(source, wanted, blocked) from blocked
        found.append(FetchedChart(wanted.name, wanted.repository, location, wanted.version if inflated else ""))
    return tuple(found)


def _inflated(world: World, request: RenderRequest) -> tuple[Dependency, ...]:
    """Those of a kustomization, where any may be inflated. What is wrong with it is told by the render, if no plugin takes it."""
    if not tool_settings.may_inflate(request.settings):
        return ()
    try:
        return prepare.inflated_charts(_opens(world, request.source).open(request.location), request)
    except Blocked:
        return ()


def _opens(world: World, source: ApplicationSource) -> Charts | Repositories:
    return world.charts if world.charts is not None and spec.is_packed(source) else world.repositories


def _wanted(world: World, source: ApplicationSource, location: TreeLocation) -> tuple[Dependency, ...]:
    """Looked up once for each commit, since a reconcile that changes nothing comes by here as well."""
    if source.kustomize:
        return ()
    key = (location, source.path)
    known = world.chart_needs.get(key)
    if known is None:
        if len(world.chart_needs) >= MOST_REMEMBERED:
            world.chart_needs.clear()
        known = world.chart_needs[key] = charts.wanted_elsewhere(_opens(world, source).open(location), source.path)
    return known


def _about(source: ApplicationSource, wanted: Dependency, blocked: Blocked) -> Blocked:
    return Blocked(
        "DependencyMissing",
        f"{source.path or source.chart} needs the chart {wanted.name} {wanted.version}: {blocked.message}",
    )
