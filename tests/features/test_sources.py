"""Where applications come from."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from holdfast.model.application import Application
from holdfast.model.rendering import PluginPlaces
from holdfast.model.resource_types import APP_PROJECT, CONFIG_MAP, SECRET
from holdfast.testing.builders import config_map
from holdfast.testing.signed_repositories import SignedRepositories
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import AUTOMATED, SOON, until_there
from tests.unit.adapters.rendering.plugins.sidecar_server import running

STABLE = "https://charts.example.com/stable"
REGISTRY = "oci://registry.example.com"
TEMPLATE = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: front}\ndata: {level: '{{ .Values.level }}', version: '%s'}\n"
)


def chart(version: str) -> dict[str, str]:
    return {
        "Chart.yaml": f"apiVersion: v2\nname: front\nversion: {version}\n",
        "values.yaml": "level: low\n",
        "templates/a.yaml": TEMPLATE % version,
    }


async def data(house: House, name: str) -> dict[str, str]:
    live = await house.get(CONFIG_MAP, name, house.namespace)
    return live["data"] if live is not None else {}


@pytest.mark.feature("multi-source")
async def test_a_chart_takes_its_values_from_another_repository(house: House, page: Page) -> None:
    settings = "https://git.example.com/team/settings.git"
    house.charts.publish(STABLE, "front", "1.0.0", chart("1.0.0"))
    first = house.repositories.commit(settings, {"prod/front.yaml": "level: high\n"})
    plain = house.push(config_map("plain"))
    await house.create(page.yaml("application"))
    async with house.controller():
        app = await house.until_settled()
        assert app.status.sync.revisions == ("1.0.0", first, plain)
        assert app.status.source_types == ("Helm", "", "Directory")
        assert await data(house, "front") == {"level": "high", "version": "1.0.0"}
        assert await data(house, "plain") == {"level": "info"}

        second = house.repositories.commit(settings, {"prod/front.yaml": "level: top\n"})
        await house.refresh_application(house.app)
        await house.until_app(
            lambda app: [e.revisions[1] for e in app.status.history] == [first, second], "it is synced"
        )
        assert (await data(house, "front"))["level"] == "top"


@pytest.mark.feature("helm-repositories")
async def test_the_highest_version_of_the_range_is_deployed_with_the_credentials_of_the_secret(
    house: House, page: Page
) -> None:
    for version in ("1.2.0", "1.2.7", "1.3.0"):
        house.charts.publish(STABLE, "front", version, chart(version))
    await house.put(page.yaml("secret"), SECRET)
    await house.create(page.yaml("application"))
    async with house.controller():
        app = await house.until_settled()
        assert app.status.sync.revision == "1.2.7"
        assert await data(house, "front") == {"level": "high", "version": "1.2.7"}
        assert {(access.username, access.password) for access in house.charts.asked} == {("reader", "secret")}


@pytest.mark.feature("oci")
async def test_only_tags_with_the_prefix_are_versions(house: House, page: Page) -> None:
    for tag in ("web-1.0.0", "web-1.1.0", "api-1.9.0", "1.5.0"):
        settings = json.dumps(config_map("settings", data={"tag": tag}))
        house.charts.publish(f"{REGISTRY}/team/manifests", "", tag, {"app/a.yaml": settings})
    await house.create(page.yaml("prefixed"))
    async with house.controller():
        await house.until_settled()
        assert await data(house, "settings") == {"tag": "web-1.1.0"}


@pytest.mark.feature("oci")
async def test_charts_and_plain_artifacts_of_a_registry_are_deployed(house: House, page: Page) -> None:
    digest = "sha256:" + "1" * 64
    house.charts.publish(f"{REGISTRY}/charts", "front", "1.4.0", chart("1.4.0"))
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {from: artifact}\n"
    house.charts.publish(f"{REGISTRY}/team/manifests", "", digest, {"app/a.yaml": manifest})
    await house.create(page.yaml("chart"))
    await house.create(page.yaml("artifact"))
    async with house.controller():
        assert (await house.until_settled()).status.sync.revision == "1.4.0"
        assert (await house.until_settled(house.fit("db"))).status.sync.revision == digest
        assert await data(house, "plain") == {"from": "artifact"}


@pytest.mark.feature("credentials-templates")
async def test_one_secret_opens_all_repositories_of_a_workspace(house: House, page: Page) -> None:
    await house.put(page.yaml("template"), SECRET)
    prefix = "git@bitbucket.org:oro-codebase"
    for name in ("web", "db"):
        body = config_map(f"of-{name}")
        house.repositories.commit(f"{prefix}/{name}.git", {"helm/a.json": json.dumps(body)})
        await house.create_application(
            house.fit(name),
            namespace=house.control_namespace,
            destination=house.namespace,
            policy={"automated": {}},
            source={"repoURL": f"{prefix}/{name}.git", "path": "helm", "targetRevision": "main"},
        )
    async with house.controller():
        for name in ("web", "db"):
            await house.until_settled(house.fit(name))
        keys = {access.url: access.ssh_private_key for access in house.repositories.asked}
        assert len(keys) == 2
        assert all(key.startswith("-----BEGIN OPENSSH PRIVATE KEY-----") for key in keys.values())


@pytest.mark.feature("jsonnet")
async def test_a_program_is_rendered_with_its_variables_and_libraries(house: House, page: Page) -> None:
    pytest.importorskip("_jsonnet")
    files = {"vendor/names.libsonnet": "{ settings: 'settings' }", "app/a.jsonnet": page.block("program")}
    house.push(**files)
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        assert await data(house, "settings") == {"stage": "prod", "replicas": "2"}


@pytest.mark.feature("signed-commits")
async def test_only_signed_commits_are_deployed(house: House, page: Page) -> None:
    house.repositories = signed = SignedRepositories("4AEE18F83AFDEB23")
    await house.put(page.yaml("project"), APP_PROJECT)
    house.push(config_map("plain"))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
        signed.key = ""
        house.push(config_map("plain", data={"level": "unsigned"}))
        await house.refresh_application(house.app)

        def says(app: Application) -> bool:
            return any("must be signed" in condition.message for condition in app.status.conditions)

        await house.until_app(says, "the missing signature is told")
        assert await data(house, "plain") == {"level": "info"}


@pytest.mark.feature("signed-commits")
async def test_a_signed_commit_carries_no_unsigned_one_along(house: House, page: Page) -> None:
    house.repositories = signed = SignedRepositories("4AEE18F83AFDEB23")
    await house.put(page.yaml("strict"), APP_PROJECT)
    house.push(config_map("plain"))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
        unsigned = house.push(config_map("plain", data={"level": "unsigned"}))
        signed.unsigned.add(unsigned)
        house.push(config_map("plain", data={"level": "signed"}))
        await house.refresh_application(house.app)

        def says(app: Application) -> bool:
            return any(f"Commit {unsigned} in the history" in condition.message for condition in app.status.conditions)

        await house.until_app(says, "the missing signature is told")
        assert await data(house, "plain") == {"level": "info"}


@pytest.mark.feature("remote-values-files")
async def test_values_are_read_from_an_address_and_asked_for_anew(house: House, page: Page) -> None:
    url = "https://values.example.com/prod/front.yaml"
    house.charts.publish(STABLE, "front", "1.0.0", chart("1.0.0"))
    house.values_files.texts[url] = "level: high\n"
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        assert await data(house, "front") == {"level": "high", "version": "1.0.0"}
        assert house.values_files.asked == [(url, False)]

        house.values_files.texts[url] = "level: top\n"
        await house.refresh_application(house.app)

        async def is_deployed() -> bool:
            return (await data(house, "front"))["level"] == "top"

        await house.until(is_deployed, "the new values are deployed")


@pytest.mark.feature("remote-values-files")
async def test_what_the_instance_does_not_allow_is_not_asked(house: House, page: Page) -> None:
    house.charts.publish(STABLE, "front", "1.0.0", chart("1.0.0"))
    await house.put(page.yaml("settings"), CONFIG_MAP)
    app = page.yaml("application")
    app["spec"]["source"]["helm"]["valueFiles"] = ["http://values.example.com/front.yaml"]
    await house.create(app)
    async with house.controller():

        def says(app: Application) -> bool:
            return any("the scheme http is not allowed" in one.message for one in app.status.conditions)

        await house.until_app(says, "the scheme is refused")
        assert house.values_files.asked == []


@pytest.mark.feature("kustomize")
async def test_the_fields_of_the_source_change_what_a_kustomization_gives(house: House, page: Page) -> None:
    base = "resources: [settings.yaml]\n"
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {level: low}\n"
    files = {
        "app/kustomization.yaml": "resources: [../base]\n",
        "base/kustomization.yaml": base,
        "base/settings.yaml": settings,
    }
    house.push(**files)
    await house.create(page.yaml("application"))
    async with house.controller():
        app = await house.until_settled()
        assert app.status.source_type == "Kustomize"
        found = await until_there(house, CONFIG_MAP, "blue-settings", house.namespace)
        assert found["data"] == {"level": "high"}
        assert found["metadata"]["annotations"]["application"] == house.app


@pytest.mark.feature("kustomize")
async def test_charts_are_inflated_only_where_it_is_allowed(house: House, page: Page) -> None:
    for version in ("1.2.0", "1.2.7", "2.0.0"):
        house.charts.publish(STABLE, "front", version, chart(version))
    house.push(**{"app/kustomization.yaml": page.block("kustomization")})
    app = page.yaml("application")
    del app["spec"]["source"]["kustomize"]
    await house.create(app)
    async with house.controller(poll_seconds=SOON):

        def says(app: Application) -> bool:
            return any(
                "kustomize.buildOptions: --enable-helm in argocd-cm" in one.message for one in app.status.conditions
            )

        await house.until_app(says, "it is refused")
        assert house.charts.asked == []

        await house.put(page.yaml("settings"), CONFIG_MAP)
        await house.until_settled()
        assert await data(house, "blue-front") == {"level": "high", "version": "1.2.7"}
        assert {access.url for access in house.charts.asked} == {STABLE}


@pytest.mark.feature("config-management-plugins")
async def test_a_plugin_of_ones_own_renders_a_source(house: House, page: Page, tmp_path: Path) -> None:
    (tmp_path / "plugin.yaml").write_text(page.block("plugin"))
    house.plugins = PluginPlaces(definitions=str(tmp_path))
    house.push(**{"app/motto.txt": "hold fast"})
    await house.create(page.yaml("application"))
    async with house.controller():
        app = await house.until_settled()
        assert app.status.source_type == "Plugin"
        expected = {"motto": "HOLD FAST", "stage": "prod", "replicas": "2", "host": "b.example.com"}
        assert await data(house, "settings") == expected


@pytest.mark.feature("config-management-plugins")
async def test_a_plugin_that_fails_says_why_and_leaves_the_cluster_alone(
    house: House, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "plugin.yaml").write_text(page.block("plugin"))
    house.plugins = PluginPlaces(definitions=str(tmp_path))
    house.push(**{"app/motto.txt": "hold fast"})
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(**{"app/other.txt": "no motto"})
        await house.refresh_application(house.app)

        def says(app: Application) -> bool:
            return any("plugin settings-v1 does not take app" in one.message for one in app.status.conditions)

        await house.until_app(says, "the condition names the plugin")
        assert (await data(house, "settings"))["motto"] == "HOLD FAST"


@pytest.mark.feature("config-management-plugins")
async def test_a_sidecar_renders_a_source_that_it_takes_and_its_absence_deletes_nothing(
    house: House, page: Page
) -> None:
    app = page.yaml("application")
    app["spec"]["source"].pop("plugin")
    app["spec"]["syncPolicy"] = AUTOMATED
    plain = {"app/motto.txt": "hold fast", "app/plain.json": json.dumps(config_map("plain"))}
    # The path of a socket may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as folder:
        house.plugins = PluginPlaces(sockets=folder)
        with running(Path(folder), "mottos") as sidecar:
            sidecar.takes = lambda asked: f"{asked.path}/motto.txt" in asked.files
            sidecar.generate = lambda asked: [json.dumps(config_map("made", data={"app": asked.app}))]
            house.push(**plain)
            await house.create(app)
            async with house.controller():
                settled = await house.until_settled()
                assert settled.status.source_type == "Plugin"
                assert await data(house, "made") == {"app": house.app}
        async with house.controller():
            await house.patch_application(
                {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}, house.app
            )

            def says(app: Application) -> bool:
                return any("a plugin rendered the source" in one.message for one in app.status.conditions)

            await house.until_app(says, "the condition tells what to do")
            assert await data(house, "made") == {"app": house.app}
            assert await data(house, "plain") == {}
