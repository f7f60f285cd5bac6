"""Which errors mean that a person must act."""

from __future__ import annotations

import pytest

from holdfast.controllers.application.refusals import is_refusal
from holdfast.model.errors import AlreadyExists, ApiError, Conflict, Forbidden, Invalid, TooManyRequests, Unavailable
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.ports.transport import Request, Response
from holdfast.testing.builders import config_map
from holdfast.testing.faulty_transport import refusal
from tests.unit.controllers.application.harness import WatchedTransport, is_write, namespace, stage

CONTENDED = (
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; '
    "please apply your changes to the latest version and try again"
)


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (Invalid("spec.replicas: must not be negative"), True),
        (Forbidden("not you"), True),
        (AlreadyExists("it is there"), True),
        (Conflict('Apply failed with 1 conflict: conflict with "a": .spec.replicas'), True),
        (Conflict(CONTENDED), False),
        (ApiError("failed to create typed patch object (/web; apps/v1, Kind=Deployment)", status=500), True),
        (Unavailable("no leader"), False),
        (Unavailable("no answer", status=0), False),
        (TooManyRequests("busy"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ApiError) else "",
)
def test_only_what_asking_again_cannot_change_is_a_refusal(error: ApiError, refused: bool) -> None:
    assert is_refusal(error) is refused


class ContendedTransport(WatchedTransport):
    """The first writes of ConfigMaps lose against somebody else's."""

    left = 2

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if self.left and is_write(request) and "/configmaps/" in request.path:
            self.left -= 1
            self.writes.append(f"{request.method} {request.path}")
            return refusal(409, "Conflict", CONTENDED)
        return await super().send(request, timeout=timeout)


@pytest.mark.parametrize("options", ["", "Force=true", "Replace=true"])
async def test_a_write_that_lost_against_others_is_made_again_and_nothing_is_deleted(options: str) -> None:
    async with stage() as world:
        await namespace(world)
        await world.put(config_map(namespace="shop", data={"level": "old"}), CONFIG_MAP)
        world.push(config_map(annotations={Annotation.SYNC_OPTIONS.value: options} if options else None))
        world.transport = ContendedTransport(world.server)
        await world.create_application()
        await world.patch_application({"operation": {"sync": {}}})
        async with world.controller() as controller:
            await world.settle(controller, 30)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert (state.phase, state.retry_count) == ("Succeeded", 0)
            assert not [write for write in world.transport.writes if write.startswith("DELETE")]
