"""A commit concerns only the applications for which it changes something that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.trace import TracedTree
from holdfast.adapters.rendering.traces import Traces
from holdfast.engine.render.prepare import identity, prepare
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.names import Annotation
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderRequest, RenderResult
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import REPOSITORY, config_map
from tests.unit.controllers.application.harness import Stage, namespace, stage
from tests.unit.controllers.application.test_sync import AUTOMATED


class AwareRenderer(InlineRenderer):
    """Remembers what its renders have read."""

    def __init__(self, open_tree: Callable[[TreeLocation], FileTree], *, plugins: PluginPlaces = NO_PLUGINS) -> None:
        super().__init__(open_tree, plugins=plugins)
        self._open = open_tree
        self._traces = Traces()

    async def render(self, request: RenderRequest) -> RenderResult:
        tree = TracedTree(self._open(request.location))
        refs = {ref.name: TracedTree(self._open(ref.location)) for ref in request.refs}
        identity(tree, prepare(tree, request, refs), request, refs)
        self._traces.remember(request, tree.trace, {name: ref.trace for name, ref in refs.items()})
        return await super().render(request)

    async def unchanged(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Mapping[NamespacedName, bool]:
        compare = self._traces.comparing(apps, location)
        return compare(self._open(location)) if compare else {}


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


CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {level: '{{ .Values.level }}'}\n"
VALUES = "https://git.example.com/team/values.git"


def charts(world: Stage, **more: str) -> str:
    files = {"chart/Chart.yaml": CHART, "chart/templates/a.yaml": TEMPLATE, "chart/values.yaml": "level: none\n"}
    return world.repositories.commit(REPOSITORY, {**files, **more})


def values(world: Stage, level: str = "low", **more: str) -> str:
    return world.repositories.commit(VALUES, {"prod/web.yaml": f"level: {level}\n", **more})


async def revisions(world: Stage) -> tuple[str, ...]:
    return (await world.application()).status.sync.revisions


async def application_with_values(world: Stage) -> None:
    await namespace(world)
    helm = {"valueFiles": ["$v/prod/web.yaml", "$v/prod/extra.yaml"], "ignoreMissingValueFiles": True}
    sources = [
        {"repoURL": REPOSITORY, "path": "chart", "targetRevision": "main", "helm": helm},
        {"repoURL": VALUES, "targetRevision": "main", "ref": "v"},
    ]
    await world.create_application(policy=AUTOMATED, source=None, sources=sources)


async def level(world: Stage) -> str:
    found = await world.get(CONFIG_MAP, "web")
    assert found is not None
    return str(found["data"]["level"])


async def test_commits_that_change_nothing_of_several_sources_leave_the_application_alone() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        first = charts(world), values(world)
        await application_with_values(world)
        async with world.controller() as controller:
            assert await revisions(world) == first
            before, runs = list(world.transport.writes), controller.loop.counters.runs
            charts(world, **ELSEWHERE)
            values(world, **{"test/web.yaml": "level: test\n"})
            await world.settle(controller, 300)
            assert (world.transport.writes, controller.loop.counters.runs) == (before, runs)
            assert await revisions(world) == first


async def test_a_change_of_a_file_that_is_lent_brings_all_sources_to_their_newest_commits() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        charts(world), values(world)
        await application_with_values(world)
        async with world.controller() as controller:
            elsewhere = charts(world, **ELSEWHERE)
            await world.settle(controller, 300)
            newer = values(world, "high")
            await world.settle(controller, 300)
            assert await revisions(world) == (elsewhere, newer)
            assert await level(world) == "high"


async def test_a_file_that_was_looked_for_in_vain_counts_as_read() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        charts(world), values(world)
        await application_with_values(world)
        async with world.controller() as controller:
            newer = values(world, **{"prod/extra.yaml": "level: extra\n"})
            await world.settle(controller, 300)
            assert (await revisions(world))[1] == newer
            assert await level(world) == "extra"


async def test_after_a_restart_the_files_that_are_lent_are_learnt_anew() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        first = charts(world), values(world)
        await application_with_values(world)
        async with world.controller():
            pass
        charts(world, **ELSEWHERE)
        values(world, **{"test/web.yaml": "level: test\n"})
        before = list(world.transport.writes)
        async with world.controller() as controller:
            assert world.transport.writes == before
            assert await revisions(world) == first
            values(world, "high")
            await world.settle(controller, 300)
            assert await level(world) == "high"


async def test_another_values_file_is_read_from_the_newest_commit() -> None:
    """The commit that was passed over changed a file that the application reads only now."""
    async with stage() as world:
        world.renderer_of = AwareRenderer
        charts(world), values(world, **{"test/web.yaml": "level: old\n"})
        await application_with_values(world)
        async with world.controller() as controller:
            newest = values(world, **{"test/web.yaml": "level: new\n"})
            await world.settle(controller, 300)
            assert await level(world) == "low"
            listed = (await world.application()).spec.sources
            changed = [
                {"repoURL": listed[0].repo_url, "path": "chart", "targetRevision": "main", "helm": {"valueFiles": ["$v/test/web.yaml"]}},
                {"repoURL": VALUES, "targetRevision": "main", "ref": "v"},
            ]  # fmt: skip
            await world.patch_application({"spec": {"sources": changed}})
            await world.settle(controller, 300)
            assert await level(world) == "new"
            assert (await revisions(world))[1] == newest


async def test_a_chart_of_a_repository_that_a_chart_in_git_needs_hides_no_change() -> None:
    async with stage() as world:
        world.renderer_of = AwareRenderer
        await namespace(world)
        repository = "https://charts.example.com/stable"
        world.charts.publish(repository, "part", "1.0.0", {"Chart.yaml": CHART.replace("web", "part")})
        needs = f"{CHART}dependencies: [{{name: part, version: 1.0.0, repository: '{repository}'}}]\n"
        first = charts(world, **{"chart/Chart.yaml": needs})
        await world.create_application(policy=AUTOMATED, source={"repoURL": REPOSITORY, "path": "chart"})
        async with world.controller() as controller:
            charts(world, **{"chart/Chart.yaml": needs, **ELSEWHERE})
            await world.settle(controller, 300)
            assert await revision(world) == first
            newer = charts(world, **{"chart/Chart.yaml": needs, "chart/values.yaml": "level: high\n"})
            await world.settle(controller, 300)
            assert (await revision(world), await level(world)) == (newer, "high")
