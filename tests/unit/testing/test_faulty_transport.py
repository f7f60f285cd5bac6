"""Every fault of the wire, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from random import Random

import pytest

from holdfast.model.errors import Unavailable
from holdfast.ports.transport import Request, Response, Stream
from holdfast.runtime.clock import LoopClock
from holdfast.testing.faulty_transport import EXPIRED, FAULTS, STREAM_FAULTS, FaultyTransport

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
READ = Request("GET", "/api/v1/configmaps")
WRITE = Request("PATCH", "/api/v1/namespaces/a/configmaps/b")


class Server:
    """Counts what arrives; its answers are numbered."""

    def __init__(self) -> None:
        self.arrived = 0

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        self.arrived += 1
        return Response(200, {}, str(self.arrived).encode())

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._stream()

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[Stream]:
        yield Stream(200, {}, self._lines())

    async def _lines(self) -> AsyncIterator[bytes]:
        for number in range(3):
            yield str(number).encode()

    async def close(self) -> None:
        pass


def faulty(server: Server, name: str = "", *, share: float = 1.0, stops_at: float = float("inf")) -> FaultyTransport:
    chosen = tuple(fault for fault in FAULTS if fault.name == name)
    streams = tuple(fault for fault in STREAM_FAULTS if fault.name == name)
    strength = share / (chosen or streams)[0].share if name else 0.0
    return FaultyTransport(
        server,
        random=Random(3),
        clock=CLOCK,
        faults=chosen,
        stream_faults=streams,
        strength=strength,
        stops_at=stops_at,
    )


@pytest.mark.parametrize(
    ("name", "status", "retry_after"),
    [("429 with Retry-After", 429, True), ("500", 500, False), ("503", 503, False), ("409 to a write", 409, False)],
)
async def test_a_refusal_comes_instead_of_the_server(name: str, status: int, retry_after: bool) -> None:
    server = Server()
    answer = await faulty(server, name).send(WRITE)
    assert (answer.status, server.arrived, "retry-after" in answer.headers) == (status, 0, retry_after)


@pytest.mark.parametrize(("name", "arrived"), [("the request is lost", 0), ("the answer is lost", 1)])
async def test_what_is_lost_is_an_answer_that_never_came(name: str, arrived: int) -> None:
    server = Server()
    with pytest.raises(Unavailable) as caught:
        await faulty(server, name).send(WRITE)
    assert (caught.value.status, server.arrived) == (0, arrived)


@pytest.mark.parametrize("name", ["the request arrives late", "the answer arrives late"])
async def test_what_is_late_arrives(name: str) -> None:
    server = Server()
    began = CLOCK.monotonic()
    assert (await faulty(server, name).send(WRITE)).status == 200
    assert CLOCK.monotonic() - began > 1


async def test_a_patch_on_its_way_outlives_its_sender() -> None:
    server = Server()
    sending = asyncio.create_task(faulty(server, "the request arrives late").send(WRITE))
    await CLOCK.sleep(0.3)
    sending.cancel()
    await CLOCK.sleep(30)
    assert server.arrived == 1


async def test_a_stale_read_is_an_earlier_answer_to_the_same_read_and_not_an_old_one() -> None:
    server = Server()
    transport = faulty(server, "a stale read")
    assert [(await transport.send(READ)).body for _ in range(3)] == [b"1"] * 3
    assert (await transport.send(Request("GET", "/api/v1/pods"))).body == b"2"
    await CLOCK.sleep(11)
    assert (await transport.send(READ)).body == b"3"


async def test_a_409_is_for_writes_only() -> None:
    assert (await faulty(Server(), "409 to a write").send(READ)).status == 200


@pytest.mark.parametrize(
    ("name", "expected"),
    [("the watch ends", []), ("the watch says 410", [EXPIRED])],
)
async def test_a_watch_is_cut(name: str, expected: list[bytes]) -> None:
    async with faulty(Server(), name).stream(READ) as stream:
        assert [line async for line in stream.lines] == expected


async def test_a_watch_breaks() -> None:
    async with faulty(Server(), "the watch breaks").stream(READ) as stream:
        with pytest.raises(Unavailable):
            [line async for line in stream.lines]


@pytest.mark.parametrize(
    ("name", "status"), [("the watch is refused with 429", 429), ("the watch is refused with 500", 500)]
)
async def test_a_watch_is_refused(name: str, status: int) -> None:
    async with faulty(Server(), name).stream(READ) as stream:
        assert stream.status == status


async def test_faults_stop() -> None:
    transport = faulty(Server(), "500", stops_at=CLOCK.monotonic() + 10)
    assert (await transport.send(READ)).status == 500
    await CLOCK.sleep(11)
    assert (await transport.send(READ)).status == 200
    assert transport.occurred == {"500": 1}


async def test_without_faults_nothing_is_changed() -> None:
    async with faulty(Server()).stream(READ) as stream:
        assert [line async for line in stream.lines] == [b"0", b"1", b"2"]
