"""What every simulation is made of: a sandbox in virtual time, faults, an engine that can be killed, and a log, by one seed."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar, Protocol
from uuid import UUID

from msgspec import Struct

from holdfast.adapters.kube.client import KubeClient
from holdfast.runtime.clock import LoopClock
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.simulators.start import run_simulators
from holdfast.sandbox.storage import Change, Collection
from holdfast.testing import virtual_time
from holdfast.testing.faulty_transport import FaultyTransport
from holdfast.testing.invariants import ACTOR, ENGINE, Violation
from holdfast.testing.observation import Acting, Stamping, listening

START = datetime(2026, 1, 1, tzinfo=UTC)


class Outcome(Struct, frozen=True):
    """`violation` is "" when every invariant held; `log` is what happened, the same for the same seed."""

    seed: int
    violation: str
    log: tuple[str, ...]
    faults: dict[str, int]


class Watched(Protocol):
    """Invariants: what they find wrong is kept in `violations`."""

    violations: list[str]

    def fail(self, invariant: str, what: str) -> None: ...


class SimulatedRun(ABC):
    """One run. Everything random comes from the seed: its parts are drawn in the order in which they are asked for."""

    goes_on: ClassVar[str]
    """How the invariant is told that the engine never ends; the sentence goes on with "ended with"."""
    left_out: frozenset[str] = frozenset()
    """Simulators that this run does without."""

    def __init__(self, seed: int, builtin: BuiltinKinds | None) -> None:
        self._builtin = builtin
        self._random = Random(seed)  # noqa: S311 - a run that can be repeated
        self.log: list[str] = []
        self.occurred: dict[str, int] = {}
        self._engine: asyncio.Task[None] | None = None
        self._stops_at = 0.0

    @property
    @abstractmethod
    def watched(self) -> Watched: ...

    @property
    @abstractmethod
    def strength(self) -> float:
        """Of the faults, 0 for none."""

    @abstractmethod
    async def _live_through(self) -> None:
        """All that happens. Raises Violation."""

    @abstractmethod
    def _saw(self, collection: Collection, change: Change) -> None:
        """Called with every write to the sandbox."""

    def _part(self) -> Random:
        return Random(self._random.getrandbits(64))  # noqa: S311 - a run that can be repeated

    async def run(self) -> None:
        """Raises Violation."""
        self.clock = LoopClock(START)
        asyncio.get_running_loop().set_exception_handler(self._unheard)
        uids = self._part()
        with listening(self._heard):
            async with Sandbox(
                None, self.clock, builtin=self._builtin, new_uid=lambda: UUID(int=uids.getrandbits(128), version=4)
            ) as sandbox:
                sandbox.listen(self._saw)
                self.sandbox = sandbox
                async with self._simulators():
                    await self._live_through()

    def _faulty_transport(self) -> Stamping:
        """The engine's way to the server, until all faults stop."""
        transport = FaultyTransport(
            Acting(self.sandbox.transport, ENGINE),
            random=self._part(),
            clock=self.clock,
            strength=self.strength,
            stops_at=self._stops_at,
        )
        transport.occurred = self.occurred
        return Stamping(transport, self.clock)

    async def _kill_engine(self) -> None:
        if self._engine is not None:
            self._engine.cancel()
            await asyncio.gather(self._engine, return_exceptions=True)
            self._engine = None

    @asynccontextmanager
    async def _simulators(self) -> AsyncIterator[None]:
        running = run_simulators(
            self._client("simulators"), self.clock, secrets_file=None, random=self._part(), left_out=self.left_out
        )
        task = asyncio.create_task(running, name="simulators")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _client(self, actor: str) -> KubeClient:
        return KubeClient(Acting(self.sandbox.transport, actor), user_agent=actor)

    def _check(self) -> None:
        if self.watched.violations:
            raise Violation(self.watched.violations[0])
        if self._engine is not None and self._engine.done():
            raise Violation(f"{self.goes_on} ended with {self._engine.exception()!r}")

    def _heard(self, line: str, bug: bool) -> None:
        self._note(line)
        if bug:
            self.watched.fail("no reconcile fails by a bug", line)

    def _unheard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.watched.fail("no exception is lost", f"{context.get('message')}: {context.get('exception')!r}")

    def _note(self, what: str) -> None:
        self.log.append(f"{asyncio.get_running_loop().time():9.3f} {what}")


def written(change: Change, collection: Collection) -> str:
    """Who did what to which kind, for the log."""
    verb = "deletes" if change.after is None else "creates" if change.before is None else "writes"
    return f"{ACTOR.get()} {verb} {collection.plural}"


def outcome_of(seed: int, simulation: SimulatedRun) -> Outcome:
    """One whole run."""
    violation = ""
    try:
        virtual_time.run(simulation.run())
    except Violation as found:
        violation = str(found)
    except Exception as bug:  # noqa: BLE001 - the seed must be told whatever happens
        violation = f"the simulation itself goes on to its end: {bug!r}"
    return Outcome(seed, violation, tuple(simulation.log), simulation.occurred)
