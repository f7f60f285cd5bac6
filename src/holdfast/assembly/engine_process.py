"""Puts the engine together: the application controller with real repositories and render workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from msgspec import Struct

from holdfast import __version__
from holdfast.adapters.charts.sources import ChartSources
from holdfast.adapters.charts.values_files import HttpValuesFiles
from holdfast.adapters.credentials.sign_in import SignIn
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.kube.counted import CountedCluster
from holdfast.adapters.records.object_storage import ObjectStorages
from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.adapters.scm.hosts import Hosts
from holdfast.adapters.scripts.pool import ScriptPool
from holdfast.adapters.step_plugins.programs import PluginPrograms
from holdfast.assembly.load_balancers import load_balancers
from holdfast.assembly.metric_sources import metric_sources
from holdfast.assembly.notifications import notifications_of_rollouts
from holdfast.assembly.places import DataPlace
from holdfast.assembly.rollout_namespaces import NAMESPACES
from holdfast.assembly.settings import EngineSettings
from holdfast.assembly.source_trees import open_source_tree
from holdfast.assembly.web_process import monitored, serving
from holdfast.controllers.analysis.controller import AnalysisController
from holdfast.controllers.application.controller import ApplicationController
from holdfast.controllers.experiment.controller import ExperimentController
from holdfast.controllers.preview.controller import PreviewController
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.controllers.rollout.figures import exposition, of_templates
from holdfast.engine.rollout import process_figures
from holdfast.model.rendering import PluginPlaces
from holdfast.ports.charts import Charts
from holdfast.ports.cluster import Cluster
from holdfast.ports.rendering import Renderer
from holdfast.ports.scripts import Scripts
from holdfast.ports.sources import Repositories
from holdfast.ports.values_files import ValuesFiles
from holdfast.runtime.clock import SystemClock


class Sources(Struct, frozen=True):
    """What turns the sources of an application into objects."""

    repositories: Repositories
    charts: Charts
    renderer: Renderer
    values_files: ValuesFiles | None = None


@asynccontextmanager
async def sources(
    place: DataPlace, rewrites: Mapping[str, str], *, workers: int, plugins: PluginPlaces
) -> AsyncIterator[Sources]:
    """Their mirrors and caches lie in the place; shared by controller and commands."""
    clock = SystemClock()
    sign_in = SignIn(clock)
    repositories = GitRepositories(place.mirrors, rewrites=rewrites, clock=clock, sign_in=sign_in.opened)
    charts = ChartSources(place.charts, clock=clock, open_tree=open_source_tree, sign_in=sign_in.opened_charts)
    values_files = HttpValuesFiles(clock)
    renderer = RenderPool(
        open_source_tree, workers=workers, cache=RenderCache(place.renders), tools=place.tools, plugins=plugins
    )
    try:
        yield Sources(repositories, charts, renderer, values_files)
    finally:
        await renderer.close()
        await repositories.close()
        await charts.close()
        await values_files.close()


@asynccontextmanager
async def scripts_of_users() -> AsyncIterator[Scripts]:
    """Workers are started by the first script."""
    scripts = ScriptPool()
    try:
        yield scripts
    finally:
        await scripts.close()


async def run_engine(
    cluster: Cluster, place: DataPlace, settings: EngineSettings, rewrites: Mapping[str, str] | None = None
) -> None:
    """Runs until it is cancelled."""
    storages = ObjectStorages()
    place.write_plugins(settings.plugins)
    async with (
        sources(place, rewrites or {}, workers=settings.render_workers, plugins=settings.plugins) as opened,
        scripts_of_users() as scripts,
    ):
        controller = ApplicationController(
            cluster=cluster,
            repositories=opened.repositories,
            charts=opened.charts,
            values_files=opened.values_files,
            renderer=opened.renderer,
            clock=SystemClock(),
            namespace=settings.namespace,
            settings=settings,
            random=Random(),  # noqa: S311 - jitter
            storages=storages,
            scripts=scripts,
        )
        async with AsyncExitStack() as stack:
            stack.callback(storages.close)
            previews = None
            if settings.listen:
                previews = await stack.enter_async_context(pull_request_previews(controller))
                await stack.enter_async_context(serving(controller, previews, settings.listen))
            async with asyncio.TaskGroup() as group:
                if previews is not None:
                    group.create_task(previews.run(), name="previews")
                group.create_task(controller.run(), name="applications")
                if settings.rollouts:
                    running = run_rollouts(
                        cluster,
                        settings.step_plugins,
                        metric_plugins=settings.metric_plugins,
                        self_service=settings.self_service_notifications,
                        verify_load_balancers=settings.verify_load_balancers,
                        monitoring=settings.monitoring,
                        instance_id=settings.instance_id,
                    )
                    group.create_task(running, name="rollouts")


@asynccontextmanager
async def pull_request_previews(controller: ApplicationController) -> AsyncIterator[PreviewController]:
    """Of the applications of a controller; to be run beside it."""
    clock = SystemClock()
    hosts = Hosts(clock)
    try:
        yield PreviewController(
            world=controller.world,
            applications=controller.applications,
            hosts=hosts,
            opened=SignIn(clock).opened,
            random=Random(),  # noqa: S311 - jitter
            synced=controller.watch.synced.wait,
        )
    finally:
        await hosts.close()


async def run_rollouts(
    cluster: Cluster,
    step_plugins: Path | None = None,
    *,
    metric_plugins: Path | None = None,
    self_service: bool = False,
    verify_load_balancers: bool = False,
    monitoring: str = "",
    instance_id: str = "",
    namespace: str = "",
) -> None:
    """Runs the Rollouts, Experiments and AnalysisRuns of all namespaces until it is cancelled. `step_plugins` is the folder
    with the programs that carry out steps, `metric_plugins` that with those that measure, None for none; `self_service` is
    whether settings of notifications hold that stand beside a Rollout; `verify_load_balancers` is whether AWS is asked for
    the weights that ALBs serve; `monitoring` is where /metrics is answered ("HOST:PORT"), "" for nowhere; `instance_id` is
    what the label of the Rollouts of this process says, "" takes those without one; `namespace` is the only one whose
    settings and Secrets are read, for a cluster that is confined to it."""
    programs = PluginPrograms(step_plugins) if step_plugins is not None else None
    clock, random = SystemClock(), Random()  # noqa: S311 - jitter
    cluster = counted = CountedCluster(cluster)
    own = (namespace,) if namespace else NAMESPACES
    async with (
        metric_sources(cluster, metric_plugins, namespaces=own) as metrics,
        notifications_of_rollouts(cluster, self_service=self_service, namespaces=own) as notifications,
        load_balancers(clock, is_wanted=verify_load_balancers) as balancers,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as group,
    ):
        rollouts = RolloutController(
            cluster=cluster,
            clock=clock,
            random=random,
            step_plugins=programs,
            tidings=notifications,
            load_balancers=balancers,
            instance_id=instance_id,
        )
        experiments = ExperimentController(rollouts, clock=clock, random=random)
        analyses = AnalysisController(
            cluster=cluster, sources=metrics, clock=clock, random=random, instance_id=instance_id
        )

        def told() -> str:
            seen = exposition(rollouts.tally, experiments.tally, analyses.tally)
            sent = notifications.counters
            process = process_figures.of_process(
                counted.requests, __version__, delivered=sent.delivered, failed=sent.failed
            )
            loops = {"Rollouts": rollouts.loop, "Experiments": experiments.loop, "AnalysisRuns": analyses.loop}
            queues = process_figures.of_queues({name: loop.queue.figures() for name, loop in loops.items()})
            return f"{seen}{of_templates(rollouts.world.store)}{process}{queues}"

        await stack.enter_async_context(monitored(told, monitoring))
        group.create_task(rollouts.run(), name="rollouts")
        group.create_task(experiments.run(), name="experiments")
        group.create_task(analyses.run(), name="analyses")
        group.create_task(notifications.run(), name="notifications")
