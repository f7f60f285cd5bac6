"""A wire that fails: stands between a client and an API server and spoils requests, answers and watches by a seed."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from holdfast.model.errors import Unavailable
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response, Stream, Transport

LONGEST_STALE = 10.0
"""Seconds that an earlier answer is old at most when it is served again."""

EARLIER_ANSWERS = 3
LONGEST_DELAY = 20.0
MOST_TURNS = 4
LONGEST_LATENCY = 0.2
READS_ONLY = frozenset({"GET"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

FaultT = TypeVar("FaultT")

Forward: TypeAlias = Callable[[], Awaitable[Response]]
"""Hands the request on; not calling it means that the request never arrives."""


class Wire:
    """What a fault may use: chance, time, and the earlier answers to the same read."""

    def __init__(self, random: Random, clock: Clock) -> None:
        self.random = random
        self.clock = clock
        self._answers: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[float, Response]]] = {}
        self._under_way: dict[asyncio.Task[Response], None] = {}

    def on_its_way(self, arriving: Coroutine[Any, Any, Response]) -> asyncio.Task[Response]:
        task = asyncio.create_task(arriving)
        self._under_way[task] = None
        task.add_done_callback(lambda done: self._under_way.pop(done))
        return task

    def remember(self, request: Request, response: Response) -> None:
        if request.method == "GET" and response.status in (200, 404):
            kept = self._answers.setdefault((request.path, request.query), [])
            kept.append((self.clock.monotonic(), response))
            del kept[:-EARLIER_ANSWERS]

    def earlier(self, request: Request) -> Response | None:
        oldest = self.clock.monotonic() - LONGEST_STALE
        kept = [answer for at, answer in self._answers.get((request.path, request.query), ()) if at >= oldest]
        return self.random.choice(kept) if kept else None


Act: TypeAlias = Callable[[Wire, Request, Forward], Awaitable[Response]]


class Fault(Struct, frozen=True):
    """One way to go wrong; `share` of the requests with these methods do."""

    name: str
    act: Act
    share: float
    methods: frozenset[str] = READS_ONLY | WRITES


class StreamFault(Struct, frozen=True):
    """One way for a watch to go wrong: `status` answers it so at once, else it breaks before one of its next lines."""

    name: str
    share: float
    status: int = 0
    last_line: bytes = b""
    raises: bool = False


async def _lose_request(wire: Wire, request: Request, forward: Forward) -> Response:
    await wire.clock.sleep(wire.random.uniform(0.0, LONGEST_DELAY))
    raise _broken(request)


async def _lose_answer(wire: Wire, request: Request, forward: Forward) -> Response:
    await forward()
    await wire.clock.sleep(wire.random.uniform(0.0, LONGEST_DELAY))
    raise _broken(request)


async def _delay_request(wire: Wire, request: Request, forward: Forward) -> Response:
    """A patch that is on its way arrives even if its sender has died meanwhile. What cannot be made safe against that,
    a deletion without a version and a creation, is not delayed so."""
    pause = wire.random.uniform(0.0, LONGEST_DELAY)

    async def arrive() -> Response:
        await wire.clock.sleep(pause)
        return await forward()

    if request.method != "PATCH":
        return await arrive()
    return await asyncio.shield(wire.on_its_way(arrive()))


async def _delay_answer(wire: Wire, request: Request, forward: Forward) -> Response:
    answer = await forward()
    await wire.clock.sleep(wire.random.uniform(0.0, LONGEST_DELAY))
    return answer


async def _too_many(wire: Wire, request: Request, forward: Forward) -> Response:
    seconds = wire.random.randint(1, 5)
    message = "the server has received too many requests and has asked us to try again later"
    return refusal(429, "TooManyRequests", message, retry_after=seconds)


async def _internal_error(wire: Wire, request: Request, forward: Forward) -> Response:
    return refusal(500, "InternalError", "Internal error occurred: etcdserver: request timed out")


async def _unavailable(wire: Wire, request: Request, forward: Forward) -> Response:
    return refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request")


async def _conflict(wire: Wire, request: Request, forward: Forward) -> Response:
    """What an API server answers when its own attempts to write lost against others."""
    name = request.path.rpartition("/")[2]
    message = (
        f'Operation cannot be fulfilled on "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return refusal(409, "Conflict", message)


async def _stale_read(wire: Wire, request: Request, forward: Forward) -> Response:
    return wire.earlier(request) or await forward()


FAULTS = (
    Fault("the request is lost", _lose_request, 0.01),
    Fault("the answer is lost", _lose_answer, 0.02),
    Fault("the request arrives late", _delay_request, 0.02),
    Fault("the answer arrives late", _delay_answer, 0.02),
    Fault("429 with Retry-After", _too_many, 0.02),
    Fault("500", _internal_error, 0.02),
    Fault("503", _unavailable, 0.02),
    Fault("409 to a write", _conflict, 0.03, WRITES),
    Fault("a stale read", _stale_read, 0.05, READS_ONLY),
)

EXPIRED = b'{"type":"ERROR","object":%s}' % msgspec.json.encode(
    {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410}
    | {"message": "too old resource version: 1 (2)"}
)

STREAM_FAULTS = (
    StreamFault("the watch is refused with 429", 0.02, status=429),
    StreamFault("the watch is refused with 500", 0.02, status=500),
    StreamFault("the watch ends", 0.02),
    StreamFault("the watch breaks", 0.02, raises=True),
    StreamFault("the watch says 410", 0.02, last_line=EXPIRED),
)


class FaultyTransport:
    """Implements ports.transport.Transport.

    Requests pass at random speed at all times, so that every interleaving occurs; faults occur until `stops_at`, a time
    of the clock. `strength` multiplies the shares of the tables.
    """

    def __init__(
        self,
        inner: Transport,
        *,
        random: Random,
        clock: Clock,
        faults: tuple[Fault, ...] = FAULTS,
        stream_faults: tuple[StreamFault, ...] = STREAM_FAULTS,
        strength: float = 1.0,
        stops_at: float = float("inf"),
    ) -> None:
        self.occurred: dict[str, int] = {}
        self._inner = inner
        self._wire = Wire(random, clock)
        self._faults = faults
        self._stream_faults = stream_faults
        self._strength = strength
        self._stops_at = stops_at

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        async def forward() -> Response:
            response = await self._inner.send(request, timeout=timeout)
            self._wire.remember(request, response)
            return response

        await self._linger()
        fault = self._chosen([(each.share, each) for each in self._faults if request.method in each.methods])
        if fault is None:
            answer = await forward()
        else:
            self._count(fault.name)
            answer = await fault.act(self._wire, request, forward)
        await self._linger()
        return answer

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._stream(request)

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def _stream(self, request: Request) -> AsyncIterator[Stream]:
        await self._linger()
        fault = self._chosen([(each.share, each) for each in self._stream_faults if each.status])
        if fault is not None:
            self._count(fault.name)
            answer = refusal(fault.status, "TooManyRequests" if fault.status == 429 else "InternalError", fault.name)
            yield Stream(answer.status, answer.headers, _single(answer.body))
            return
        async with self._inner.stream(request) as stream:
            yield Stream(stream.status, stream.headers, self._lines(request, stream.lines))

    async def _lines(self, request: Request, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            await self._linger()
            fault = self._chosen([(each.share, each) for each in self._stream_faults if not each.status])
            if fault is not None:
                self._count(fault.name)
                if fault.last_line:
                    yield fault.last_line
                if fault.raises:
                    raise _broken(request)
                return
            yield line

    async def _linger(self) -> None:
        random = self._wire.random
        await _turns(random.randrange(MOST_TURNS))
        if random.random() < 0.3:
            await self._wire.clock.sleep(random.uniform(0.0, LONGEST_LATENCY))

    def _chosen(self, candidates: list[tuple[float, FaultT]]) -> FaultT | None:
        drawn = self._wire.random.random()
        if self._wire.clock.monotonic() >= self._stops_at:
            return None
        for share, fault in candidates:
            drawn -= share * self._strength
            if drawn < 0:
                return fault
        return None

    def _count(self, name: str) -> None:
        self.occurred[name] = self.occurred.get(name, 0) + 1


@types.coroutine
def _turns(count: int) -> Generator[None, None, None]:
    """So many times `asyncio.sleep(0)`, in one coroutine."""
    for _ in range(count):
        yield


def refusal(status: int, reason: str, message: str, *, retry_after: int = 0) -> Response:
    document = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": status,
    }
    headers: Mapping[str, str] = {"retry-after": str(retry_after)} if retry_after else {}
    return Response(status, headers, msgspec.json.encode(document))


def _broken(request: Request) -> Unavailable:
    return Unavailable(f"{request.method} {request.path}: the connection broke", status=0, reason="ConnectionBroken")


async def _single(line: bytes) -> AsyncIterator[bytes]:
    yield line
