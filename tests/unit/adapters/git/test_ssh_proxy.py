"""Repositories over ssh behind a proxy: a real ssh client and server, and a proxy that runs in this process."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from holdfast.adapters.git.limits import GitLimits
from holdfast.model.errors import Transient
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.git.test_ssh import repositories, serving

pytestmark = pytest.mark.real_time

USER, PASSWORD = "ada", "a word"


class Proxy:
    """Speaks SOCKS 5 and CONNECT; `went` holds where it was asked to lead. It wants USER and PASSWORD."""

    def __init__(self) -> None:
        self.port = 0
        self.went: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            host, port = await (self._socks(reader, writer) if first == b"\x05" else self._connect(reader, writer))
            self.went.append(f"{host}:{port}")
            inner_reader, inner_writer = await asyncio.open_connection(host, port)
            await asyncio.gather(carried(reader, inner_writer), carried(inner_reader, writer))
        except (PermissionError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x05\x02")
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        is_right = (user.decode(), password.decode()) == (USER, PASSWORD)
        writer.write(b"\x01" + (b"\x00" if is_right else b"\x01"))
        if not is_right:
            raise PermissionError
        await reader.readexactly(4)
        host = await reader.readexactly((await reader.readexactly(1))[0])
        port = await reader.readexactly(2)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        return host.decode(), int.from_bytes(port, "big")

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"Basic {pair}" not in head:
            writer.write(b"HTTP/1.1 407 Who are you\r\n\r\n")
            await writer.drain()
            raise PermissionError
        writer.write(b"HTTP/1.1 200 Go\r\n\r\n")
        host, _, port = head.split()[1].rpartition(":")
        return host, int(port)


async def carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "http"])
async def test_a_repository_is_read_through_the_proxy(
    origin: Origin, tmp_path: Path, limits: GitLimits, scheme: str
) -> None:
    commit = origin.commit(a="1")
    async with serving(origin) as host, proxying() as proxy, repositories(tmp_path / "mirrors", limits) as subject:
        address = f"{scheme}://{USER}:a%20word@127.0.0.1:{proxy.port}"
        access = structs.replace(host.access(), proxy=address)
        assert await subject.resolve(access, "main") == commit
        assert subject.open(await subject.fetch(access, commit)).read("a") == b"1"
        assert set(proxy.went) == {f"127.0.0.1:{host.port}"}


async def test_no_proxy_names_hosts_that_are_reached_without(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(a="1")
    async with serving(origin) as host, proxying() as proxy, repositories(tmp_path / "mirrors", limits) as subject:
        access = structs.replace(host.access(), proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="127.0.0.1")
        assert await subject.resolve(access, "main") == commit
        assert proxy.went == []


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("socks5://ada:wrong@127.0.0.1:PORT", "refused the user and password in its address"),
        ("http://127.0.0.1:PORT", "answers 407 to CONNECT"),
        ("http://127.0.0.1:1", "cannot be reached (ConnectionRefusedError)"),
        ("gopher://127.0.0.1:PORT", "has no address of the form"),
    ],
)
async def test_a_proxy_that_lets_nothing_through_is_told(
    origin: Origin, tmp_path: Path, limits: GitLimits, proxy: str, says: str
) -> None:
    origin.commit(a="1")
    async with serving(origin) as host, proxying() as server, repositories(tmp_path / "mirrors", limits) as subject:
        access = structs.replace(host.access(), proxy=proxy.replace("PORT", str(server.port)))
        with pytest.raises(Transient) as caught:
            await subject.resolve(access, "main")
    assert says in caught.value.message
    assert "check proxy and noProxy of its Secret" in caught.value.message
    assert "wrong" not in caught.value.message
