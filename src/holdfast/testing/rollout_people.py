"""The people of a simulation of Rollouts: they release, abort, promote, scale and break things by hand, by a seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from holdfast.adapters.kube.client import KubeClient
from holdfast.engine.rollout import replica_sets, requests
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import PatchKind
from holdfast.sandbox.simulators.horizontal_pod_autoscalers import UTILIZATION
from holdfast.testing import rollout_plans as plans
from holdfast.testing import rollout_variants as variants
from holdfast.testing import rollout_workloads as workloads
from holdfast.testing.rollout_plans import NAMESPACE, ROLLOUT, RolloutPlan
from holdfast.testing.rollout_watching import owner_of, primary

PERSON = "person"
LONGEST_START = 40
OTHERWISE = 0.25
"""How often people do what only some Rollouts are there for."""


class RolloutPeople:
    """Each `do_…` is one action; an answer of "" means that there was nothing to do it to."""

    def __init__(
        self, cluster: KubeClient, wanted: list[RolloutPlan], random: Random, clock: Clock, variety: Random
    ) -> None:
        """`variety` draws what variants of plans have beside the rest."""
        self.plans = {one.name: one for one in wanted}
        self.templates: dict[str, list[KubeObject]] = {one.name: [] for one in wanted}
        self._gone: set[str] = set()
        self._cluster = cluster
        self._random = random
        self._variety = variety
        self._clock = clock

    async def act(self) -> str:
        """One action, chosen by chance; says what was done."""
        name = self._random.choice(list(self.plans))
        action = self._random.choices([each.act for each in ACTIONS], [each.weight for each in ACTIONS])[0]
        if self.plans[name].is_made_anew and self._variety.random() < OTHERWISE:
            action = self._variety.choice(OTHER_ACTIONS)
        try:
            done = await action(self, name)
        except HoldfastError as error:
            return f"{name}: refused: {error}"
        return f"{name}: {done}" if done else ""

    async def create(self, name: str) -> None:
        for kind, obj in plans.beside(self.plans[name]):
            await self._cluster.apply(kind, obj, field_manager=PERSON)
        pods = self.templates[name][-1] if self.templates[name] else self._new_template(name, plans.GOOD)
        if self.plans[name].workload:
            lender = workloads.workload(self.plans[name], pods)
            await self._cluster.apply(self._templated(name), lender, field_manager=PERSON)
        await self._cluster.create(ROLLOUT, plans.rollout_object(self.plans[name], pods), field_manager=PERSON)

    async def make_again(self) -> list[str]:
        """Those that were taken away; says which."""
        found = sorted(self._gone)
        for name in found:
            await self.do_take_away(name)
        return found

    async def release(self, name: str, mood: str) -> str:
        pods = self._new_template(name, mood)
        await self._set(name, pods)
        return f"released version {len(self.templates[name])}, {mood}"

    async def rollout(self, name: str) -> Rollout:
        found = await self._cluster.get(ROLLOUT, NAMESPACE, name)
        if found is None:
            raise HoldfastError(f"there is no Rollout {name}")
        return msgspec.convert(found, Rollout)

    async def carry_out(self, name: str, request: requests.Request) -> str:
        if request.spec is not None:
            await self._patch(ROLLOUT, name, {"spec": request.spec})
        if request.status is not None:
            await self._patch(ROLLOUT, name, {"status": request.status}, "status")
        return request.said

    async def do_release(self, name: str) -> str:
        return await self.release(name, self._random.choice(plans.MOODS))

    async def do_release_old(self, name: str) -> str:
        pods = self._random.choice(self.templates[name])
        await self._set(name, pods)
        return f"released version {pods['metadata']['annotations'][plans.VERSION]} again"

    async def do_undo(self, name: str) -> str:
        if self.plans[name].style == plans.IN_PLACE:
            return ""
        rollout = await self.rollout(name)
        listing = await self._cluster.list(plans.REPLICA_SET, namespace=NAMESPACE)
        owned = [live.decode() for live in listing.items if owner_of(live.decode()) == rollout.metadata.uid]
        request, pods = requests.undo(rollout, [replica_sets.read(one) for one in owned])
        await self._set(name, pods)
        return request.said

    async def do_abort(self, name: str) -> str:
        return await self.carry_out(name, requests.abort(await self.rollout(name)))

    async def do_retry(self, name: str) -> str:
        return await self.carry_out(name, requests.retry(await self.rollout(name)))

    async def do_promote(self, name: str) -> str:
        return await self.carry_out(name, requests.promote(await self.rollout(name)))

    async def do_promote_full(self, name: str) -> str:
        return await self.carry_out(name, requests.promote(await self.rollout(name), full=True))

    async def do_skip_all(self, name: str) -> str:
        return await self.carry_out(name, requests.promote(await self.rollout(name), skip_all=True))

    async def do_pause(self, name: str) -> str:
        paused = not (await self.rollout(name)).spec.paused
        await self._patch(ROLLOUT, name, {"spec": {"paused": paused}})
        return "paused" if paused else "resumed"

    async def do_restart(self, name: str) -> str:
        return await self.carry_out(name, requests.restart(await self.rollout(name), self._clock.now()))

    async def do_scale(self, name: str) -> str:
        """As an autoscaler or `kubectl scale` does it."""
        replicas = self._random.choice((0, 1, 2, 3, 4, 5, 6, 8))
        plan = self.plans[name]
        if plan.workload == plans.DAEMON_SET:
            return ""
        kind = workloads.KINDS[plan.workload] if plan.style == plans.IN_PLACE else ROLLOUT
        await self._patch(kind, name, {"spec": {"replicas": replicas}}, "scale")
        return f"scaled to {replicas}"

    async def do_load(self, name: str) -> str:
        """What the autoscaler measures."""
        if not self.plans[name].autoscaled:
            return ""
        used = f"{self._random.choice((10, 50, 50, 120))}%"
        await self._patch(plans.AUTOSCALER, name, {"metadata": {"annotations": {UTILIZATION: used}}})
        return f"uses {used} of its processors"

    async def do_change_steps(self, name: str) -> str:
        if self.plans[name].style == plans.BLUE_GREEN:
            return ""
        changed = plans.with_steps(self.plans[name], self._random)
        self.plans[name] = variants.with_more_steps(variants.without_experiments(changed), self._variety)
        wanted = self.plans[name].strategy["canary"]["steps"]
        await self._patch(ROLLOUT, name, {"spec": {"strategy": {"canary": {"steps": wanted}}}})
        return f"{len(wanted)} other steps"

    async def do_delete_pod(self, name: str) -> str:
        return await self._delete_one(plans.POD, name)

    async def do_delete_set(self, name: str) -> str:
        return await self._delete_one(plans.REPLICA_SET, name)

    async def do_delete_run(self, name: str) -> str:
        listing = await self._cluster.list(plans.ANALYSIS_RUN, namespace=NAMESPACE)
        return await self._delete(plans.ANALYSIS_RUN, [one.metadata.name for one in listing.items])

    async def do_edit_weights(self, name: str) -> str:
        live = await self._cluster.get(plans.VIRTUAL_SERVICE, NAMESPACE, name) if self.plans[name].is_routed else None
        if live is None:
            return ""
        drawn = self._random.randrange(101)
        for route in primary(live):
            for destination, weight in zip(route["route"], (drawn, 100 - drawn), strict=True):
                destination["weight"] = weight
        await self._patch(plans.VIRTUAL_SERVICE, name, {"spec": {"http": live["spec"]["http"]}})
        return f"set the weights to {drawn} and {100 - drawn} by hand"

    async def do_delete_rollout(self, name: str) -> str:
        await self._cluster.delete(ROLLOUT, NAMESPACE, name)
        await self._clock.sleep(self._random.uniform(0.0, 5.0))
        await self.create(name)
        return "deleted and made anew"

    async def do_take_away(self, name: str) -> str:
        """It stays away until this is done again."""
        if name in self._gone:
            await self.create(name)
            self._gone.discard(name)
            return "made anew"
        await self._cluster.delete(ROLLOUT, NAMESPACE, name)
        self._gone.add(name)
        return "taken away"

    async def do_change_ready_seconds(self, name: str) -> str:
        seconds = self._variety.choice(variants.READY_SECONDS)
        self.plans[name] = variants.with_ready_seconds(self.plans[name], seconds)
        kind = self._templated(name) if self.plans[name].style == plans.IN_PLACE else ROLLOUT
        await self._patch(kind, name, {"spec": {"minReadySeconds": seconds}})
        return f"pods must be ready for {seconds} s"

    async def _delete_one(self, kind: ResourceType, name: str) -> str:
        listing = await self._cluster.list(kind, namespace=NAMESPACE, labels=f"app={name}")
        return await self._delete(kind, [one.metadata.name for one in listing.items])

    async def _delete(self, kind: ResourceType, names: list[str]) -> str:
        if not names:
            return ""
        chosen = self._random.choice(sorted(names))
        await self._cluster.delete(kind, NAMESPACE, chosen)
        return f"deleted {kind.kind} {chosen}"

    def _new_template(self, name: str, mood: str) -> KubeObject:
        known = self.templates[name]
        known.append(plans.template(name, len(known) + 1, mood, self._random.randint(5, LONGEST_START)))
        return known[-1]

    async def _set(self, name: str, pods: KubeObject) -> None:
        body = [{"op": "replace", "path": "/spec/template", "value": pods}]
        await self._cluster.patch(self._templated(name), NAMESPACE, name, body, PatchKind.JSON, field_manager=PERSON)

    def _templated(self, name: str) -> ResourceType:
        """What has the pod template: the Rollout, or the workload that lends it."""
        return workloads.KINDS.get(self.plans[name].workload, ROLLOUT)

    async def _patch(self, kind: ResourceType, name: str, body: dict[str, Any], subresource: str = "") -> None:
        await self._cluster.patch(
            kind, NAMESPACE, name, body, PatchKind.MERGE, field_manager=PERSON, subresource=subresource
        )


class Action(Struct, frozen=True):
    weight: int
    act: Callable[[RolloutPeople, str], Awaitable[str]]


ACTIONS = (
    Action(10, RolloutPeople.do_release),
    Action(3, RolloutPeople.do_release_old),
    Action(1, RolloutPeople.do_undo),
    Action(4, RolloutPeople.do_abort),
    Action(4, RolloutPeople.do_retry),
    Action(5, RolloutPeople.do_promote),
    Action(2, RolloutPeople.do_promote_full),
    Action(1, RolloutPeople.do_skip_all),
    Action(2, RolloutPeople.do_pause),
    Action(1, RolloutPeople.do_restart),
    Action(5, RolloutPeople.do_scale),
    Action(2, RolloutPeople.do_load),
    Action(2, RolloutPeople.do_change_steps),
    Action(2, RolloutPeople.do_delete_pod),
    Action(1, RolloutPeople.do_delete_set),
    Action(1, RolloutPeople.do_delete_run),
    Action(2, RolloutPeople.do_edit_weights),
    Action(1, RolloutPeople.do_delete_rollout),
)
OTHER_ACTIONS = (RolloutPeople.do_take_away, RolloutPeople.do_change_ready_seconds)
