"""A canary behind a load balancer of AWS, which takes its time, and is asked for what it serves."""

from __future__ import annotations

import json

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import EVENT
from holdfast.model.rollout import ALBStatus, AwsResourceRef
from holdfast.ports.load_balancers import Forward, LoadBalancer, LoadBalancerError, LoadBalancerMissing
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, Stage, stage
from tests.unit.controllers.rollout.routed import deploy

INGRESS = resource("networking.k8s.io/v1", "Ingress", plural="ingresses")
HOST = "web.eu-west-1.elb.amazonaws.com"
ACTION = "alb.ingress.kubernetes.io/actions.web-stable"


def ingress() -> KubeObject:
    backend = {"service": {"name": "web-stable", "port": {"name": "use-annotation"}}}
    return {
        "apiVersion": INGRESS.api_version,
        "kind": INGRESS.kind,
        "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
        "spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
    }


def named(name: str) -> AwsResourceRef:
    return AwsResourceRef(name=name, arn=f"arn:{name}", full_name=f"app/{name}/1")


class Balancer:
    """Serves what the Ingress said when it was last told to follow; can be out of reach."""

    def __init__(self, world: Stage) -> None:
        self._world = world
        self._serves: list[Forward] = []
        self.asked = 0
        self.is_reached = True
        self.failure = LoadBalancerError("AWS cannot be reached")

    async def follow(self) -> None:
        said = (await self._world.get(INGRESS, "web"))["metadata"]["annotations"][ACTION]
        groups = json.loads(said)["ForwardConfig"]["TargetGroups"]
        named = {f"{NAMESPACE_NAME}/web-{one['ServiceName']}:{one['ServicePort']}": one["Weight"] for one in groups}
        self._serves = [named]

    async def look(self, hostname: str) -> LoadBalancer:
        assert hostname == HOST
        self.asked += 1
        if not self.is_reached:
            raise self.failure
        groups = {f"{NAMESPACE_NAME}/web-web-{name}:80": named(f"group-{name}") for name in ("canary", "stable")}
        return LoadBalancer(named("balancer"), tuple(self._serves), groups)


async def put_ready_ingress(world: Stage) -> None:
    await world.put(INGRESS, ingress())
    status = {"loadBalancer": {"ingress": [{"hostname": HOST}]}}
    await world.patch(INGRESS, "web", {"status": status}, subresource="status")


async def step_of(world: Stage) -> int | None:
    return (await world.rollout()).status.current_step_index


async def test_a_step_waits_until_the_load_balancer_serves_its_weight() -> None:
    async with stage() as world:
        balancer = Balancer(world)
        async with world.controller(load_balancers=balancer):
            await put_ready_ingress(world)
            await deploy(world, {"alb": {"ingress": "web", "servicePort": 80}})
            assert balancer.asked == 0
            await world.set_image("web:2")
            await world.clock.sleep(60)
            waiting = (await world.rollout()).status.canary.weights
            assert waiting is not None
            assert (waiting.canary.weight, waiting.verified) == (10, False)
            assert await step_of(world) == 0
            await balancer.follow()
            balancer.is_reached = False
            await world.clock.sleep(30)
            assert await step_of(world) == 0
            balancer.is_reached = True
            found = (await world.until_phase("Paused")).status
            assert found.current_step_index == 1
            assert found.canary.weights is not None
            assert found.canary.weights.verified is True
            assert found.alb == ALBStatus(
                load_balancer=named("balancer"),
                canary_target_group=named("group-canary"),
                stable_target_group=named("group-stable"),
                ingress="web",
            )
            assert found.albs == ()
            before = balancer.asked
            await world.clock.sleep(300)
            assert balancer.asked == before
            # An abort waits for nobody.
            await world.status({"abort": True})
            await world.until_phase("Degraded")
            assert balancer.asked == before
            assert (await world.rollout()).status.alb == found.alb


async def test_without_the_option_nobody_is_asked() -> None:
    async with stage() as world, world.controller():
        await world.put(INGRESS, ingress())
        await deploy(world, {"alb": {"ingress": "web", "servicePort": 80}})
        await world.set_image("web:2")
        found = await world.until_phase("Paused")
        assert found.status.canary.weights is not None
        assert found.status.canary.weights.verified is None


async def told(
    world: Stage, wanted: tuple[str, ...] = ("LoadBalancerNotFound", "WeightVerifyError")
) -> list[tuple[str, str]]:
    found = [live.decode() for live in (await world.cluster.list(EVENT, namespace=NAMESPACE_NAME)).items]
    return sorted((event["reason"], event["message"]) for event in found if event["reason"] in wanted)


async def test_what_is_wrong_with_a_load_balancer_is_told_once_a_release() -> None:
    async with stage() as world:
        balancer = Balancer(world)
        async with world.controller(load_balancers=balancer):
            await world.put(INGRESS, ingress())
            await deploy(world, {"alb": {"ingress": "web", "servicePort": 80}})
            assert await told(world) == []
            await world.set_image("web:2")
            await world.clock.sleep(60)
            why = "look what the AWS Load Balancer Controller says of it. The step waits; an abort does not"
            nowhere = ("LoadBalancerNotFound", f"Ingress shop/web has no load balancer in its status; {why}")
            assert await told(world) == [nowhere]
            balancer.is_reached = False
            status = {"loadBalancer": {"ingress": [{"hostname": HOST}]}}
            await world.patch(INGRESS, "web", {"status": status}, subresource="status")
            await world.clock.sleep(60)
            out_of_reach = (
                "WeightVerifyError",
                "Ingress shop/web: AWS cannot be reached. The step waits; an abort does not",
            )
            assert await told(world) == [nowhere, out_of_reach]
            balancer.failure = LoadBalancerMissing("AWS shows no such load balancer")
            await world.clock.sleep(60)
            (_, (reason, message), _) = await told(world)
            assert (reason, message.partition(".")[0]) == (
                "LoadBalancerNotFound",
                "Ingress shop/web: AWS shows no such load balancer",
            )
            assert balancer.asked > 6
            # The next release tells it anew.
            await world.set_image("web:3")
            await world.clock.sleep(60)
            assert len(await told(world)) == 4


async def test_several_ingresses_have_their_load_balancers_in_a_list() -> None:
    async with stage() as world:
        balancer = Balancer(world)
        async with world.controller(load_balancers=balancer):
            await put_ready_ingress(world)
            await deploy(world, {"alb": {"ingresses": ["web"], "servicePort": 80}})
            await world.set_image("web:2")
            await world.clock.sleep(60)
            found = (await world.rollout()).status
            assert (found.alb, [one.ingress for one in found.albs]) == (None, ["web"])


async def test_what_it_serves_of_the_weight_of_a_step_is_told() -> None:
    async with stage() as world:
        balancer = Balancer(world)
        reasons = ("TargetGroupVerified", "TargetGroupUnverified")
        async with world.controller(load_balancers=balancer):
            await put_ready_ingress(world)
            await deploy(world, {"alb": {"ingress": "web", "servicePort": 80}})
            await balancer.follow()
            assert await told(world, reasons) == []
            await world.set_image("web:2")
            await world.clock.sleep(60)
            group = "Service web-canary (TargetGroup group-canary)"
            why = "weight 10 is asked for, the load balancer serves 0. The step waits; an abort does not"
            unverified = ("TargetGroupUnverified", f"{group} not verified: {why}")
            assert await told(world, reasons) == [unverified]
            await balancer.follow()
            await world.until_phase("Paused")
            assert await told(world, reasons) == [
                unverified,
                ("TargetGroupVerified", f"{group} verified: weight 10"),
            ]
