"""A commit concerns only the applications for which it changes something that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.trace import Beside, Trace, TracedTree
from holdfast.engine.render.prepare import identity, prepare
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.names import Annotation
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderRequest, RenderResult
from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import Stage, stage
from tests.unit.controllers.application.test_sync import AUTOMATED


class AwareRenderer(InlineRenderer):
    """Remembers what its renders have read."""

    def __init__(self, open_tree: Callable[[TreeLocation], FileTree], *, plugins: PluginPlaces = NO_PLUGINS) -> None:
        super().__init__(open_tree, plugins=plugins)
        self._open = open_tree
        self._traces: dict[tuple[NamespacedName, str], Trace] = {}

    async def render(self, request: RenderRequest) -> RenderResult:
        tree = TracedTree(self._open(request.location))
        identity(tree, prepare(tree, request), request)
        self._traces[NamespacedName(request.app_namespace, request.app_name), request.location.commit] = tree.trace
        return await super().render(request)

    async def unchanged(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Mapping[NamespacedName, bool]:
        beside = Beside(self._open(location))
        return {app: beside.is_same(self._traces[app, at]) for app, at in apps.items() if (app, at) in self._traces}


ELSEWHERE = {"other/map.yaml": "a: b\n"}


async def revision(world: Stage) -> str:
    return (await world.application()).status.sync.revision


async def test_a_commit_elsewhere_leaves_the_application_alone() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        first = world.push(config_map(data={"a": "1"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            before, runs = list(world.transport.writes), controller.loop.counters.runs
            elsewhere = world.push(config_map(data={"a": "1"}), **ELSEWHERE)
            await world.settle(controller, 300)
            assert (world.transport.writes, controller.loop.counters.runs) == (before, runs)
            assert await revision(world) == first
            changed = world.push(config_map(data={"a": "2"}))
            await world.settle(controller, 300)
            assert await revision(world) == changed
            assert elsewhere not in (first, changed)


async def test_a_refresh_brings_it_to_the_newest_commit() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            elsewhere = world.push(config_map(), **ELSEWHERE)
            await world.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "normal"}}})
            await world.settle(controller, 1)
            assert await revision(world) == elsewhere


async def test_a_restart_after_a_commit_elsewhere_writes_nothing() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        first = world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            pass
        world.push(config_map(), **ELSEWHERE)
        before = list(world.transport.writes)
        async with world.controller():
            assert world.transport.writes == before
        assert await revision(world) == first
