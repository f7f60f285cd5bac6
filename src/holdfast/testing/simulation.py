"""Runs the whole engine on a sandbox in virtual time, with faults and people, all decided by one seed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.scripts.inline import InlineScripts
from holdfast.assembly import bootstrap
from holdfast.controllers.application.controller import ApplicationController
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.names import FIELD_MANAGER, Annotation, Label
from holdfast.model.resource_types import SECRET
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.sandbox.storage import Change, Collection, Key, Stored
from holdfast.testing.convergence import Expectations
from holdfast.testing.faulty_repositories import FaultyRepositories
from holdfast.testing.invariants import ACTOR, CONTROL_NAMESPACE, ENGINE, Invariants, Violation, Write
from holdfast.testing.memory_repositories import MemoryRepositories
from holdfast.testing.observation import summary
from holdfast.testing.remembered_renders import RememberedRenders
from holdfast.testing.simulated_git import AppPlan, SimulatedGit
from holdfast.testing.simulated_manifests import Secrets
from holdfast.testing.simulated_run import Outcome, SimulatedRun, outcome_of, written
from holdfast.testing.simulated_user import LONGEST_FREEZE, People

TRACKED = Annotation.TRACKING_ID.encode()
START = datetime(2026, 1, 1, tzinfo=UTC)
REPOSITORIES = ("https://git.example.com/one.git", "https://git.example.com/two.git")
NAMES = ("web", "pay", "ops")
NAMESPACES = ("shop", "shop", "attic")
POLL_SECONDS = 30.0
DEFINITIONS = frozenset(
    {"applications.argoproj.io", "appprojects.argoproj.io", "syncrecords.holdfast.dev"}
) | frozenset({"approvals.holdfast.dev", "freezes.holdfast.dev"})
"""Those of our kinds that the simulation uses; making all of them would take a quarter of its time."""

# How long after the last fault everything must be as Git says, and how long nothing must happen after that.
CONVERGES_WITHIN = 900.0
NUDGED_AFTER = 300.0
SETTLES_WITHIN = 30.0
QUIET_SECONDS = 65.0
LOOK_EVERY = 5.0


class Settings(Struct, frozen=True):
    poll_seconds: float = POLL_SECONDS


class Simulation(SimulatedRun):
    goes_on = "the engine goes on whatever happens: it"

    def __init__(self, seed: int, builtin: BuiltinKinds | None = None) -> None:
        super().__init__(seed, builtin)
        self.secrets = Secrets(self._part())
        self.memory = MemoryRepositories()
        self.git = SimulatedGit(self._part(), self.memory, self.secrets)
        self.apps = self._plan()
        self.invariants = Invariants(self.git, self.secrets, self.apps)
        self._strength = self._random.choice((0.0, 0.5, 1.0, 2.0))
        self._between_actions = self._random.choice((2.0, 6.0, 20.0))
        self._faults_end = self._random.uniform(60.0, 240.0)
        self._written = 0
        self._seen: dict[tuple[Collection, Key], tuple[Stored, KubeObject]] = {}

    @property
    def watched(self) -> Invariants:
        return self.invariants

    @property
    def strength(self) -> float:
        return self._strength

    def _plan(self) -> list[AppPlan]:
        apps = [
            AppPlan(
                name,
                self._random.choice(REPOSITORIES),
                namespace,
                automated=self._random.random() < 0.75,
                cascades=self._random.random() < 0.7,
                needs_approval=self._random.random() < 0.2,
                sync_options=self._random.choice(((), (), ("PruneLast=true",), ("ApplyOutOfSyncOnly=true",))),
            )
            for name, namespace in zip(NAMES, NAMESPACES, strict=True)
        ][: self._random.randint(1, 3)]
        for app in apps:
            self.git.add(app)
        for repository in sorted({app.repository for app in apps}):
            self.git.commit(repository)
        return apps

    async def _live_through(self) -> None:
        cluster = self._client("person")
        foundation = [
            obj
            for obj in bootstrap.foundation(CONTROL_NAMESPACE, poll_seconds=30)
            if obj["kind"] != "CustomResourceDefinition" or name_of(obj) in DEFINITIONS
        ]
        await bootstrap.carry_out(cluster, await bootstrap.plan(cluster, foundation), lambda _: None)
        for app in self.apps:
            await cluster.create(SECRET, self._credentials(app), field_manager="person")
        self.repositories = FaultyRepositories(
            self.memory,
            random=self._part(),
            clock=self.clock,
            strength=self._strength,
            stops_at=self.clock.monotonic() + self._faults_end,
        )
        self._renderer = RememberedRenders(InlineRenderer(self.repositories.open))
        self._stops_at = self.clock.monotonic() + self._faults_end
        people = People(
            cluster,
            await cluster.discover(),
            self.git,
            self.repositories,
            self.secrets,
            self.invariants,
            self.apps,
            self._part(),
            self.clock,
        )
        for app in self.apps:
            if self._random.random() < 0.9:
                self._note(f"person {app.name}: {await people.create(app)}")
        self._start_engine()
        try:
            await self._trouble(people)
            await self._recovery(cluster, people)
        finally:
            await self._kill_engine()
            self.occurred |= self.repositories.occurred

    async def _trouble(self, people: People) -> None:
        while True:
            pause = self._random.expovariate(1 / self._between_actions)
            if self.clock.monotonic() + pause >= self._stops_at:
                break
            await self._pause(pause)
            if self._random.random() < 0.12:
                await self._kill_engine()
                self._note("the engine is killed")
                if self._random.random() < 0.5:
                    await self._pause(self._random.uniform(0.0, 30.0))
                self._start_engine()
            else:
                done = await people.act()
                if done:
                    self._note(f"person {done}")
            self._check()
        await self._pause(self._stops_at - self.clock.monotonic())
        self.git.mend_all()
        self._note("all faults stop")

    async def _recovery(self, cluster: KubeClient, people: People) -> None:
        expectations = Expectations(cluster, self.git, self.apps, people.orphaned)
        await self._pause(LONGEST_FREEZE)
        for app in self.apps:
            if not app.automated and await people.application(app) is not None:
                people.waits_for_person.add(app.name)
        nudge_at = self.clock.monotonic() + NUDGED_AFTER
        end = self.clock.monotonic() + CONVERGES_WITHIN
        seen, missing = self._written, await expectations.missing()
        while missing:
            if self.clock.monotonic() >= end:
                raise Violation(f"it converges once faults stop: {'; '.join(missing)}")
            if self.clock.monotonic() >= nudge_at:
                nudge_at = end
                await self._nudge(people)
            for app in self.apps:
                for done in (await people.do_confirm(app), await people.do_approve(app)):
                    if done:
                        self._note(f"person {app.name}: {done}")
            await self._pause(LOOK_EVERY)
            self._check()
            if self._written != seen:
                seen, missing = self._written, await expectations.missing()
        self._note("converged")
        await self._pause(SETTLES_WITHIN)
        self._check()
        writes = self.invariants.engine_writes
        await self._pause(QUIET_SECONDS)
        self._check()
        if self.invariants.engine_writes != writes:
            raise Violation(f"nothing is written when nothing changes: {self.log[-1]}")
        if missing := await expectations.missing():
            raise Violation(f"what has converged stays so: {'; '.join(missing)}")

    async def _nudge(self, people: People) -> None:
        """Whoever ended a sync by hand, or keeps an application by hand, syncs once more."""
        for app in self.apps:
            if app.name in people.waits_for_person and await people.application(app) is not None:
                self._note(f"person {app.name}: {await people.sync(app)}")
            await people.give_room_to_go(app)
        people.waits_for_person.clear()

    async def _pause(self, seconds: float) -> None:
        """Also ends when the engine does."""
        if self._engine is None or seconds <= 0:
            return await self.clock.sleep(max(0.0, seconds))
        await asyncio.wait({self._engine}, timeout=seconds)
        return None

    def _start_engine(self) -> None:
        controller = ApplicationController(
            cluster=KubeClient(self._faulty_transport(), user_agent=FIELD_MANAGER),
            repositories=self.repositories,
            renderer=self._renderer,
            clock=self.clock,
            namespace=CONTROL_NAMESPACE,
            settings=Settings(),
            random=self._part(),
            scripts=InlineScripts(),
        )
        self._engine = asyncio.create_task(controller.run(), name="engine")

    def _credentials(self, app: AppPlan) -> dict[str, Any]:
        metadata = {"name": f"repo-{app.name}", "namespace": CONTROL_NAMESPACE}
        labels = {Label.SECRET_TYPE.value: "repository"}
        data = {"url": app.repository, "username": "deploy", "password": self.secrets.new()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {**metadata, "labels": labels}, "stringData": data}

    def _saw(self, collection: Collection, change: Change) -> None:
        self._written += 1
        actor = ACTOR.get()
        what = f"{written(change, collection)} {change.key.namespace}/{change.key.name} at {change.resource_version}"
        states = [state for state in (change.before, change.after) if state is not None]
        tracked = any(TRACKED in state.raw for state in states)
        if actor != ENGINE and collection.plural not in ("applications", "approvals") and not tracked:
            # Most writes are of no interest, and decoding them takes long.
            return self._note(what)
        write = Write(
            actor=actor,
            before=self._decoded(collection, change.before),
            after=self._decoded(collection, change.after),
            at=self.clock.monotonic(),
        )
        self._note(what + summary(write))
        self.invariants.saw(write)
        return None

    def _decoded(self, collection: Collection, state: Stored | None) -> KubeObject | None:
        """What was the state after one write is the state before the next."""
        if state is None:
            return None
        place = (collection, state.key)
        known = self._seen.get(place)
        if known is None or known[0] is not state:
            known = self._seen[place] = (state, state.decode())
        return known[1]

    def _heard(self, line: str, bug: bool) -> None:
        self.invariants.heard(line)
        super()._heard(line, bug)


def simulate(seed: int, builtin: BuiltinKinds | None = None) -> Outcome:
    return outcome_of(seed, Simulation(seed, builtin))
