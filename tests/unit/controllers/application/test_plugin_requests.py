"""What an application and the settings say about the files of plugins."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.assembly.engine_process import Sources
from holdfast.assembly.inspection import world_of
from holdfast.controllers.application import sources
from holdfast.engine.flow import spec
from holdfast.model.application import Application
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import PluginFiles, RenderRequest
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.testing.builders import REPOSITORY, application_object, config_map, obj
from tests.unit.controllers.application.harness import Stage, stage

ANNOTATION = "argocd.argoproj.io/manifest-generate-paths"


async def requested(world: Stage, app: Application) -> RenderRequest:
    looking = await world_of(
        world.cluster, Sources(world.repositories, world.charts, InlineRenderer(world.open_tree)), None, "argocd"
    )
    pinned = await sources.resolve(looking, app, spec.sources_of(app), [""], several=False)
    (request,) = [request async for request in sources.requests(looking, app, pinned)]
    assert request is not None
    return request


def application(annotation: str = "", status: KubeObject | None = None) -> Application:
    found = application_object(path="apps/web")
    if annotation:
        found["metadata"]["annotations"] = {ANNOTATION: annotation}
    return msgspec.convert({**found, "status": status or {}}, Application)


@pytest.mark.parametrize(
    ("annotation", "data", "files"),
    [
        ("", {}, PluginFiles()),
        (".;../base;/shared/", {}, PluginFiles(("apps/web", "apps/base", "shared"))),
        (
            "/shared/*.yaml",
            {
                "reposerver.plugin.use.manifest.generate.paths": "true",
                "reposerver.plugin.tar.exclusions": "**/*.bin; docs",
            },
            PluginFiles(("shared/*.yaml",), only_those=True, excluded=("**/*.bin", "docs")),
        ),
    ],
)
async def test_the_annotation_and_the_settings_name_files(
    annotation: str, data: dict[str, str], files: PluginFiles
) -> None:
    async with stage() as world:
        world.push(config_map("a"), folder="apps/web")
        await world.put(obj("v1", "ConfigMap", "argocd-cmd-params-cm", namespace="argocd", data=data), CONFIG_MAP)

        assert (await requested(world, application(annotation))).plugin_files == files


@pytest.mark.parametrize(
    ("source", "password"),
    [
        pytest.param({"plugin": {"name": "cue"}}, "geheim", id="a named plugin"),
        pytest.param({}, "geheim", id="whatever takes it"),
        pytest.param({"directory": {"recurse": True}}, None, id="plain manifests"),
        pytest.param({"helm": {"releaseName": "web"}}, None, id="a chart"),
    ],
)
async def test_what_opens_the_repository_goes_with_what_a_plugin_may_render(
    source: KubeObject, password: str | None
) -> None:
    async with stage() as world:
        world.push(config_map("a"), folder="apps/web")
        secret = obj("v1", "Secret", "shop", namespace="argocd", stringData={"url": REPOSITORY, "password": "geheim"})
        secret["metadata"]["labels"] = {"argocd.argoproj.io/secret-type": "repository"}
        await world.put(secret, SECRET)
        found = application_object(path="apps/web")
        found["spec"]["source"] |= source

        request = await requested(world, msgspec.convert({**found, "status": {}}, Application))
        assert (request.credentials.password if request.credentials else None) == password
        assert "geheim" not in repr(request)


@pytest.mark.parametrize(
    ("rendered", "path", "answer"),
    [("Plugin", "apps/web", True), ("Helm", "apps/web", False), ("Plugin", "other", False)],
)
async def test_a_source_is_known_to_be_a_plugins_while_it_says_the_same(rendered: str, path: str, answer: bool) -> None:
    compared = {"repoURL": REPOSITORY, "path": path, "targetRevision": "main"}
    status: KubeObject = {
        "sourceType": rendered,
        "sync": {"status": "Synced", "revision": "a" * 40, "comparedTo": {"source": compared, "destination": {}}},
    }
    async with stage() as world:
        world.push(config_map("a"), folder="apps/web")

        assert (await requested(world, application(status=status))).was_plugin is answer
