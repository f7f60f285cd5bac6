"""How argocd-cm teaches Holdfast kinds that it does not know, and changes what it knows."""

from __future__ import annotations

import pytest

from holdfast.assembly.live_actions import LiveActions, Wanted
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import data_of, synced
from tests.unit.controllers.application.harness import DEPLOYMENT, JOB


@pytest.mark.feature("custom-health")
async def test_a_script_judges_and_a_wave_waits_for_it(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    later = config_map("later", data={"phase": "ready"}, annotations={Annotation.SYNC_WAVE.value: "1"})
    house.push(config_map("first", data={"phase": "starting"}), later)
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        app = await house.until_app(lambda app: app.status.health.status == "Progressing", "the script has judged")
        reports = [one.health.message for one in app.status.resources if one.name == "first" and one.health]
        assert reports == ["Waiting for the phase to be ready"]
        assert await house.get(CONFIG_MAP, "later") is None
        await house.patch(CONFIG_MAP, "first", {"data": {"phase": "ready"}})
        await house.until_app(lambda app: app.status.health.status == "Healthy", "the script is content")

        async def is_there() -> bool:
            return await house.get(CONFIG_MAP, "later") is not None

        await house.until(is_there, "the second wave")


@pytest.mark.feature("custom-health")
async def test_a_script_goes_before_the_built_in_check_and_its_failure_is_told(house: House, page: Page) -> None:
    settings = page.yaml("settings")
    settings["data"] = {"resource.customizations.health.apps_Deployment": "error('out of order')"}
    house.push(deployment("front"))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
        await house.create(settings)
        app = await house.until_app(lambda app: app.status.health.status == "Unknown", "the script has failed")
        [report] = [one.health for one in app.status.resources if one.health is not None]
        assert "out of order" in report.message
        assert await house.get(DEPLOYMENT, "front") is not None


def acting_on(house: House) -> LiveActions:
    return LiveActions(house.cluster, house.scripts, house.clock, user="bea", field_manager="holdfast-cli")


@pytest.mark.feature("resource-actions")
async def test_an_action_of_argocd_cm_changes_the_live_object_and_is_told(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    house.push(config_map("front", data={"paused": "false"}))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        app = await house.until_settled()
        acting = acting_on(house)
        [front] = await acting.objects(app, Wanted(kind="ConfigMap"))
        assert [(one.name, one.disabled) for one in await acting.offered(app, front)] == [("pause", False)]
        [done] = await acting.run(app, front, "pause", {})
        assert done.changed
        assert await data_of(house, CONFIG_MAP, "front") == {"paused": "true"}
        message = (
            f"bea ran action pause on ConfigMap {house.namespace}/front: changed ConfigMap {house.namespace}/front"
        )
        assert ("ResourceActionRan", message) in await house.events(house.app)
        [paused] = await acting.objects(app, Wanted(kind="ConfigMap"))
        with pytest.raises(Blocked, match="'pause' is disabled in the object's present state"):
            await acting.run(app, paused, "pause", {})


@pytest.mark.feature("resource-actions")
async def test_built_in_actions_patch_and_create_live_objects(house: House, page: Page) -> None:
    assert "app actions run" in page.text
    house.push(deployment("front", replicas=1), cron_job())
    await house.create_application(house.app)
    async with house.controller():
        await synced(house)
        app, acting = await house.application(house.app), acting_on(house)
        [front] = await acting.objects(app, Wanted(kind="Deployment"))
        await acting.run(app, front, "scale", {"replicas": "2"})
        await house.patch(DEPLOYMENT, "front", {"spec": {"minReadySeconds": 7}})
        await acting.run(app, front, "scale", {"replicas": "3"})
        live = await house.get(DEPLOYMENT, "front")
        assert live is not None
        assert (live["spec"]["replicas"], live["spec"]["minReadySeconds"]) == (3, 7)
        [nightly] = await acting.objects(app, Wanted(kind="CronJob", name="nightly"))
        [done] = await acting.run(app, nightly, "create-job", {})
        made = await house.get(JOB, done.key.name)
        assert made is not None
        assert made["metadata"]["ownerReferences"][0]["name"] == "nightly"


@pytest.mark.feature("resource-actions")
async def test_actions_keep_to_what_the_application_owns(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    house.push(config_map("front", data={"paused": "false"}))
    await house.create_application(house.app)
    async with house.controller():
        await synced(house)
        app, acting = await house.application(house.app), acting_on(house)
        foreign = config_map("foreign", namespace=house.namespace, data={"paused": "false"})
        taken = f"{house.fit('db')}:/ConfigMap:{house.namespace}/front"
        await house.put(foreign, CONFIG_MAP)
        with pytest.raises(Blocked, match=r"owns no live object of kind 'ConfigMap', namespace .*, name 'foreign'"):
            await acting.objects(app, Wanted(kind="ConfigMap", namespace=house.namespace, name="foreign"))
        await house.patch(CONFIG_MAP, "front", {"metadata": {"annotations": {Annotation.TRACKING_ID.value: taken}}})
        with pytest.raises(Blocked, match="owns no live object of kind 'ConfigMap'; `holdfast app get"):
            await acting.objects(app, Wanted(kind="ConfigMap"))


def cron_job() -> KubeObject:
    pod = {"restartPolicy": "Never", "containers": [{"name": "report", "image": "example.com/report:1"}]}
    spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": spec}
