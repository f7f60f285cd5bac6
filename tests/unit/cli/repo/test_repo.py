"""`holdfast repo` on a sandbox cluster, against repositories on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import typer

from holdfast.assembly.repository_check import reach
from holdfast.cli.repo import add as adding
from holdfast.cli.repo import group
from holdfast.cli.repo.registered import only, registered
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import SECRET
from tests.unit.adapters.charts.packed import HelmServer, Registry, chart
from tests.unit.adapters.local_http import serving
from tests.unit.controllers.application.harness import stage


def secret(template: bool = False, **values: str) -> KubeObject:
    return adding.secret_of("argocd", values, template=template)


def test_the_secret_has_the_name_that_argo_cd_gives_it() -> None:
    found = secret(url="git@github.com:argoproj/argo-cd.git")
    # FNV-1a of 32 bits of "a" is 0xe40c292c.
    assert secret(url="a")["metadata"]["name"] == f"repo-{0xE40C292C}"
    assert secret(template=True, url="a")["metadata"]["name"] == f"creds-{0xE40C292C}"
    assert found["metadata"]["labels"] == {"argocd.argoproj.io/secret-type": "repository"}


async def test_what_is_registered_is_listed_without_its_secrets() -> None:
    async with stage() as world:
        for one in (
            secret(url="https://git.example/shop.git", type="git", username="ada", password="s3cret"),
            secret(url="https://git.example/shop.git", project="team", bearerToken="t0ken"),
            secret(template=True, url="git@bitbucket.org:oro-codebase", sshPrivateKey="KEY"),
        ):
            await adding._write(world.cluster, one, upsert=False)
        found = await registered(world.cluster, "argocd")
        assert [(one.url, one.project, one.opens_by, one.is_template) for one in found] == [
            ("https://git.example/shop.git", "", ("password",), False),
            ("https://git.example/shop.git", "team", ("token",), False),
            ("git@bitbucket.org:oro-codebase", "", ("ssh key",), True),
        ]
        assert not any(text in repr(found) for text in ("s3cret", "t0ken", "KEY"))
        with pytest.raises(Blocked) as caught:
            await only(world.cluster, "argocd", "https://git.example/shop", "")
        assert caught.value.reason == "RepositoryAmbiguous"
        assert (await only(world.cluster, "argocd", "https://git.example/shop", "team")).username == ""
        with pytest.raises(Blocked) as caught:
            await only(world.cluster, "argocd", "https://git.example/other", "")
        assert caught.value.reason == "RepositoryNotRegistered"


async def test_what_is_shown_of_a_repository_is_no_secret() -> None:
    async with stage() as world:
        one = secret(
            url="https://git.example/shop.git",
            proxy="http://ada:s3cret@proxy:3128",
            gcpServiceAccountKey="KEY",
            useAzureWorkloadIdentity="true",
            insecureOCIForceHttp="true",
        )
        await adding._write(world.cluster, one, upsert=False)
        (found,) = await registered(world.cluster, "argocd")
        assert found.opens_by == ("Google service account", "Azure workload identity")
        assert found.settings == {"insecureOCIForceHttp": "true", "proxy": "http://proxy:3128"}
        assert "s3cret" not in repr(found)


def test_every_option_is_a_field_of_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("KEY")
    command = typer.main.get_command(group.repo).commands["add"]  # type: ignore[attr-defined]
    given = {one.name: one.default for one in command.params}
    texts = dict.fromkeys(adding._TEXTS, "said")
    said = adding._said({**given, **texts, **dict.fromkeys(adding._FILES, file), **dict.fromkeys(adding._FLAGS, True)})
    assert said["gcpServiceAccountKey"] == said["sshPrivateKey"] == "KEY"
    assert said["enableLfs"] == said["insecureIgnoreHostKey"] == said["useAzureWorkloadIdentity"] == "true"
    assert said["bearerToken"] == said["noProxy"] == "said"
    assert not any(adding._said(given).values())


async def test_a_registered_repository_is_replaced_only_on_request() -> None:
    async with stage() as world:
        first, second = (secret(url="https://git.example/a", password=text, username=text) for text in ("one", "two"))
        await adding._write(world.cluster, first, upsert=False)
        with pytest.raises(Blocked) as caught:
            await adding._write(world.cluster, second, upsert=False)
        assert caught.value.reason == "RepositoryRegistered"
        await adding._write(world.cluster, second, upsert=True)
        assert (await only(world.cluster, "argocd", "https://git.example/a", "")).username == "two"


@pytest.mark.real_time
async def test_a_repository_is_opened_with_the_credentials_of_the_cluster(tmp_path: Path) -> None:
    helm = HelmServer("Basic cmVhZGVyOnNlY3JldA==")
    helm.add("redis", "1.0.0")
    registry = Registry()
    registry.push("charts/redis", "1.0.0", chart("redis", "1.0.0"))
    process = await asyncio.create_subprocess_exec("git", "init", "-q", "-b", "main", str(tmp_path / "shop"))
    await process.wait()
    config = tmp_path / "data" / "kubeconfig"
    config.parent.mkdir()
    async with stage() as world, serving(helm.handle) as root, serving(registry.handle) as oci:
        url = f"{root}/charts"
        with pytest.raises(Blocked) as caught:
            await reach(world.cluster, config, "argocd", url, "helm", "")
        assert caught.value.reason == "AuthenticationFailed"
        opened = secret(url=url, type="helm", username="reader", password="secret")
        assert await reach(world.cluster, config, "argocd", url, "helm", "", with_secret=opened) == "1 charts"
        await world.cluster.create(SECRET, opened, field_manager="person")
        assert await reach(world.cluster, config, "argocd", url, "", "") == "1 charts"
        address = f"oci://{oci.removeprefix('http://')}/charts/redis"
        plain = secret(url=address, insecureOCIForceHttp="true")
        assert await reach(world.cluster, config, "argocd", address, "", "", with_secret=plain) == "1 tags"
        with pytest.raises(Blocked) as caught:
            await reach(world.cluster, config, "argocd", f"file://{tmp_path}/shop", "", "")
        assert "has no commit yet" in caught.value.message
