"""What argocd-cm makes of judging and comparing in the controller."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.errors import Blocked
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.model.scripts import JsonPath, PathsQuestion, ScriptAnswer, ScriptRun
from holdfast.testing.builders import config_map, deployment
from tests.unit.controllers.application.harness import DEPLOYMENT, Stage, stage
from tests.unit.controllers.application.test_sync import AUTOMATED, conditions

HEALTH = "resource.customizations.health.ConfigMap"
BY_DATA = """
if obj.data.level == "info" then
  return {status = "Healthy"}
end
return {status = "Progressing", message = "level is " .. obj.data.level}
"""
NEVER_ENDS = "while true do end"
RESPECTING = {**AUTOMATED, "syncOptions": ["CreateNamespace=true", "RespectIgnoreDifferences=true"]}


async def customize(world: Stage, **data: str) -> None:
    keys = {key.replace("__", "."): text for key, text in data.items()}
    await world.put(config_map("argocd-cm", namespace="argocd", data=keys), CONFIG_MAP)


async def health(world: Stage) -> tuple[str, list[tuple[str, str]]]:
    status = (await world.application()).status
    of_each = [(one.health.status, one.health.message) for one in status.resources if one.health is not None]
    return status.health.status, of_each


async def test_a_script_judges_and_is_asked_again_when_the_object_changes() -> None:
    async with stage() as world:
        await customize(world, **{HEALTH: BY_DATA})
        world.push(config_map(data={"level": "debug"}))
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"], "automated": {}})
        async with world.controller() as controller:
            assert await health(world) == ("Progressing", [("Progressing", "level is debug")])
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "info"}})
            await world.settle(controller, 1)
            assert await health(world) == ("Healthy", [("Healthy", "")])


async def test_a_script_goes_before_our_own_check_and_a_changed_script_counts_at_once() -> None:
    async with stage() as world:
        world.push(deployment())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert (await health(world))[0] == "Progressing"
            script = "return {status = 'Degraded', message = 'not today'}"
            await customize(world, **{"resource.customizations.health.apps_Deployment": script})
            await world.settle(controller, 1)
            assert await health(world) == ("Degraded", [("Degraded", "not today")])


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("error('no')", "no"),
        ("return {status = 'Good'}", "Good"),
        ("return nil", "no answer"),
        (NEVER_ENDS, "does not end"),
    ],
)
async def test_what_a_failing_script_judges_is_unknown_with_the_reason(script: str, said: str) -> None:
    async with stage() as world:
        await customize(world, **{HEALTH: script})
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            pass
        worst, [(status, message)] = await health(world)
        assert (worst, status) == ("Unknown", "Unknown")
        assert HEALTH in message
        assert said in message


async def test_a_wave_waits_for_what_a_script_judges() -> None:
    async with stage() as world:
        await customize(world, **{HEALTH: BY_DATA})
        later = config_map("later", annotations={Annotation.SYNC_WAVE.value: "1"})
        world.push(config_map(data={"level": "debug"}), later)
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"], "automated": {}})
        async with world.controller() as controller:
            await world.settle(controller, 5)
            assert await world.get(CONFIG_MAP, "later") is None
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "info"}})
            await world.settle(controller, 5)
            assert await world.get(CONFIG_MAP, "later") is not None


class CountedScripts:
    """A Scripts that notes what it is asked."""

    def __init__(self, refusal: Blocked | None = None) -> None:
        self.asked: list[str] = []
        self.refusal = refusal

    async def run(self, run: ScriptRun) -> ScriptAnswer:
        self.asked.append(run.script.key)
        if self.refusal is not None:
            raise self.refusal
        return {"status": "Healthy"}

    async def paths(self, question: PathsQuestion) -> tuple[JsonPath, ...]:
        raise Blocked("ScriptTimeout", f"{question.expression} took too long")

    async def close(self) -> None:
        pass


async def test_nothing_is_asked_twice_about_one_state_of_an_object() -> None:
    async with stage() as world:
        scripts = CountedScripts()
        world.scripts = scripts
        await customize(world, **{HEALTH: BY_DATA})
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            before = len(scripts.asked)
            await world.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "hard"}}})
            await world.settle(controller, 1)
            await world.settle(controller, 500)
            assert len(scripts.asked) == before


async def test_a_script_that_took_too_long_is_tried_again_after_a_while() -> None:
    async with stage() as world:
        scripts = CountedScripts(Blocked("ScriptTimeout", "too long"))
        world.scripts = scripts
        await customize(world, **{HEALTH: BY_DATA})
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert len(scripts.asked) == 1
            scripts.refusal = None
            await world.settle(controller, 125)
            assert (await health(world))[0] == "Healthy"


IMAGES = '.spec.template.spec.containers[] | select(.name == "app") | .image'


@pytest.mark.parametrize(
    "rule",
    [
        {"jqPathExpressions": [IMAGES]},
        {"managedFieldsManagers": ["kubectl-edit"]},
        {"jsonPointers": ["/spec/template/spec/containers/0/image"]},
    ],
    ids=lambda rule: next(iter(rule)),
)
@pytest.mark.parametrize("everywhere", [False, True], ids=["application", "argocd-cm"])
async def test_ignored_differences_are_neither_shown_nor_undone(rule: dict[str, Any], everywhere: bool) -> None:
    async with stage() as world:
        ignored = [{"group": "apps", "kind": "Deployment", **rule}]
        if everywhere:
            key = "resource.customizations.ignoreDifferences.apps_Deployment"
            await customize(world, **{key: str(rule)})
        world.push(deployment(image="web:1"))
        options: dict[str, Any] = {} if everywhere else {"ignoreDifferences": ignored}
        await world.create_application(policy=RESPECTING, **options)
        async with world.controller() as controller:
            containers = [{"name": "app", "image": "web:by-hand"}]
            await world.patch(DEPLOYMENT, "web", {"spec": {"template": {"spec": {"containers": containers}}}})
            await world.settle(controller, 1)
            assert (await world.application()).status.sync.status == "Synced"
            world.push(deployment(image="web:2", replicas=3))
            await world.settle(controller, 121)
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 3
            assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "web:by-hand"
            assert (await world.application()).status.sync.status == "Synced"


@pytest.mark.parametrize("expression", [".spec[", "slow"])
async def test_an_expression_without_an_answer_stops_the_comparison_and_nothing_is_undone(expression: str) -> None:
    async with stage() as world:
        if expression == "slow":
            world.scripts = CountedScripts()
        world.push(deployment(replicas=2))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            ignored = [{"group": "apps", "kind": "Deployment", "jqPathExpressions": [expression]}]
            await world.patch_application({"spec": {"ignoreDifferences": ignored}})
            await world.settle(controller, 1)
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 1)
            [(kind, message)] = await conditions(world)
            assert kind == "ComparisonError"
            assert expression in message
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 7


async def test_settings_that_cannot_be_read_are_told_and_stop_the_comparison() -> None:
    async with stage() as world:
        await customize(world, **{"resource.customizations.ignoreDifferences.apps_Deployment": "- nonsense"})
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            [(kind, message)] = await conditions(world)
            assert kind == "ComparisonError"
            assert "resource.customizations.ignoreDifferences.apps_Deployment" in message
            await customize(world)
            await world.settle(controller, 1)
            assert await conditions(world) == []


async def test_an_ignored_update_wakes_nobody_and_is_found_by_the_next_poll() -> None:
    async with stage() as world:
        key = "resource.customizations.ignoreResourceUpdates.ConfigMap"
        await customize(world, **{key: "jsonPointers: [/data/level]"})
        world.push(config_map(data={"level": "info", "size": "1"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "debug"}})
            await world.settle(controller, 1)
            assert (await settings_of(world))["level"] == "debug"
            await world.settle(controller, 121)
            assert (await settings_of(world))["level"] == "info"
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "debug", "size": "2"}})
            await world.settle(controller, 1)
            assert await settings_of(world) == {"level": "info", "size": "1"}


@pytest.mark.parametrize(("said", "seen_at_once"), [("true", False), ("false", True), ("perhaps", True)])
async def test_an_object_may_exempt_itself_from_the_rules_about_updates(said: str, seen_at_once: bool) -> None:
    async with stage() as world:
        key = "resource.customizations.ignoreResourceUpdates.ConfigMap"
        await customize(world, **{key: "jsonPointers: [/data/level]"})
        annotations = {Annotation.IGNORE_RESOURCE_UPDATES.value: said}
        world.push(config_map(data={"level": "info"}, annotations=annotations))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "debug"}})
            await world.settle(controller, 1)
            assert (await settings_of(world))["level"] == ("info" if seen_at_once else "debug")


async def test_a_rule_for_config_maps_does_not_hide_the_settings() -> None:
    async with stage() as world:
        rule = {"resource.customizations.ignoreResourceUpdates.ConfigMap": "jsonPointers: [/data]"}
        script = {"resource.customizations.health.apps_Deployment": 'return {status = "Suspended", message = "asleep"}'}
        await customize(world, **rule)
        world.push(deployment())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert (await health(world))[0] != "Suspended"
            await customize(world, **rule, **script)
            await world.settle(controller, 1)
            assert (await health(world))[0] == "Suspended"


async def settings_of(world: Stage) -> Any:
    live = await world.get(CONFIG_MAP, "settings")
    assert live is not None
    return live["data"]


async def test_an_ignored_update_that_changes_the_health_is_seen() -> None:
    async with stage() as world:
        await customize(world, **{"resource.customizations.ignoreResourceUpdates.all": "jsonPointers: [/status]"})
        world.push(deployment())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
            status = {**counts, "observedGeneration": live["metadata"]["generation"]}
            await world.patch(DEPLOYMENT, "web", {"status": status}, subresource="status")
            await world.settle(controller, 1)
            assert (await health(world))[0] == "Healthy"
