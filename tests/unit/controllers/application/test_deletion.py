"""What becomes of the objects of an Application that is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, Finalizer
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.ports.transport import Request, Response
from holdfast.testing import simulated_git, simulated_manifests
from holdfast.testing.builders import application_object, config_map, job
from tests.unit.controllers.application.harness import JOB, Stage, WatchedTransport, stage

AUTOMATED = {"automated": {}, "syncOptions": ["CreateNamespace=true"]}


async def deployed(world: Stage, *manifests: KubeObject, **options: Any) -> None:
    world.push(*manifests)
    options.setdefault("finalizers", [Finalizer.RESOURCES.value])
    await world.create_application(policy=AUTOMATED, **options)


async def delete(world: Stage) -> None:
    await world.cluster.delete(APPLICATION, "argocd", "web")


async def is_gone(world: Stage) -> bool:
    return await world.get(APPLICATION, "web", "argocd") is None


@pytest.mark.parametrize(
    "finalizer", [Finalizer.RESOURCES, Finalizer.RESOURCES_BACKGROUND, Finalizer.RESOURCES_FOREGROUND]
)
async def test_the_finalizer_takes_the_objects_along(finalizer: Finalizer) -> None:
    async with stage() as world:
        await deployed(world, config_map(), config_map("b"), finalizers=[finalizer.value])
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is None
            assert await world.get(CONFIG_MAP, "b") is None
            assert await world.get(NAMESPACE, "shop") is not None


async def test_without_the_finalizer_they_stay() -> None:
    async with stage() as world:
        await deployed(world, config_map(), finalizers=[])
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is not None


class BlindTransport(WatchedTransport):
    """A server that lists no ConfigMaps, and also gives none out while `hides` is set."""

    hides = False

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        listed = request.path == "/api/v1/configmaps"
        if request.method == "GET" and (listed or (self.hides and "/configmaps/" in request.path)):
            return Response(403, {"content-type": "text/plain"}, b"nobody may see that")
        return await super().send(request, timeout=timeout)


async def test_objects_of_a_kind_that_cannot_be_listed_are_not_taken_for_gone() -> None:
    async with stage() as world:
        await deployed(world, config_map())
        async with world.controller():
            pass
        world.transport = transport = BlindTransport(world.server)
        transport.hides = True
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            found = (await world.application()).status.conditions
            assert "whether ConfigMap shop/settings is there cannot be told" in found[-1].message
            transport.hides = False
            await world.settle(controller, 600)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is None


async def test_objects_that_must_not_be_deleted_stay() -> None:
    kept = {Annotation.SYNC_OPTIONS.value: "Delete=false"}
    async with stage() as world:
        await deployed(world, config_map(annotations=kept), config_map("b"))
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is not None
            assert await world.get(CONFIG_MAP, "b") is None


async def test_deletion_waits_for_the_confirmation_it_needs() -> None:
    confirm = {Annotation.SYNC_OPTIONS.value: "Delete=confirm"}
    async with stage() as world:
        await deployed(world, config_map(annotations=confirm))
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await world.get(CONFIG_MAP, "settings") is not None
            approved = {Annotation.DELETION_APPROVED.value: "2026-01-01T00:00:30Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await world.settle(controller, 30)
            assert await is_gone(world)


async def test_an_approval_of_an_earlier_day_does_not_count() -> None:
    confirm = {Annotation.SYNC_OPTIONS.value: "Delete=confirm"}
    async with stage() as world:
        await deployed(world, config_map(annotations=confirm))
        async with world.controller() as controller:
            approved = {Annotation.DELETION_APPROVED.value: "2025-12-31T00:00:00Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await delete(world)
            await world.settle(controller, 30)
            assert await world.get(CONFIG_MAP, "settings") is not None


async def test_a_pruning_waits_for_the_confirmation_it_needs() -> None:
    confirm = {Annotation.SYNC_OPTIONS.value: "Prune=confirm"}
    policy = {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}
    async with stage() as world:
        world.push(config_map(annotations=confirm), config_map("b"))
        await world.create_application(policy=policy)
        async with world.controller() as controller:
            world.push(config_map("b"))
            await world.settle(controller, 300)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert (state.phase, state.message) == (
                "Running",
                "waiting for pruning confirmation of /ConfigMap/settings",
            )
            approved = {Annotation.DELETION_APPROVED.value: "2026-01-01T01:00:00Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await world.settle(controller, 1)
            assert await world.get(CONFIG_MAP, "settings") is None
            assert (await world.application()).status.sync.status == "Synced"


def hook(phase: str, *policies: str) -> dict[str, str]:
    return {Annotation.HOOK.value: phase, Annotation.HOOK_DELETE_POLICY.value: ",".join(policies)}


async def finish(world: Stage, name: str, kind: str = "Complete") -> None:
    condition = {"type": kind, "status": "True", "message": "it ended"}
    await world.patch(JOB, name, {"status": {"conditions": [condition]}}, subresource="status")


async def test_hooks_run_before_and_after_the_objects_go() -> None:
    before = job("before", annotations=hook("PreDelete", "HookSucceeded"))
    after = job("after", annotations=hook("PostDelete"))
    async with stage() as world:
        await deployed(world, before, config_map(), after)
        async with world.controller() as controller:
            assert (await world.application()).metadata.finalizers == (
                Finalizer.RESOURCES,
                Finalizer.POST_DELETE,
                Finalizer.POST_DELETE_CLEANUP,
                Finalizer.PRE_DELETE,
                Finalizer.PRE_DELETE_CLEANUP,
            )
            assert (await world.application()).status.sync.status == "Synced"
            assert await world.get(JOB, "before") is None
            await delete(world)
            await world.settle(controller, 60)
            assert await world.get(JOB, "before") is not None
            assert await world.get(CONFIG_MAP, "settings") is not None
            await finish(world, "before")
            await world.settle(controller, 60)
            assert await world.get(JOB, "before") is None
            assert await world.get(CONFIG_MAP, "settings") is None
            assert await world.get(JOB, "after") is not None
            assert not await is_gone(world)
            await finish(world, "after")
            await world.settle(controller, 60)
            assert await is_gone(world)
            # Its policy lets it stay.
            assert await world.get(JOB, "after") is not None


async def test_a_failed_hook_stops_the_deletion_and_says_so_until_it_runs_again() -> None:
    async with stage() as world:
        await deployed(world, job("before", annotations=hook("PreDelete")), config_map())
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 10)
            await finish(world, "before", "Failed")
            await world.settle(controller, 300)
            assert await world.get(CONFIG_MAP, "settings") is not None
            [condition] = (await world.application()).status.conditions
            assert condition.type == "DeletionError"
            assert "it ended" in condition.message
            await world.cluster.delete(JOB, "shop", "before")
            await world.settle(controller, 60)
            await finish(world, "before")
            await world.settle(controller, 60)
            assert await is_gone(world)


async def test_hooks_that_left_the_source_take_their_finalizers_along() -> None:
    async with stage() as world:
        await deployed(world, job("before", annotations=hook("PreDelete")), config_map())
        async with world.controller() as controller:
            world.push(config_map())
            await world.settle(controller, 300)
            assert (await world.application()).metadata.finalizers == (Finalizer.RESOURCES,)


async def test_an_application_that_holds_itself_goes_all_the_same() -> None:
    async with stage() as world:
        itself = application_object(policy=AUTOMATED, finalizers=[Finalizer.RESOURCES.value])
        await deployed(world, config_map(), itself)
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is None


async def test_what_helm_is_to_keep_stays() -> None:
    async with stage() as world:
        await deployed(world, config_map(annotations={Annotation.HELM_RESOURCE_POLICY.value: "keep"}))
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is not None


async def test_the_definition_of_a_kind_stays_and_its_objects_go() -> None:
    manifests = simulated_git.objects_of([simulated_manifests.defined("gear")])
    async with stage() as world:
        await deployed(world, *manifests)
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CUSTOM_RESOURCE_DEFINITION, "things.gear.example.com") is not None
            gear = ResourceType("gear.example.com", "v1", "Gear", "things", namespaced=True)
            assert await world.get(gear, "gear") is None


async def test_a_missing_repository_and_project_do_not_hinder_it() -> None:
    async with stage() as world:
        await deployed(world, config_map())
        async with world.controller() as controller:
            world.repositories.trouble = Blocked("RepositoryNotFound", "gone")
            await world.patch_application({"spec": {"project": "gone"}})
            await world.settle(controller, 1)
            await delete(world)
            await world.settle(controller, 30)
            assert await is_gone(world)
            assert await world.get(CONFIG_MAP, "settings") is None


async def test_the_last_wave_goes_first_and_is_waited_for() -> None:
    held = config_map("last", annotations={Annotation.SYNC_WAVE.value: "3"})
    held["metadata"]["finalizers"] = ["example.com/hold"]
    async with stage() as world:
        await deployed(world, config_map("first"), held)
        async with world.controller() as controller:
            await world.settle(controller, 5)
            await delete(world)
            await world.settle(controller, 30)
            assert await world.get(CONFIG_MAP, "first") is not None
            assert not await is_gone(world)
            await world.patch(CONFIG_MAP, "last", {"metadata": {"finalizers": None}})
            await world.settle(controller, 30)
            assert await world.get(CONFIG_MAP, "first") is None
            assert await is_gone(world)


async def test_finalizers_of_others_stay() -> None:
    others = "example.com/mine"
    async with stage() as world:
        await deployed(world, config_map(), finalizers=[Finalizer.RESOURCES.value, others])
        async with world.controller() as controller:
            await delete(world)
            await world.settle(controller, 30)
            assert (await world.application()).metadata.finalizers == (others,)
