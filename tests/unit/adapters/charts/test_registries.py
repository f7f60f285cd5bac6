"""Charts and artifacts of OCI registries, against a registry that runs in this process."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from msgspec import structs

from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.charts.conftest import OpenSources
from tests.unit.adapters.charts.packed import TAR_LAYER, Registry, chart, packed
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time


def access_to(root: str, path: str = "charts", **more: Any) -> RepositoryAccess:
    address = f"oci://{root.removeprefix('http://')}/{path}"
    return RepositoryAccess(address, **{"registered": True, "force_http": True, **more})


async def test_a_chart_is_found_by_a_range_over_all_pages_of_tags(chart_sources: OpenSources) -> None:
    registry = Registry()
    for version in ("1.0.0", "1.2.0", "1.3.0_build.7", "2.0.0", "latest"):
        registry.push("charts/redis", version, chart("redis", version))
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = access_to(root)
        assert await sources.resolve(access, "redis", "1.x") == "1.3.0+build.7"
        location = await sources.fetch(access, "redis", "1.3.0+build.7")
        assert sources.open(location).entry("templates/a.yaml") is not None
        registry.asked.clear()
        await sources.fetch(access, "redis", await sources.resolve(access, "redis", "1.3.0+build.7"))
        assert registry.asked == []


@pytest.mark.parametrize("url", ["{host}/charts", "https://{host}/charts"])
async def test_the_secret_may_say_that_an_address_is_a_registry(chart_sources: OpenSources, url: str) -> None:
    registry = Registry()
    registry.push("charts/redis", "1.0.0", chart("redis", "1.0.0"))
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = RepositoryAccess(url.format(host=root.removeprefix("http://")), force_http=True, enable_oci=True)
        assert await sources.resolve(access, "redis", "*") == "1.0.0"


async def test_a_registry_that_wants_a_token_is_given_one(chart_sources: OpenSources) -> None:
    registry = Registry("reader", "secret")
    registry.push("charts/redis", "1.0.0", chart("redis", "1.0.0"))
    async with serving(registry.handle) as root, chart_sources() as sources:
        opened = access_to(root, username="reader", password="secret")
        assert await sources.resolve(opened, "redis", "1.x") == "1.0.0"
        await sources.fetch(opened, "redis", "1.0.0")
        assert registry.asked.count("/token") == 1
        for given in ({}, {"username": "reader", "password": "wrong"}):
            with pytest.raises(Blocked) as caught:
                await sources.resolve(access_to(root, **given), "redis", "1.x")
            assert caught.value.reason == "AuthenticationFailed"


@pytest.mark.parametrize("realm", ["http://[token", "token", "https://host:99999/"])
async def test_tokens_are_asked_for_at_an_address_or_not_at_all(chart_sources: OpenSources, realm: str) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})

    async with serving(handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked, match="names no http or https address for its tokens"):
            await sources.resolve(access_to(root), "redis", "1.x")


class Identity:
    """Gives a password that counts up to who names a Google account."""

    def __init__(self) -> None:
        self.given = 0

    async def sign_in(self, access: RepositoryAccess) -> RepositoryAccess:
        self.given += 1
        return structs.replace(access, username="oauth2accesstoken", password=f"t{self.given}", bearer_token="b")


async def test_a_token_of_a_cloud_is_asked_for_anew_when_the_registry_takes_the_last_one_no_more(
    chart_sources: OpenSources,
) -> None:
    registry, identity = Registry("oauth2accesstoken", "t1"), Identity()
    registry.push("charts/redis", "1.0.0", chart("redis", "1.0.0"))
    async with serving(registry.handle) as root, chart_sources(identity.sign_in) as sources:
        access = access_to(root, gcp_service_account_key="{}")
        for wanted in ("1.x", "*"):
            assert await sources.resolve(access, "redis", wanted) == "1.0.0"
        assert identity.given == 1, "the registry's own token serves"
        registry.expected, registry.letter = ("oauth2accesstoken", "t2"), "Bearer another"
        assert await sources.resolve(access, "redis", "1.x") == "1.0.0"
        assert identity.given == 2


async def test_an_artifact_stands_at_the_digest_of_its_tag(chart_sources: OpenSources) -> None:
    registry = Registry()
    files = {"app/a.yaml": "kind: A", "app/link.yaml": "-> a.yaml"}
    first = registry.push("team/shop", "main", packed(files), TAR_LAYER)
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = access_to(root, "team/shop")
        assert await sources.resolve(access, "", "main") == first
        second = registry.push("team/shop", "main", packed({"app/b.yaml": "kind: B"}), TAR_LAYER)
        assert await sources.resolve(access, "", "main", fresh=True) == second
        old, new = await sources.fetch(access, "", first), await sources.fetch(access, "", second)
        assert sources.open(old).read("app/a.yaml") == b"kind: A"
        assert sources.open(new).entry("app/a.yaml") is None
        assert await sources.resolve(access, "", first) == first


async def test_a_chart_can_be_taken_as_an_artifact(chart_sources: OpenSources) -> None:
    registry = Registry()
    digest = registry.push("charts/redis", "1.0.0", chart("redis", "1.0.0"))
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = access_to(root, "charts/redis")
        assert await sources.resolve(access, "", "1.x") == digest
        assert sources.open(await sources.fetch(access, "", digest)).entry("Chart.yaml") is not None


ESCAPES = [
    {"../outside.yaml": "x"},
    {"a/../../outside.yaml": "x"},
    {"/outside.yaml": "x"},
    {"a": "-> /etc", "a/passwd": "x"},
    {"a": "-> ..", "a/outside.yaml": "x"},
    {"a": "x", "a/b": "x"},
]


@pytest.mark.parametrize("files", ESCAPES)
async def test_an_archive_writes_nothing_outside_of_its_folder(
    chart_sources: OpenSources, files: dict[str, str], tmp_path: Any
) -> None:
    registry = Registry()
    digest = registry.push("team/shop", "main", packed(files), TAR_LAYER)
    async with serving(registry.handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.fetch(access_to(root, "team/shop"), "", digest)
        assert caught.value.reason == "PathEscapes"
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_prefix_says_which_tags_are_versions(chart_sources: OpenSources) -> None:
    registry = Registry()
    tags = ("web_1.0.0", "web_1.1.0_b.7", "api_1.9.0", "1.5.0", "web_latest")
    digests = {tag: registry.push("team/shop", tag, packed({"a.yaml": tag}), TAR_LAYER) for tag in tags}
    for tag in ("web_1.0.0_b.7", "1.5.0"):
        registry.push("charts/redis", tag, chart("redis", "1.0.0"))
    cases = {"1.x": "web_1.1.0_b.7", "1.0.0": "web_1.0.0", "1.5.0": "1.5.0", "web_latest": "web_latest"}
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = access_to(root, "team/shop")
        found = {wanted: await sources.resolve(access, "", wanted, tag_prefix="web_") for wanted in cases}
        assert found == {wanted: digests[tag] for wanted, tag in cases.items()}
        with pytest.raises(Blocked) as caught:
            await sources.resolve(access, "", "2.x", tag_prefix="web_")
        assert "in tags that begin with 'web_', has no version '2.x'. It has 1.0.0, 1.1.0+b.7." in caught.value.message
        version = await sources.resolve(access_to(root), "redis", "1.x", tag_prefix="web_")
        assert version == "web_1.0.0+b.7"
        assert sources.open(await sources.fetch(access_to(root), "redis", version)).entry("Chart.yaml") is not None


async def test_what_was_changed_on_the_way_is_refused(chart_sources: OpenSources) -> None:
    registry = Registry()
    digest = registry.push("team/shop", "main", packed({"a.yaml": "good"}), TAR_LAYER)
    async with serving(registry.handle) as root, chart_sources() as sources:
        access = access_to(root, "team/shop")
        good = dict(registry.blobs)
        registry.blobs = dict.fromkeys(good, packed({"a.yaml": "bad"}))
        with pytest.raises(Blocked) as caught:
            await sources.fetch(access, "", digest)
        assert caught.value.reason == "ChartDamaged"
        registry.blobs = good
        registry.manifests["team/shop"][digest] += b" "
        with pytest.raises(Blocked) as caught:
            await sources.fetch(access, "", digest)
        assert caught.value.reason == "ChartDamaged"


async def test_several_layers_are_no_source(chart_sources: OpenSources) -> None:
    registry = Registry()
    layers = {"application/vnd.oci.image.layer.v1.tar": b"more"}
    digest = registry.push("team/shop", "main", packed({"a.yaml": "x"}), TAR_LAYER, **layers)
    async with serving(registry.handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.fetch(access_to(root, "team/shop"), "", digest)
        assert caught.value.reason == "SourceUnsupported"


async def test_a_missing_chart_is_told(chart_sources: OpenSources) -> None:
    registry = Registry()
    async with serving(registry.handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.fetch(access_to(root), "redis", "1.0.0")
        assert caught.value.reason == "ChartNotFound"
        assert "charts/redis:1.0.0" in caught.value.message
