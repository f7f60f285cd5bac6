"""Runs the controllers of progressive delivery on a sandbox in virtual time, with faults and people, by one seed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

from holdfast.adapters.kube.client import KubeClient
from holdfast.controllers.analysis.controller import AnalysisController
from holdfast.controllers.experiment.controller import ExperimentController
from holdfast.controllers.rollout.world import FIELD_MANAGER
from holdfast.engine.rollout import requests
from holdfast.model.crd.definitions import definitions
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import name_of
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.sandbox.storage import Change, Collection
from holdfast.testing import rollout_plans as plans
from holdfast.testing import rollout_variants as variants
from holdfast.testing import rollout_workloads as workloads
from holdfast.testing.invariants import ACTOR, Violation, Write
from holdfast.testing.mortal_transport import MortalTransport
from holdfast.testing.rollout_invariants import PERSON, RolloutInvariants, phase_of
from holdfast.testing.rollout_people import RolloutPeople
from holdfast.testing.rollout_rest import unfinished, unsettled
from holdfast.testing.rollout_views import WatchedRolloutController
from holdfast.testing.simulated_metrics import SimulatedMetrics
from holdfast.testing.simulated_run import Outcome, SimulatedRun, outcome_of, written
from holdfast.testing.simulated_step_plugins import SimulatedStepPlugins

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("web", "pay")
DEFINITIONS = frozenset({"rollouts", "analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments"})
LOOKED_AT = frozenset(
    {
        "rollouts",
        "replicasets",
        "pods",
        "services",
        "virtualservices",
        "destinationrules",
        "analysisruns",
        "experiments",
        "events",
        "deployments",
        "statefulsets",
        "daemonsets",
        "controllerrevisions",
    }
)
LEFT_OUT = frozenset(
    {"jobs", "cron-jobs", "external-secrets", "secret-stores", "persistent-volumes", "load-balancers", "daemon-sets"}
) | frozenset({"deployments", "stateful-sets", "scaled-objects", "service-endpoints"})

# How old a view may be that a write was decided on, without faults and with them.
LAG, LAG_UNDER_FAULTS = 5.0, 75.0
RESTS_WITHIN = 900.0
FINISHES_WITHIN = 900.0
SETTLES_WITHIN = 40.0
QUIET_SECONDS = 120.0
LOOK_EVERY = 5.0
SHORTEST = 1e-6
"""Less than this may be too little to move a clock of floats."""


class RolloutSimulation(SimulatedRun):
    goes_on = "the controllers go on whatever happens: they"

    def __init__(self, seed: int, builtin: BuiltinKinds | None = None) -> None:
        super().__init__(seed, builtin)
        self.plans = [plans.plan(self._part(), name) for name in NAMES[: self._random.randint(1, 2)]]
        self._variety = Random(f"{seed}, its variety")  # noqa: S311 - a run that can be repeated
        self.plans = variants.varied(self.plans, self._variety)
        self.left_out = LEFT_OUT - workloads.simulators(self.plans)
        self._strength = self._random.choice((0.0, 0.5, 1.0, 2.0))
        self._between_actions = self._random.choice((3.0, 8.0, 25.0))
        self._trouble_lasts = self._random.uniform(60.0, 300.0)
        self.invariants = RolloutInvariants(self.plans, LAG_UNDER_FAULTS if self._strength else LAG)

    @property
    def watched(self) -> RolloutInvariants:
        return self.invariants

    @property
    def strength(self) -> float:
        return self._strength

    async def _live_through(self) -> None:
        cluster = self._client(PERSON)
        for definition in (*definitions(), *(plans.of_istio(kind) for kind in ("VirtualService", "DestinationRule"))):
            plural, _, group = name_of(definition).partition(".")
            if plural in DEFINITIONS or group == "networking.istio.io":
                await cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager=PERSON)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": plans.NAMESPACE}}
        await cluster.create(NAMESPACE, namespace, field_manager=PERSON)
        while (await cluster.discover()).find(plans.DESTINATION_RULE.group_kind) is None:
            await self.clock.sleep(0.1)
        await cluster.create(plans.ANALYSIS_TEMPLATE, plans.analysis_template(), field_manager=PERSON)
        self._stops_at = self.clock.monotonic() + self._trouble_lasts
        for node in workloads.nodes(self.plans):
            await cluster.create(workloads.NODE, node, field_manager=PERSON)
        people = RolloutPeople(cluster, self.plans, self._part(), self.clock, self._variety)
        for plan in self.plans:
            await people.create(plan.name)
            self._note(f"person made {plan}")
        self._start_engine()
        try:
            await self._trouble(people)
            await self._rest()
            await self._finish(people)
            await self._be_quiet()
        finally:
            await self._kill_engine()

    async def _trouble(self, people: RolloutPeople) -> None:
        while True:
            pause = self._random.expovariate(1 / self._between_actions)
            if self.clock.monotonic() + pause >= self._stops_at:
                break
            await self._pause(pause)
            drawn = self._random.random()
            if drawn < 0.05:
                await self._restart_engine("the controllers are killed")
            elif drawn < 0.2:
                writes = self._random.randint(1, 15)
                self._note(f"the controllers will die at write {writes} from now")
                self._mortal.die_after(writes)
            elif done := await people.act():
                self._note(f"person {done}")
            self._check()
        await self._pause(self._stops_at - self.clock.monotonic())
        self._note("all faults stop")
        for name in await people.make_again():
            self._note(f"person {name}: made anew")

    async def _rest(self) -> None:
        """Whatever the people have left behind, it comes to a rest that their doing explains."""
        await self._wait_for(RESTS_WITHIN, unsettled, "it comes to rest once faults stop")
        self._note("at rest")

    async def _finish(self, people: RolloutPeople) -> None:
        """People who now finish what they have begun get there."""
        for plan in self.plans:
            rollout = await people.rollout(plan.name)
            if rollout.spec.paused:
                await people.do_pause(plan.name)
            self._note(f"person {plan.name}: {await people.release(plan.name, plans.GOOD)}")
        end = self.clock.monotonic() + FINISHES_WITHIN
        while missing := self._missing(unfinished):
            if self.clock.monotonic() >= end:
                raise Violation(f"a release that people see through ends: {'; '.join(missing)}")
            for plan in self.plans:
                await self._see_through(people, plan.name)
            await self._pause(LOOK_EVERY)
            self._check()
        self._note("finished")

    async def _see_through(self, people: RolloutPeople, name: str) -> None:
        """Ends its pauses; where the stable pods are those that do not serve, only skipping everything helps.

        What has followed the abort of a member, which has begun another release since, is tried again.
        """
        rollout = await people.rollout(name)
        phase, is_dead = phase_of(rollout), self.invariants.watching.mood(rollout.status.stable_rs) == plans.STUCK
        if phase == "Degraded" and rollout.status.abort and " of release group " in rollout.status.message:
            self._note(f"person {name}: {await people.do_retry(name)}")
            return
        if phase == "Paused" or (phase == "Degraded" and is_dead):
            with suppress(HoldfastError):
                if rollout.status.abort:
                    self._note(f"person {name}: {await people.do_retry(name)}")
                    rollout = await people.rollout(name)
                said = await people.carry_out(name, requests.promote(rollout, full=phase != "Paused"))
                self._note(f"person {name}: {said}")

    async def _be_quiet(self) -> None:
        await self._pause(SETTLES_WITHIN)
        self._check()
        writes = self.invariants.engine_writes
        await self._pause(QUIET_SECONDS)
        self._check()
        if self.invariants.engine_writes != writes:
            raise Violation(f"nothing is written when nothing changes: {self.log[-1]}")
        if missing := self._missing(unfinished):
            raise Violation(f"what is finished stays so: {'; '.join(missing)}")

    async def _wait_for(self, seconds: float, wanted: Any, invariant: str) -> None:
        """What is wanted holds twice in a row, as it may only just pass by."""
        end, held = self.clock.monotonic() + seconds, 0
        while held < 6:
            missing = self._missing(wanted)
            held = 0 if missing else held + 1
            if missing and self.clock.monotonic() >= end:
                raise Violation(f"{invariant}: {'; '.join(missing)}")
            await self._pause(LOOK_EVERY)
            self._check()

    def _missing(self, wanted: Any) -> list[str]:
        return [problem for plan in self.plans for problem in wanted(self.invariants.watching, plan)]

    async def _pause(self, seconds: float) -> None:
        """The controllers that die meanwhile come again."""
        end = self.clock.monotonic() + seconds
        while (left := end - self.clock.monotonic()) > SHORTEST:
            if self._engine is None:
                return await self.clock.sleep(left)
            died = asyncio.ensure_future(self._mortal.died.wait())
            await asyncio.wait({self._engine, died}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not died.done():
                died.cancel()
            else:
                await self._restart_engine("the controllers have died between two writes")
            if self._has_ended():
                return None
        return None

    async def _restart_engine(self, why: str) -> None:
        self._note(why)
        self.invariants.routers.engine_ends()
        await self._kill_engine()
        if self._random.random() < 0.5:
            await self.clock.sleep(self._random.uniform(0.0, 30.0))
        self._start_engine()

    def _check(self) -> None:
        self.invariants.routers.look(self.clock.monotonic())
        super()._check()

    def _start_engine(self) -> None:
        self._mortal = MortalTransport(self._faulty_transport(), self._part())
        cluster = KubeClient(self._mortal, user_agent=FIELD_MANAGER)
        watching = self.invariants.watching
        plugins = SimulatedStepPlugins(
            watching.mood_of_release,
            random=self._variety,
            clock=self.clock,
            strength=self._strength,
            stops_at=self._stops_at,
        )
        self.invariants.routers.engine_starts(self.clock.monotonic())
        rollouts = WatchedRolloutController(
            cluster=cluster, clock=self.clock, random=self._part(), step_plugins=plugins
        )
        experiments = ExperimentController(rollouts, clock=self.clock, random=self._part())
        metrics = SimulatedMetrics(
            watching.mood,
            random=self._part(),
            clock=self.clock,
            strength=self._strength,
            stops_at=self._stops_at,
        )
        analyses = AnalysisController(cluster=cluster, sources=metrics, clock=self.clock, random=self._part())

        async def process() -> None:
            async with asyncio.TaskGroup() as group:
                for controller in (rollouts, experiments, analyses):
                    group.create_task(controller.run())

        self._engine = asyncio.create_task(process(), name="controllers")

    def _has_ended(self) -> bool:
        return self._engine is not None and self._engine.done()

    def _saw(self, collection: Collection, change: Change) -> None:
        name = change.key.name
        what = f"{written(change, collection)} {name}"
        if collection.plural not in LOOKED_AT:
            return self._note(what)
        write = Write(
            actor=ACTOR.get(),
            before=change.before.decode() if change.before is not None else None,
            after=change.after.decode() if change.after is not None else None,
            at=self.clock.monotonic(),
        )
        self._note(what + _summary(collection.plural, write))
        found = len(self.invariants.violations)
        self.invariants.saw(collection.plural, name, write)
        for violation in self.invariants.violations[found:]:
            self._note(f"VIOLATED: {violation}")
        return None


def _summary(plural: str, write: Write) -> str:
    """The part of an object that matters for a reader of the log."""
    obj = write.after or write.before or {}
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    match plural:
        case "events":
            return f": {obj.get('reason')}: {obj.get('message')}"
        case "replicasets" | "deployments" | "statefulsets":
            counts = ("replicas", "readyReplicas", "availableReplicas")
            return f": {spec.get('replicas')} wanted, {[status.get(one, 0) for one in counts]} there"
        case "rollouts":
            fields = ("phase", "message", "currentStepIndex", "currentPodHash", "stableRS", "abort", "promoteFull")
            told = {one: status[one] for one in fields if status.get(one) not in (None, "")}
            return f": {spec.get('replicas')} wanted, {told}"
        case "services":
            return f": {spec.get('selector')}"
        case "virtualservices":
            return f": {[one.get('route') for one in spec.get('http') or []]}"
        case "destinationrules":
            return f": {spec.get('subsets')}"
        case "analysisruns" | "experiments":
            return f": {status.get('phase')} {status.get('message', '')}"
        case _:
            return ""


def simulate(seed: int, builtin: BuiltinKinds | None = None) -> Outcome:
    return outcome_of(seed, RolloutSimulation(seed, builtin))
