"""Projects that want commits to be signed."""

from __future__ import annotations

import pytest

from holdfast.model.resource_types import APP_PROJECT, CONFIG_MAP
from holdfast.testing.builders import config_map, project_object
from holdfast.testing.signed_repositories import SignedRepositories
from tests.unit.controllers.application.harness import namespace, stage

KEY = "0123456789ABCDEF"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (KEY, ""),
        ("", "must be signed: it is not signed"),
        ("FEDCBA9876543210", "this key is not allowed in AppProject"),
        (None, "wants signed commits"),
    ],
)
async def test_only_what_is_signed_by_a_key_of_the_project_is_deployed(key: str | None, message: str) -> None:
    async with stage() as world:
        await namespace(world)
        if key is not None:
            world.repositories = SignedRepositories(key)
        await world.put(
            config_map("argocd-gpg-keys-cm", namespace="argocd", data={KEY: "ssh-ed25519 AAAA"}), CONFIG_MAP
        )
        await world.put(project_object(signatureKeys=[{"keyID": KEY}]), APP_PROJECT)
        world.push(config_map("deployed"))
        await world.create_application(policy={"automated": {}})
        async with world.controller():
            conditions = (await world.application()).status.conditions
            assert (await world.get(CONFIG_MAP, "deployed") is not None) is (message == "")
            assert [message in condition.message for condition in conditions] == ([True] if message else [])
            if isinstance(world.repositories, SignedRepositories):
                assert world.repositories.known[0].ssh == ("ssh-ed25519 AAAA",)


async def test_a_strict_project_wants_all_signed_that_came_since_the_last_deployment() -> None:
    policy = {"repos": [{"url": "*"}], "gpg": {"mode": "strict", "keys": [KEY]}}
    async with stage() as world:
        await namespace(world)
        world.repositories = repositories = SignedRepositories(KEY)
        await world.put(project_object(sourceIntegrity={"git": {"policies": [policy]}}), APP_PROJECT)
        world.push(config_map("deployed", data={"at": "first"}))
        await world.create_application(policy={"automated": {}})

        async def push(*levels: str) -> list[str]:
            return [world.push(config_map("deployed", data={"at": level})) for level in levels]

        async def deployed() -> str:
            return str((await world.get(CONFIG_MAP, "deployed") or {"data": {}})["data"].get("at"))

        async with world.controller() as controller:
            assert await deployed() == "first"
            repositories.unsigned.update((await push("forged"))[:1])
            await push("second")
            await world.settle(controller, seconds=200)
            assert await deployed() == "first"
            [condition] = (await world.application()).status.conditions
            assert "in the history of target revision" in condition.message
            assert "must be signed: it is not signed" in condition.message
            repositories.unsigned.clear()
            await push("third")
            await world.settle(controller, seconds=200)
            assert await deployed() == "third"
            repositories.unsigned.update(repositories.commits())
            repositories.unsigned.difference_update(await push("fourth"))
            await world.settle(controller, seconds=200)
            assert await deployed() == "fourth", "what was deployed before is not looked at again"
