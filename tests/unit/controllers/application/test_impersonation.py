"""A sync writes in the name of the service account that the project gives its destination."""

from __future__ import annotations

from typing import Any

from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP
from holdfast.ports.transport import Request, Response, Transport
from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import WRITES, Stage, WatchedTransport, namespace, stage

ACCOUNTS = [{"server": "*", "namespace": "sh*", "defaultServiceAccount": "deployer"}]
DEPLOYER = "system:serviceaccount:shop:deployer"


class NamesTransport(WatchedTransport):
    """Keeps in whose name something was written, dry-runs and reviews included."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self.names: dict[str, set[str]] = {}

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if request.method in WRITES:
            what = request.path.split("/namespaces/")[-1] + ("?dryRun" if ("dryRun", "All") in request.query else "")
            self.names.setdefault(what, set()).add(request.headers.get("impersonate-user", ""))
        return await super().send(request, timeout=timeout)


async def _prepared(world: Stage, accounts: list[dict[str, str]], *, enabled: str = "true") -> NamesTransport:
    await namespace(world)
    settings = {"application.sync.impersonation.enabled": enabled}
    await world.put(config_map("argocd-cm", namespace="argocd", data=settings), CONFIG_MAP)
    await world.patch(APP_PROJECT, "default", {"spec": {"destinationServiceAccounts": accounts}}, "argocd")
    world.push(config_map())
    await world.create_application(policy={"automated": {}, "retry": {"limit": 0}})
    world.transport = transport = NamesTransport(world.server)
    return transport


async def _phase(world: Stage) -> tuple[str, str]:
    state = (await world.application()).status.operation_state
    assert state is not None
    return state.phase, state.message


async def test_objects_are_written_and_tried_in_the_name_of_the_account_and_the_rest_in_our_own() -> None:
    async with stage() as world:
        transport = await _prepared(world, ACCOUNTS)
        async with world.controller():
            assert (await _phase(world))[0] == OperationPhase.SUCCEEDED
        assert transport.names["shop/configmaps/settings"] == {DEPLOYER}
        assert transport.names["shop/configmaps/settings?dryRun"] == {DEPLOYER}
        assert transport.names["/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"] == {DEPLOYER}
        assert transport.names["argocd/applications/web"] == {""}
        assert transport.names["argocd/events"] == {""}


async def test_without_a_fitting_account_the_sync_fails_and_says_so() -> None:
    async with stage() as world:
        accounts = [{"server": "*", "namespace": "other", "defaultServiceAccount": "deployer"}]
        await _prepared(world, accounts)
        async with world.controller():
            phase, message = await _phase(world)
        assert phase == OperationPhase.ERROR
        assert message.startswith(
            "failed to find a matching service account to impersonate: no matching service account found for "
            "destination server https://kubernetes.default.svc and namespace shop"
        )
        assert await world.get(CONFIG_MAP, "settings") is None


async def test_without_the_switch_nobody_is_impersonated() -> None:
    async with stage() as world:
        transport = await _prepared(world, ACCOUNTS, enabled="false")
        async with world.controller():
            assert (await _phase(world))[0] == OperationPhase.SUCCEEDED
        assert set().union(*transport.names.values()) == {""}


async def test_objects_of_a_deleted_application_go_in_the_same_name() -> None:
    async with stage() as world:
        transport = await _prepared(world, ACCOUNTS)
        async with world.controller() as controller:
            finalizers: dict[str, Any] = {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}
            await world.patch_application({"metadata": finalizers})
            transport.names.clear()
            await world.cluster.delete(APPLICATION, "argocd", "web")
            await world.settle(controller, seconds=10)
        assert transport.names["shop/configmaps/settings"] == {DEPLOYER}
        assert await world.get(CONFIG_MAP, "settings") is None
