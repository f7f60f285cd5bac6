"""What is remembered of the server's answers to dry runs."""

from __future__ import annotations

from holdfast.adapters.kube.client import KubeClient
from holdfast.controllers.application.predictions import KEPT_OF_EACH, Manner, Predictions
from holdfast.model.desired import Target
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import Stage, namespace, stage


def wanted(value: str) -> KubeObject:
    return config_map(namespace="shop", data={"wanted": value})


async def asked(world: Stage, known: Predictions, live: KubeObject, *manifests: KubeObject) -> int:
    """How many dry runs it takes to tell what comes of these manifests, one after the other."""
    before = len(world.transport.dry_runs)
    cluster = KubeClient(world.transport, user_agent="engine")
    for manifest in manifests:
        target = Target(manifest, key_of(manifest), CONFIG_MAP)
        (answer,) = (await known.of(cluster, [target], {target.key: live}, lambda _: True)).values()
        assert answer.obj is not None
        assert answer.obj["data"] == {**live["data"], **manifest["data"]}
    return len(world.transport.dry_runs) - before


async def test_the_server_is_asked_once_for_each_manifest_and_state() -> None:
    async with stage() as world:
        await namespace(world)
        known = Predictions()
        live = await world.put(config_map(namespace="shop", data={"level": "1"}), CONFIG_MAP)
        assert await asked(world, known, live, wanted("a"), wanted("b"), wanted("a"), wanted("b")) == 2
        live = await world.put(config_map(namespace="shop", data={"level": "2"}), CONFIG_MAP)
        assert await asked(world, known, live, wanted("a"), wanted("a")) == 1


async def test_of_one_state_so_many_answers_are_remembered() -> None:
    async with stage() as world:
        await namespace(world)
        known = Predictions()
        live = await world.put(config_map(namespace="shop", data={"level": "1"}), CONFIG_MAP)
        several = [wanted(str(number)) for number in range(KEPT_OF_EACH)]
        assert await asked(world, known, live, *several, *several) == KEPT_OF_EACH
        assert await asked(world, known, live, wanted("another"), several[-1], several[0]) == 2


async def refusals(
    world: Stage, known: Predictions, *manifests: KubeObject, looked_at: bool = False, user: str = ""
) -> tuple[list[str], int]:
    """What is told of new objects, one after the other, and how many dry runs it takes."""
    before = len(world.transport.dry_runs)
    cluster = KubeClient(world.transport, user_agent="engine")
    told = []
    for manifest in manifests:
        target = Target(manifest, key_of(manifest), CONFIG_MAP)
        answers = await known.of(
            cluster, [target], {}, lambda _: True, Manner(user), unattended=lambda target, writing: not looked_at
        )
        told.append(answers[target.key].refusal)
    return told, len(world.transport.dry_runs) - before


async def test_one_of_several_new_objects_that_are_alike_is_asked_about() -> None:
    async with stage() as world:
        await namespace(world)
        known = Predictions()
        several = [config_map(name, namespace="shop", data={"name": name}) for name in ("one", "two", "three")]
        assert await refusals(world, known, *several) == ([""] * 3, 1)
        assert await refusals(world, known, *several, user="system:serviceaccount:shop:deployer") == ([""] * 3, 1)
        assert await refusals(world, known, *several, looked_at=True) == ([""] * 3, 2)
        known.forget_all()
        assert await refusals(world, known, *several) == ([""] * 3, 1)


async def test_a_refusal_is_told_of_each_of_several_new_objects() -> None:
    async with stage() as world:
        await namespace(world)
        wrong = [config_map(name, namespace="shop", data={"not a key": name}) for name in ("one", "two")]
        told, asked = await refusals(world, Predictions(), *wrong)
        assert asked == len([text for text in told if "not a key" in text]) == 2
