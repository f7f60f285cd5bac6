"""What stands against a sync is found before its first write, and said at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.model.names import Annotation, OperationPhase
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.ports.transport import Request, Response, Transport
from holdfast.testing.builders import config_map, deployment, job, obj, resource
from tests.unit.controllers.application.harness import JOB, Stage, WatchedTransport, namespace, stage

QUOTA = resource("v1", "ResourceQuota")
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class RulesTransport(WatchedTransport):
    """A server that knows whose request it is: in the namespace only the verbs given are allowed."""

    def __init__(self, inner: Transport, *verbs: str) -> None:
        super().__init__(inner)
        self.verbs = verbs
        self.asked: list[str] = []

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if request.path.startswith("/apis/authorization.k8s.io/"):
            self.asked.append(request.path)
            rule = {"verbs": list(self.verbs), "apiGroups": ["*"], "resources": ["*"]}
            status: dict[str, Any] = {"resourceRules": [rule], "incomplete": False}
            if request.path == ACCESS:
                verb = msgspec.json.decode(request.body)["spec"]["resourceAttributes"]["verb"]
                status = {"allowed": verb in self.verbs}
            return Response(201, {"content-type": "application/json"}, msgspec.json.encode({"status": status}))
        return await super().send(request, timeout=timeout)


def object_writes(transport: WatchedTransport) -> list[str]:
    """Those of the objects of the application."""
    return [write for write in transport.writes if "/namespaces/shop" in write]


async def _sync(world: Stage, **sync: Any) -> None:
    await world.patch_application({"operation": {"initiatedBy": {"username": "me"}, "sync": sync}})


async def test_everything_that_is_wrong_is_said_in_one_message_and_nothing_is_written() -> None:
    async with stage() as world:
        await namespace(world)
        await world.put(deployment("web", namespace="shop"), resource("apps/v1", "Deployment"))
        changed = deployment("web")
        changed["spec"]["selector"] = changed["spec"]["template"]["metadata"] = {"matchLabels": {"app": "other"}}
        changed["spec"]["template"]["metadata"] = {"labels": {"app": "other"}}
        world.push(
            changed,
            obj("extensions/v1beta1", "Ingress", "front"),
            config_map("elsewhere", namespace="nowhere"),
            job("before", annotations={Annotation.HOOK.value: "PreSync"}),
            config_map("fine"),
        )
        await world.create_application()
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller)
            app = await world.application()
            state = app.status.operation_state
            assert state is not None
            assert state.phase == OperationPhase.FAILED
            assert "field is immutable" in state.message
            assert "sync-options: Force=true" in state.message
            assert "serves Ingress as networking.k8s.io/v1: change apiVersion to networking.k8s.io/v1" in state.message
            assert 'namespaces "nowhere" not found' in state.message
            assert "kubectl create namespace nowhere" in state.message
            assert object_writes(world.transport) == []
            assert await world.get(JOB, "before") is None
            assert await world.get(CONFIG_MAP, "fine") is None


async def test_a_permission_that_lacks_is_told_with_the_command_that_grants_it() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map(), job("before", annotations={Annotation.HOOK.value: "PreSync"}))
        await world.create_application()
        world.transport = transport = RulesTransport(world.server, "patch")
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert "the controller lacks the permission to create jobs.batch in namespace shop" in state.message
            assert "--verb=create --resource=jobs.batch" in state.message
            assert object_writes(transport) == []
            transport.verbs = ("*",)
            await world.clock.sleep(1)
            await _sync(world)
            await world.settle(controller)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.message == "waiting for completion of hook batch/Job/before"


async def test_permissions_are_asked_once_a_minute_and_once_a_namespace() -> None:
    async with stage() as world:
        await namespace(world)
        await world.create_application()
        world.transport = transport = RulesTransport(world.server, "*")
        async with world.controller() as controller:
            for pause, asked in ((0, 1), (5, 1), (60, 2)):
                world.push(*(config_map(f"number-{number}-after-{pause}") for number in range(20)))
                await world.clock.sleep(pause + 1)
                await world.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "normal"}}})
                await _sync(world)
                await world.settle(controller)
                assert transport.asked == [RULES] * asked


@pytest.mark.parametrize("options", ["", "Validate=false"])
async def test_a_deployment_beyond_the_quota_is_refused_before_its_pods_are_missed(options: str) -> None:
    async with stage() as world:
        await namespace(world)
        quota = obj("v1", "ResourceQuota", "small", namespace="shop", spec={"hard": {"pods": "3"}})
        await world.put({**quota, "status": {"hard": {"pods": "3"}, "used": {"pods": "1"}}}, QUOTA)
        await world.patch(
            QUOTA, "small", {"status": {"hard": {"pods": "3"}, "used": {"pods": "1"}}}, subresource="status"
        )
        annotations = {Annotation.SYNC_OPTIONS.value: options} if options else None
        world.push(deployment("web", replicas=3, annotations=annotations), config_map())
        await world.create_application()
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller)
            state = (await world.application()).status.operation_state
            assert state is not None
            if options:
                assert "exceeded" not in state.message
                return
            assert state.phase == OperationPhase.FAILED
            expected = "exceeded quota: small, requested: pods=3, used: pods=1, limited: pods=3"
            assert state.message == f"one or more synchronization tasks are not valid: {expected}"
            assert object_writes(world.transport) == []


async def test_a_server_that_answers_no_reviews_stops_nothing() -> None:
    class NoReviews(WatchedTransport):
        async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
            if request.path.startswith("/apis/authorization.k8s.io/"):
                return Response(503, {"content-type": "text/plain"}, b"not now")
            return await super().send(request, timeout=timeout)

    async with stage() as world:
        await namespace(world)
        world.push(config_map())
        await world.create_application()
        world.transport = NoReviews(world.server)
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller)
            assert await world.get(CONFIG_MAP, "settings") is not None


async def test_a_kind_that_never_comes_is_waited_for_two_minutes() -> None:
    async with stage() as world:
        await namespace(world)
        expected = {Annotation.SYNC_OPTIONS.value: "SkipDryRunOnMissingResource=true"}
        world.push(obj("example.com/v1", "Widget", "first", annotations=expected), config_map())
        await world.create_application()
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller, seconds=100)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.message == "waiting until the cluster serves the kind of example.com/Widget/first"
            await world.settle(controller, seconds=40)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.phase == OperationPhase.FAILED
            assert "does not serve example.com/Widget, which was waited for 120 s" in state.message


@pytest.mark.parametrize("there", [False, True])
async def test_without_validation_fields_that_no_schema_knows_are_left_out(there: bool) -> None:
    async with stage() as world:
        await namespace(world)
        if there:
            await world.put(deployment("web", namespace="shop"), resource("apps/v1", "Deployment"))
        odd = deployment("web", replicas=2, annotations={Annotation.SYNC_OPTIONS.value: "Validate=false"})
        odd["spec"]["nope"] = 1
        world.push(odd)
        await world.create_application()
        async with world.controller() as controller:
            await _sync(world)
            await world.settle(controller)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.phase == OperationPhase.SUCCEEDED, state.message
            live = await world.get(resource("apps/v1", "Deployment"), "web")
            assert live is not None
            assert live["spec"]["replicas"] == 2
            assert "nope" not in live["spec"]
