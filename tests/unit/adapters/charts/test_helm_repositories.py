"""Charts of Helm repositories, against HTTP servers that run in this process."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec import structs

from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.charts.conftest import OpenSources
from tests.unit.adapters.charts.packed import HelmServer, packed, sha256
from tests.unit.adapters.local_http import certificate, serving

pytestmark = pytest.mark.real_time

SECRET = "Basic " + base64.b64encode(b"reader:secret").decode()


def access_to(root: str, **more: Any) -> RepositoryAccess:
    return RepositoryAccess(f"{root}/charts", **{"registered": True, **more})


async def test_a_range_is_resolved_and_the_chart_is_unpacked(chart_sources: OpenSources) -> None:
    server = HelmServer()
    for version in ("1.0.0", "1.4.2", "1.10.0", "2.0.0-rc.1"):
        server.add("redis", version)
    async with serving(server.handle) as root, chart_sources() as sources:
        access = access_to(root)
        answers = {
            wanted: await sources.resolve(access, "redis", wanted)
            for wanted in ("1.x", "~1.4", "", "*", ">=2-0", "1.0.0")
        }
        assert answers == {
            "1.x": "1.10.0",
            "~1.4": "1.4.2",
            "": "1.10.0",
            "*": "1.10.0",
            ">=2-0": "2.0.0-rc.1",
            "1.0.0": "1.0.0",
        }
        location = await sources.fetch(access, "redis", "1.4.2")
        assert location.commit == "1.4.2"
        tree = sources.open(location)
        assert tree.read("Chart.yaml").decode() == "apiVersion: v2\nname: redis\nversion: 1.4.2\n"
        assert [entry.name for entry in tree.children("")] == ["Chart.yaml", "templates"]


async def test_an_index_that_has_not_changed_is_not_sent_again_and_a_chart_is_fetched_once(
    chart_sources: OpenSources,
) -> None:
    server = HelmServer()
    server.add("redis", "1.0.0")
    async with serving(server.handle) as root:
        access = access_to(root)
        async with chart_sources() as sources:
            for _ in range(3):
                await sources.resolve(access, "redis", "1.x")
                await sources.fetch(access, "redis", "1.0.0")
        server.asked.clear()
        async with chart_sources() as sources:  # another process
            await sources.fetch(access, "redis", await sources.resolve(access, "redis", "1.0.0"))
        assert server.asked == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [({}, "AuthenticationFailed"), ({"username": "reader", "password": "wrong"}, "AuthenticationFailed")],
)
async def test_without_the_password_there_is_nothing(
    chart_sources: OpenSources, given: dict[str, str], reason: str
) -> None:
    server = HelmServer(SECRET)
    server.add("redis", "1.0.0")
    async with serving(server.handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.resolve(access_to(root, **given), "redis", "1.x")
        assert caught.value.reason == reason
        assert "wrong" not in caught.value.message
        opened = access_to(root, username="reader", password="secret\n")
        assert await sources.resolve(opened, "redis", "1.x") == "1.0.0"
        await sources.fetch(opened, "redis", "1.0.0")


@pytest.mark.parametrize("way", ["index", "redirect"])
@pytest.mark.parametrize("passed", [False, True])
async def test_credentials_go_to_another_host_only_when_that_is_asked_for(
    chart_sources: OpenSources, way: str, passed: bool
) -> None:
    server, other = HelmServer(SECRET), HelmServer()
    other.add("redis", "1.0.0")
    async with serving(other.handle) as elsewhere, serving(server.handle) as root, chart_sources() as sources:
        target = f"{elsewhere}/charts/redis-1.0.0.tgz"
        server.add("redis", "1.0.0", url=target if way == "index" else "")
        if way == "redirect":
            server.redirects["/charts/redis-1.0.0.tgz"] = target
        access = access_to(root, username="reader", password="secret", pass_credentials=passed)
        await sources.fetch(access, "redis", "1.0.0")
        assert other.asked == [("/charts/redis-1.0.0.tgz", SECRET if passed else "")]


async def damaged(server: HelmServer) -> None:
    server.add("redis", "1.0.0", digest="0" * 64)


async def bomb(server: HelmServer) -> None:
    server.add("redis", "1.0.0", digest="")
    server.files["/charts/redis-1.0.0.tgz"] = packed({"redis/Chart.yaml": b"\0" * 5_000_000})


async def too_large(server: HelmServer) -> None:
    server.add("redis", "1.0.0", digest="")
    server.files["/charts/redis-1.0.0.tgz"] = b"\x1f\x8b" + bytes(range(256)) * 500


async def no_archive(server: HelmServer) -> None:
    server.add("redis", "1.0.0", digest="")
    server.files["/charts/redis-1.0.0.tgz"] = b"<html>not found</html>"


async def inside(server: HelmServer) -> None:
    server.add("redis", "1.0.0", url="http://169.254.169.254/latest/meta-data", digest="")


async def file_url(server: HelmServer) -> None:
    server.add("redis", "1.0.0", url="file:///etc/passwd", digest="")


async def no_address(server: HelmServer) -> None:
    server.add("redis", "1.0.0", url="http://[redis", digest="")


async def led_to_no_address(server: HelmServer) -> None:
    server.add("redis", "1.0.0")
    server.redirects["/charts/redis-1.0.0.tgz"] = "http://[redis"


async def endless(server: HelmServer) -> None:
    server.add("redis", "1.0.0")
    server.redirects["/charts/redis-1.0.0.tgz"] = "/charts/redis-1.0.0.tgz"


async def missing(server: HelmServer) -> None:
    server.add("redis", "1.0.0")
    del server.files["/charts/redis-1.0.0.tgz"]


async def other_chart(server: HelmServer) -> None:
    server.add("memcached", "1.0.0")


async def other_version(server: HelmServer) -> None:
    server.add("redis", "0.9.0")


@pytest.mark.parametrize(
    ("spoil", "reason", "message"),
    [
        (damaged, "ChartDamaged", "and its index says 0000"),
        (bomb, "ChartTooLarge", "it unpacks to more than 1,000,000 bytes"),
        (too_large, "ChartTooLarge", "sends more than the 100,000 bytes allowed"),
        (no_archive, "ChartDamaged", "its archive cannot be read"),
        (inside, "RepositoryURLInvalid", "169.254.169.254 is not a public host"),
        (file_url, "RepositoryURLInvalid", "is no http or https address"),
        (no_address, "RepositoryURLInvalid", "'http://[redis' is no http or https address"),
        (led_to_no_address, "RepositoryURLInvalid", "'http://[redis' is no http or https address"),
        (endless, "RepositoryURLInvalid", "redirects more than 5 times"),
        (missing, "ChartNotFound", "there is no chart redis 1.0.0"),
        (other_chart, "ChartNotFound", "has no chart 'redis'"),
        (other_version, "RevisionNotFound", "has no version '1.0.0'. It has 0.9.0."),
    ],
)
async def test_what_a_repository_sends_is_not_trusted(
    chart_sources: OpenSources, spoil: Any, reason: str, message: str
) -> None:
    server = HelmServer()
    await spoil(server)
    async with (
        serving(server.handle) as root,
        chart_sources(unpacked_bytes=1_000_000, archive_bytes=100_000) as sources,
    ):
        with pytest.raises(HoldfastError) as caught:
            await sources.fetch(access_to(root, registered=False), "redis", "1.0.0")
        assert isinstance(caught.value, Blocked)
        assert caught.value.reason == reason
        assert message in caught.value.message


@pytest.mark.parametrize("content", [b"a: [", b"- 1", b"entries: 1", b'{"entries":', b"&a [*a]"])
async def test_an_index_that_is_none_is_refused(chart_sources: OpenSources, content: bytes) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=content)

    async with serving(handle) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.resolve(access_to(root), "redis", "1.x")
        assert caught.value.reason == "ChartDamaged"


async def test_a_private_authority_and_a_client_certificate(chart_sources: OpenSources, tmp_path: Path) -> None:
    authority, tls = certificate(tmp_path)
    key = (tmp_path / "key.pem").read_text()
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cadata=authority)
    server = HelmServer()
    server.add("redis", "1.0.0")
    async with serving(server.handle, tls) as root, chart_sources() as sources:
        with pytest.raises(Blocked) as caught:
            await sources.resolve(access_to(root), "redis", "1.x")
        assert caught.value.reason == "CertificateUntrusted"
        for more in ({"ca_certificates": authority}, {"insecure": True}):
            opened = access_to(root, tls_client_cert=authority, tls_client_key=key, **more)
            assert await sources.resolve(opened, "redis", "1.x") == "1.0.0"


async def test_a_key_that_cannot_be_read_is_told_without_being_shown(chart_sources: OpenSources) -> None:
    async with chart_sources() as sources:
        access = access_to("https://127.0.0.1:1", tls_client_cert="CERT", tls_client_key="PRIVATE")
        with pytest.raises(Blocked) as caught:
            await sources.resolve(access, "redis", "1.x")
        assert caught.value.reason == "SecretInvalid"
        assert "PRIVATE" not in caught.value.message


async def test_what_was_not_used_for_longest_makes_room(chart_sources: OpenSources, tmp_path: Path) -> None:
    server = HelmServer()
    for number in range(6):
        server.add("redis", f"1.0.{number}")
    async with serving(server.handle) as root, chart_sources(kept_bytes=600) as sources:
        for number in range(6):
            location = await sources.fetch(access_to(root), "redis", f"1.0.{number}")
            assert sources.open(location).entry("Chart.yaml") is not None
        kept = list((tmp_path / "charts" / "trees").iterdir())
        assert len(kept) < 6
        assert sha256(server.files["/charts/redis-1.0.5.tgz"]) in {folder.name for folder in kept}


async def test_a_repository_is_opened_with_the_token_of_a_cloud(chart_sources: OpenSources) -> None:
    async def sign_in(access: RepositoryAccess) -> RepositoryAccess:
        return structs.replace(access, username="oauth2accesstoken", password="t", bearer_token="t")

    server = HelmServer("Bearer t")
    server.add("redis", "1.0.0")
    async with serving(server.handle) as root, chart_sources(sign_in) as sources:
        version = await sources.resolve(access_to(root, gcp_service_account_key="{}"), "redis", "1.x")
        await sources.fetch(access_to(root, gcp_service_account_key="{}"), "redis", version)
        assert {given for _, given in server.asked} == {"Bearer t"}
