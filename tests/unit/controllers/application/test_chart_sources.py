"""Applications whose source is a chart or an artifact, and charts that need other charts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import ChartUse
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.testing.builders import REPOSITORY, config_map, obj
from tests.unit.controllers.application.harness import Stage, namespace, stage

CHARTS = "https://charts.example.com/stable"
VALUES = "https://git.example.com/team/values.git"
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def chart(name: str, version: str, dependency: str = "") -> dict[str, str]:
    body = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{version: '{version}', level: '{{{{ .Values.level }}}}'}}\n"
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{dependency}",
        "templates/a.yaml": body,
        "values.yaml": "level: default\n",
    }


async def data(world: Stage, name: str) -> dict[str, str] | None:
    found = await world.get(CONFIG_MAP, name)
    return found["data"] if found is not None else None


async def secret(world: Stage, secret_name: str, kind: str, **values: str) -> None:
    labels = {"argocd.argoproj.io/secret-type": kind}
    body = obj("v1", "Secret", secret_name, namespace="argocd", stringData=values)
    await world.put({**body, "metadata": {**body["metadata"], "labels": labels}}, SECRET)


async def test_a_new_version_in_the_range_is_synced() -> None:
    async with stage() as world:
        await namespace(world)
        world.charts.publish(CHARTS, "web", "1.0.0", chart("web", "1.0.0"))
        source = {"repoURL": CHARTS, "chart": "web", "targetRevision": "1.x"}
        await world.create_application(policy=AUTOMATED, source=source)
        async with world.controller() as controller:
            assert await data(world, "web") == {"version": "1.0.0", "level": "default"}
            sync = (await world.application()).status.sync
            assert (sync.status, sync.revision) == ("Synced", "1.0.0")
            world.charts.publish(CHARTS, "web", "1.1.0", chart("web", "1.1.0"))
            world.charts.publish(CHARTS, "web", "2.0.0", chart("web", "2.0.0"))
            await world.settle(controller, 200)
            assert (await data(world, "web") or {})["version"] == "1.1.0"
            assert [entry.revision for entry in (await world.application()).status.history] == ["1.0.0", "1.1.0"]


async def test_applications_with_other_prefixes_share_a_repository_but_no_answer() -> None:
    artifact = "oci://registry.example.com/team/shop"
    async with stage() as world:
        await namespace(world)
        for tag in ("web-1.0.0", "api-1.3.0"):
            settings = config_map(tag.partition("-")[0], data={"tag": tag})
            world.charts.publish(artifact, "", tag, {"a.yaml": json.dumps(settings)})
        for name in ("web", "api"):
            source = {"repoURL": artifact, "path": ".", "targetRevision": "1.x", "tagPrefix": f"{name}-"}
            await world.create_application(name, policy=AUTOMATED, source=source)
        async with world.controller():
            assert [await data(world, name) for name in ("web", "api")] == [{"tag": "web-1.0.0"}, {"tag": "api-1.3.0"}]
            assert (await world.application("api")).status.sync.revision == "api-1.3.0"


async def test_values_of_a_git_repository_go_into_a_chart_of_another() -> None:
    async with stage() as world:
        await namespace(world)
        world.charts.publish(CHARTS, "web", "1.0.0", chart("web", "1.0.0"))
        commit = world.repositories.commit(VALUES, {"web.yaml": "level: ours\n"})
        sources = [
            {"repoURL": CHARTS, "chart": "web", "targetRevision": "1.0.0", "helm": {"valueFiles": ["$v/web.yaml"]}},
            {"repoURL": VALUES, "targetRevision": "main", "ref": "v"},
        ]
        await world.create_application(policy=AUTOMATED, source=None, sources=sources)
        async with world.controller():
            assert await data(world, "web") == {"version": "1.0.0", "level": "ours"}
            assert (await world.application()).status.sync.revisions == ("1.0.0", commit)


async def test_an_artifact_is_a_folder_of_manifests() -> None:
    async with stage() as world:
        await namespace(world)
        files = {"app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n"}
        world.charts.publish("oci://registry.example.com/team/shop", "", "sha256:" + "0" * 64, files)
        source = {"repoURL": "oci://registry.example.com/team/shop", "path": "app", "targetRevision": "main"}
        await world.create_application(policy=AUTOMATED, source=source)
        async with world.controller():
            assert await data(world, "a") == {"a": "b"}
            assert (await world.application()).status.sync.revision == "sha256:" + "0" * 64


DEPENDENCIES = [
    (f"dependencies: [{{name: lib, version: 1.x, repository: '{CHARTS}'}}]\n", "1.2.0", ""),
    ("dependencies: [{name: lib, version: 1.x, repository: '@stable'}]\n", "1.2.0", "secret"),
    (f"dependencies: [{{name: lib, version: 1.x, repository: '{CHARTS}'}}]\n", "1.2.0", "secret"),
    ("dependencies: [{name: lib, version: 1.x, repository: 'oci://registry.example.com/charts'}]\n", "1.3.0", ""),
]


@pytest.mark.parametrize(("dependency", "version", "password"), DEPENDENCIES)
async def test_a_chart_of_git_gets_the_charts_it_needs(dependency: str, version: str, password: str) -> None:
    async with stage() as world:
        await namespace(world)
        world.charts.publish(CHARTS, "lib", "1.2.0", chart("lib", "1.2.0"))
        world.charts.publish("oci://registry.example.com/charts", "lib", "1.3.0", chart("lib", "1.3.0"))
        if password:
            await secret(world, "stable", "repository", name="stable", type="helm", url=CHARTS, password=password)
        files = {f"app/{path}": text for path, text in chart("web", "0.1.0", dependency).items()}
        world.repositories.commit(REPOSITORY, files)
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            assert (await data(world, "lib") or {}).get("version") == version
            assert await data(world, "web") is not None
            assert {access.password for access in world.charts.asked} == {password}
            assert {access.public_only for access in world.charts.asked} == {not password}


OUT_OF_STEP = "dependencies:\n- {name: lib, version: 1.2.0, repository: 'https://charts.example.com/stable'}\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"Chart.yaml": "repository: 'https://127.0.0.1/charts'"}, "127.0.0.1 is not a public host"),
        ({"Chart.yaml": "repository: 'https://charts.example.com/other'"}, "has no lib 1.x"),
        (
            {
                "Chart.yaml": f"repository: '{CHARTS}'",
                "Chart.lock": OUT_OF_STEP + "digest: sha256:0000\ngenerated: now\n",
            },
            "Chart.lock does not belong to Chart.yaml",
        ),
    ],
)
async def test_a_dependency_that_is_not_had_says_why(files: dict[str, str], message: str) -> None:
    async with stage() as world:
        world.charts.publish(CHARTS, "lib", "1.2.0", chart("lib", "1.2.0"))
        manifest = f"dependencies:\n- name: lib\n  version: 1.x\n  {files.pop('Chart.yaml')}\n"
        whole: dict[str, Any] = {**chart("web", "0.1.0", manifest), **files}
        world.repositories.commit(REPOSITORY, {f"app/{path}": text for path, text in whole.items()})
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            [condition] = (await world.application()).status.conditions
            assert condition.type == "ComparisonError"
            assert message in condition.message


async def test_the_charts_of_a_render_are_known_and_asked_for_anew_when_somebody_says_so() -> None:
    async with stage() as world:
        await namespace(world)
        wanted = f"dependencies: [{{name: lib, version: 1.x, repository: '{CHARTS}'}}]\n"
        world.repositories.commit(REPOSITORY, {f"app/{path}": text for path, text in chart("web", "1", wanted).items()})
        await world.create_application(policy=AUTOMATED)
        web = NamespacedName("argocd", "web")
        async with world.controller(poll_seconds=100_000) as controller:
            assert controller.charts_of(web) == {ChartUse(CHARTS, "lib", "1.x")}, "it waits for this one"
            for version in ("1.2.0", "1.3.0"):
                world.charts.publish(CHARTS, "lib", version, chart("lib", version))
                controller.refresh(web)
                await world.settle(controller, seconds=2)
                assert (await data(world, "lib") or {}).get("version") == version
                assert world.charts.fresh[-1]
            assert controller.charts_of(web) == {ChartUse(CHARTS, "lib", "1.x")}
            asked = len(world.charts.fresh)
            world.repositories.commit(REPOSITORY, {f"app/{path}": text for path, text in chart("web", "2").items()})
            controller.refresh(web)
            await world.settle(controller, seconds=2)
            assert (controller.charts_of(web), len(world.charts.fresh)) == (frozenset(), asked)
