"""Freezes, approvals, the deletion guard and the order between applications, in front of the syncs of a controller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.model.application import Application
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, APPROVAL, CONFIG_MAP, FREEZE, SYNC_RECORD
from holdfast.testing.builders import application_object, config_map, deployment, obj, project_object, resource
from tests.unit.controllers.application.harness import Stage, stage

OWN = "holdfast.dev/v1alpha1"
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
MANUAL = {"syncOptions": ["CreateNamespace=true"]}


async def create(world: Stage, name: str = "web", annotations: dict[str, str] | None = None, **options: Any) -> None:
    app = application_object(name, **{"policy": AUTOMATED, **options})
    app["metadata"]["annotations"] = annotations or {}
    await world.cluster.create(APPLICATION, app, field_manager="person")


async def freeze(world: Stage, name: str = "flood", **spec: Any) -> None:
    body = obj(OWN, "Freeze", name, namespace="argocd", spec={"reason": "the river is in the cellar", **spec})
    await world.cluster.create(FREEZE, body, field_manager="person")


async def approve(world: Stage, revision: str, user: str, *groups: str, app: str = "web") -> None:
    spec = {"application": app, "revision": revision, "user": user, "groups": list(groups)}
    body = obj(OWN, "Approval", f"{app}-{revision[:8]}-{user.partition('@')[0]}", namespace="argocd", spec=spec)
    await world.cluster.create(APPROVAL, body, field_manager="person")


async def sync(world: Stage, name: str = "web", *, info: list[dict[str, str]] | None = None, **fields: Any) -> None:
    operation = {"sync": fields, "initiatedBy": {"username": "ann"}, "info": info or []}
    await world.patch_application({"operation": operation}, name)


def conditions(app: Application) -> dict[str, str]:
    return {one.type: one.message for one in app.status.conditions}


def operation(app: Application) -> tuple[str, str]:
    state = app.status.operation_state
    return (state.phase, state.message) if state is not None else ("", "")


def deployed(app: Application) -> list[str]:
    return [entry.revision for entry in app.status.history]


async def test_a_freeze_stops_automated_syncs_and_says_so_and_its_end_lets_them_go_on() -> None:
    async with stage() as world:
        first = world.push(config_map())
        await create(world)
        async with world.controller() as controller:
            await freeze(world, until="2026-01-01T02:00:00Z")
            second = world.push(config_map(data={"level": "debug"}))
            await world.settle(controller, 300)
            app = await world.application()
            assert deployed(app) == [first]
            told = conditions(app)["SyncFrozen"]
            assert told.startswith("frozen: flood stops all applications until 2026-01-01T02:00:00Z: the river is in")
            assert "holdfast unfreeze flood" in told
            await world.settle(controller, 2 * 3600)
            app = await world.application()
            assert (deployed(app), conditions(app)) == ([first, second], {})


async def test_a_frozen_application_refuses_a_person_unless_they_break_the_freeze() -> None:
    async with stage() as world:
        revision = world.push(config_map())
        await create(world, policy=MANUAL)
        await freeze(world, application="web")
        async with world.controller() as controller:
            assert "SyncFrozen" in conditions(await world.application())
            await sync(world)
            await world.settle(controller, 5)
            phase, message = operation(await world.application())
            assert phase == "Failed"
            assert "frozen: flood stops application web" in message
            await sync(world, info=[{"name": "holdfast.dev/break-freeze", "value": "customers are cut off"}])
            await world.settle(controller, 5)
            app = await world.application()
            assert (operation(app)[0], deployed(app)) == ("Succeeded", [revision])
            assert (await newest_record(world))["notes"] == ["a freeze was broken: customers are cut off"]


async def test_a_freeze_of_another_project_or_application_stops_nobody_else() -> None:
    async with stage() as world:
        revision = world.push(config_map())
        await create(world)
        await freeze(world, "other-project", project="bank")
        await freeze(world, "other-application", application="argocd/pay")
        async with world.controller():
            assert deployed(await world.application()) == [revision]


async def test_drift_is_healed_in_a_freeze_that_allows_it() -> None:
    async with stage() as world:
        world.push(config_map())
        await create(world)
        async with world.controller() as controller:
            await freeze(world, allowSelfHeal=False)
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "debug"}})
            await world.settle(controller, 30)
            assert await level(world) == "debug"
            await world.patch(FREEZE, "flood", {"spec": {"allowSelfHeal": True}}, "argocd")
            await world.settle(controller, 5)
            assert await level(world) == "info"


async def level(world: Stage) -> str:
    live = await world.get(CONFIG_MAP, "settings")
    return str((live or {})["data"]["level"])


async def test_a_new_revision_waits_until_enough_people_of_the_groups_have_approved_it() -> None:
    async with stage() as world:
        first = world.push(config_map())
        await create(world)
        async with world.controller() as controller:
            wanted = {"holdfast.dev/approvals": "2", "holdfast.dev/approvers": "leads,sre"}
            await world.patch_application({"metadata": {"annotations": wanted}})
            second = world.push(config_map(data={"level": "debug"}))
            await world.settle(controller, 300)
            assert (
                f"holdfast app approve argocd/web --revision {second}"
                in conditions(await world.application())["ApprovalRequired"]
            )
            await approve(world, second, "bea", "leads")
            await approve(world, second, "tom", "interns")
            await approve(world, first, "cid", "sre")
            await world.settle(controller, 5)
            app = await world.application()
            assert deployed(app) == [first]
            assert "asks for 2, given are 1 (bea)" in conditions(app)["ApprovalRequired"]
            await approve(world, second, "cid", "sre")
            await world.settle(controller, 5)
            app = await world.application()
            assert (deployed(app), conditions(app)) == ([first, second], {})
            who = [(one["user"], one["groups"]) for one in (await newest_record(world))["approvals"]]
            assert who == [("bea", ["leads"]), ("cid", ["sre"])]


async def newest_record(world: Stage) -> dict[str, Any]:
    records = [one.decode() for one in (await world.cluster.list(SYNC_RECORD, namespace="argocd")).items]
    spec: dict[str, Any] = max(records, key=lambda one: one["spec"]["startedAt"])["spec"]
    return spec


async def test_drift_and_rollbacks_need_no_approval() -> None:
    async with stage() as world:
        first = world.push(config_map())
        await create(world)
        async with world.controller() as controller:
            second = world.push(config_map(data={"level": "debug"}))
            await world.settle(controller, 200)
            await world.patch_application({"metadata": {"annotations": {"holdfast.dev/approvals": "1"}}})
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "loud"}})
            await world.settle(controller, 5)
            assert await level(world) == "debug"
            await world.patch_application({"spec": {"syncPolicy": {"automated": None}}})
            await sync(world, revision=first)
            await world.settle(controller, 5)
            assert deployed(await world.application()) == [first, second, first]


async def test_who_starts_a_sync_cannot_approve_it_and_the_operation_waits_for_somebody_else() -> None:
    async with stage() as world:
        revision = world.push(config_map())
        await create(world, policy=MANUAL, annotations={"holdfast.dev/approvals": "1"})
        async with world.controller() as controller:
            await sync(world)
            await approve(world, revision, "ann")
            await world.settle(controller, 5)
            phase, message = operation(await world.application())
            assert phase == "Running"
            assert message.startswith(f"Sync operation waits: revision {revision[:12]} waits for approval")
            await approve(world, revision, "bea")
            await world.settle(controller, 5)
            assert operation(await world.application())[0] == "Succeeded"


async def test_who_wrote_the_commit_cannot_approve_it_unless_that_is_wanted() -> None:
    async with stage() as world:
        revision = world.push(config_map())
        world.repositories.authors[revision] = "Bea@example.com"
        await create(world, annotations={"holdfast.dev/approvals": "1"})
        async with world.controller() as controller:
            await approve(world, revision, "bea@example.com")
            await world.settle(controller, 5)
            assert "given are 0" in conditions(await world.application())["ApprovalRequired"]
            wanted = {"holdfast.dev/self-approval": "true"}
            await world.patch_application({"metadata": {"annotations": wanted}})
            await world.settle(controller, 5)
            assert deployed(await world.application()) == [revision]


async def test_an_approval_that_somebody_edited_does_not_count() -> None:
    async with stage() as world:
        revision = world.push(config_map())
        await create(world, annotations={"holdfast.dev/approvals": "1"})
        async with world.controller() as controller:
            await approve(world, "0" * 40, "bea")
            await world.patch(APPROVAL, "web-00000000-bea", {"spec": {"revision": revision}}, "argocd")
            await world.settle(controller, 5)
            assert deployed(await world.application()) == []


async def test_the_project_asks_for_approvals_and_the_application_cannot_take_that_back() -> None:
    async with stage() as world:
        project = project_object()
        project["metadata"]["annotations"] = {"holdfast.dev/approvals": "1", "holdfast.dev/approvers": "sre"}
        await world.put(project, APP_PROJECT)
        revision = world.push(config_map())
        await create(world, annotations={"holdfast.dev/approvals": "0", "holdfast.dev/self-approval": "true"})
        async with world.controller() as controller:
            assert "project default asks for 1" in conditions(await world.application())["ApprovalRequired"]
            await approve(world, revision, "bea", "sre")
            await world.settle(controller, 5)
            assert deployed(await world.application()) == [revision]


async def test_a_sync_that_deletes_too_much_waits_for_a_person_and_a_restart_writes_nothing() -> None:
    async with stage() as world:
        many = [config_map(f"settings-{number}") for number in range(8)]
        world.push(*many)
        await create(world)
        async with world.controller():
            pass
        world.push(many[0], config_map("new"))
        async with world.controller() as controller:
            await world.settle(controller, 5)
            phase, message = operation(await world.application())
            assert phase == "Running"
            assert "it would delete 7 of 8 objects (7 ConfigMap): holdfast.guard.maxDeletionsPercent is 50" in message
            assert message.endswith("a person types `holdfast app confirm-deletion argocd/web`")
            assert await world.get(CONFIG_MAP, "new") is not None
            assert await world.get(CONFIG_MAP, "settings-7") is not None
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 60)
            assert world.transport.writes == []
            approved = {Annotation.DELETION_APPROVED.value: "2026-01-01T09:00:00Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await world.settle(controller, 5)
            assert operation(await world.application())[0] == "Succeeded"
            assert await world.get(CONFIG_MAP, "settings-7") is None


async def test_giving_up_on_a_guarded_sync_does_not_make_the_next_one_look_harmless() -> None:
    async with stage() as world:
        world.push(*(config_map(f"settings-{number}") for number in range(6)))
        await create(world)
        async with world.controller() as controller:
            world.push(*(config_map(f"other-{number}") for number in range(12)))
            await world.settle(controller, 200)
            assert "it would delete 6 of 6 objects" in operation(await world.application())[1]
            world.push(*(config_map(f"other-{number}") for number in range(13)))
            await world.settle(controller, 400)
            assert await world.get(CONFIG_MAP, "other-12") is not None
            assert "it would delete 6 of 6 objects" in operation(await world.application())[1]
            assert await world.get(CONFIG_MAP, "settings-0") is not None


@pytest.mark.parametrize("guarded", [True, False])
async def test_what_holds_data_is_made_anew_only_when_somebody_confirms_it(guarded: bool) -> None:
    def database(version: str) -> KubeObject:
        annotations = {"argocd.argoproj.io/sync-options": "Replace=true,Force=true"}
        made: KubeObject = {
            **deployment("db"),
            "kind": "StatefulSet",
            "metadata": {"name": "db", "annotations": annotations},
        }
        return {**made, "spec": {**made["spec"], "serviceName": "db", "minReadySeconds": int(version)}}

    kind = resource("apps/v1", "StatefulSet")
    async with stage() as world:
        world.push(database("1"))
        await create(world, annotations={"holdfast.guard.enabled": str(guarded).lower()})
        async with world.controller() as controller:
            assert await world.get(kind, "db") is not None
            world.push(database("2"), config_map())
            await world.settle(controller, 130)
            live = await world.get(kind, "db")
            assert live is not None
            assert live["spec"]["minReadySeconds"] == (1 if guarded else 2)
            if not guarded:
                return
            phase, message = operation(await world.application())
            assert phase == "Running"
            assert "it would delete StatefulSet db and make them anew, as Force says" in message
            approved = {Annotation.DELETION_APPROVED.value: "2026-01-01T09:00:00Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await world.settle(controller, 5)
            live = await world.get(kind, "db")
            assert live is not None
            assert live["spec"]["minReadySeconds"] == 2


async def test_the_time_limit_does_not_run_while_a_person_is_waited_for() -> None:
    async with stage() as world:
        limit = obj("v1", "ConfigMap", "argocd-cmd-params-cm", namespace="argocd")
        await world.put({**limit, "data": {"controller.sync.timeout.seconds": "60"}}, CONFIG_MAP)
        world.push(*(config_map(f"settings-{number}") for number in range(8)))
        await create(world)
        async with world.controller() as controller:
            world.push(config_map("settings-0"))
            await world.settle(controller, 600)
            assert operation(await world.application())[0] == "Running"
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 600)
            approved = {Annotation.DELETION_APPROVED.value: "2026-01-01T09:00:00Z"}
            await world.patch_application({"metadata": {"annotations": approved}})
            await world.settle(controller, 5)
            assert operation(await world.application())[0] == "Succeeded"


async def test_the_guard_is_switched_off_by_an_annotation() -> None:
    async with stage() as world:
        world.push(*(config_map(f"settings-{number}") for number in range(8)))
        await create(world, annotations={"holdfast.guard.enabled": "false"})
        async with world.controller() as controller:
            world.push(config_map("settings-0"))
            await world.settle(controller, 200)
            assert await world.get(CONFIG_MAP, "settings-7") is None


async def test_an_application_waits_for_those_that_it_depends_on() -> None:
    url = "https://git.example.com/db.git"
    source = {"repoURL": url, "path": "app", "targetRevision": "main"}
    async with stage() as world:
        revision = world.push(config_map())
        world.repositories.commit(url, {"app/db.json": json.dumps(deployment("db"))})
        await create(world, annotations={"holdfast.dev/depends-on": "db"})
        async with world.controller() as controller:
            told = conditions(await world.application())["DependencyWaiting"]
            assert told.startswith("it depends on db, which does not exist")
            await create(world, "db", source=source)
            await world.settle(controller, 5)
            assert "which is Progressing" in conditions(await world.application())["DependencyWaiting"]
            world.repositories.commit(url, {"app/db.json": json.dumps(config_map("db"))})
            await world.settle(controller, 200)
            app = await world.application()
            assert (deployed(app), conditions(app)) == ([revision], {})


async def test_two_applications_of_one_branch_go_in_order_at_each_commit() -> None:
    async with stage() as world:
        policy = {"syncOptions": ["CreateNamespace=true"]}
        world.push(config_map("db"), folder="db")
        files = {"web/a.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}'}
        world.push(config_map("db"), folder="db", **files)
        await create(world, "db", path="db", policy=policy)
        await create(world, path="web", annotations={"holdfast.dev/depends-on": "db"})
        async with world.controller() as controller:
            assert "it depends on db, which is OutOfSync" in conditions(await world.application())["DependencyWaiting"]
            await sync(world, "db")
            await world.settle(controller, 5)
            assert len(deployed(await world.application())) == 1


async def test_a_circle_is_shown_to_each_member_and_refuses_syncs() -> None:
    async with stage() as world:
        world.push(config_map())
        for name, before in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
            await create(world, name, destination=name, policy=MANUAL, annotations={"holdfast.dev/depends-on": before})
        async with world.controller() as controller:
            for name, circle in (("a", "a -> b -> c -> a"), ("c", "c -> a -> b -> c")):
                assert circle in conditions(await world.application(name))["InvalidSpecError"]
            assert "InvalidSpecError" not in conditions(await world.application("d"))
            await sync(world, "a")
            await world.settle(controller, 5)
            assert operation(await world.application("a"))[0] == "Failed"
            await world.patch_application({"metadata": {"annotations": {"holdfast.dev/depends-on": None}}}, "b")
            await world.settle(controller, 5)
            for name in "abc":
                assert "InvalidSpecError" not in conditions(await world.application(name))


async def test_a_second_look_at_what_waits_writes_nothing() -> None:
    async with stage() as world:
        world.push(config_map())
        await freeze(world, application="frozen")
        await create(world, "frozen", destination="one")
        await create(world, "late", destination="two", annotations={"holdfast.dev/depends-on": "frozen"})
        await create(world, "new", destination="three", annotations={"holdfast.dev/approvals": "1"}, policy=MANUAL)
        await sync(world, "new")
        async with world.controller():
            assert operation(await world.application("new"))[0] == "Running"
            assert "DependencyWaiting" in conditions(await world.application("late"))
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 400)
            assert world.transport.writes == []
