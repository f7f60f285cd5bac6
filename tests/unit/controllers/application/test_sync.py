"""What the application controller makes of a cluster, through the sandbox's API."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.errors import Blocked, Transient
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject, annotations_of, uid_of
from holdfast.model.names import Annotation
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.testing.builders import config_map, deployment, job, obj
from holdfast.testing.simulated_manifests import with_image
from tests.unit.controllers.application.harness import DEPLOYMENT, JOB, Stage, namespace, stage

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}


async def conditions(world: Stage, name: str = "web") -> list[tuple[str, str]]:
    return [(one.type, one.message) for one in (await world.application(name)).status.conditions]


async def phase(world: Stage) -> tuple[str, str]:
    state = (await world.application()).status.operation_state
    return (state.phase, state.message) if state is not None else ("", "")


async def finish(world: Stage, name: str, *, failed: bool = False) -> None:
    """The Job ends."""
    condition = {"type": "Failed" if failed else "Complete", "status": "True", "message": "it ended"}
    await world.patch(JOB, name, {"status": {"conditions": [condition]}}, subresource="status")


async def test_a_first_sync_brings_everything_to_the_cluster() -> None:
    async with stage() as world:
        commit = world.push(config_map(), deployment())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            pass
        live = await world.get(DEPLOYMENT, "web")
        assert live is not None
        assert annotations_of(live)[Annotation.TRACKING_ID] == "web:apps/Deployment:shop/web"
        status = (await world.application()).status
        assert (status.sync.status, status.sync.revision, status.source_type) == ("Synced", commit, "Directory")
        assert [(one.kind, one.status) for one in status.resources] == [
            ("ConfigMap", "Synced"),
            ("Deployment", "Synced"),
        ]
        assert [entry.revision for entry in status.history] == [commit]
        assert status.summary.images == ("web:1",)
        assert status.operation_state is not None
        assert status.operation_state.phase == "Succeeded"
        assert status.operation_state.sync_result is not None
        messages = [result.message for result in status.operation_state.sync_result.resources]
        assert messages == [
            "namespace/shop serverside-applied",
            "configmap/settings serverside-applied",
            "deployment.apps/web serverside-applied",
        ]
        reasons = {reason for reason, _ in await world.events()}
        assert reasons == {"OperationStarted", "OperationCompleted", "ResourceUpdated"}


async def test_a_second_look_writes_nothing() -> None:
    async with stage() as world:
        world.push(config_map(), deployment())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            before = list(world.transport.writes)
            for app in controller._applications():
                controller.refresh(app)
            await world.settle(controller, 1000)
            assert world.transport.writes == before
            assert world.repositories.resolved > 8
            # A poll that brings nothing new wakes nobody.
            assert controller.loop.counters.again < 8
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 1000)
        assert world.transport.writes == []


async def test_drift_is_undone_by_the_event_not_by_the_poll() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.clock.sleep(2)
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 2
            await world.cluster.delete(DEPLOYMENT, "shop", "web")
            await world.clock.sleep(8)
            assert await world.get(DEPLOYMENT, "web") is not None
            await world.settle(controller)
            assert len((await world.application()).status.history) == 1


async def test_without_self_heal_drift_is_only_told() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        await world.create_application(policy={**AUTOMATED, "automated": {}})
        async with world.controller() as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 300)
            assert (await world.application()).status.sync.status == "OutOfSync"
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 7


async def test_a_commit_reaches_the_cluster_within_the_poll_or_at_once_by_a_refresh() -> None:
    async with stage() as world:
        world.push(config_map(data={"level": "one"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map(data={"level": "two"}))
            await world.settle(controller, 121)
            assert (await data(world)) == {"level": "two"}
            world.push(config_map(data={"level": "three"}))
            await world.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "normal"}}})
            await world.settle(controller, 1)
            assert (await data(world)) == {"level": "three"}
            assert Annotation.REFRESH not in (await world.application()).metadata.annotations


async def data(world: Stage, name: str = "settings") -> object:
    live = await world.get(CONFIG_MAP, name)
    return live["data"] if live is not None else None


async def test_what_is_removed_from_git_is_pruned() -> None:
    async with stage() as world:
        world.push(config_map(), config_map("old"))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert await data(world, "old") is not None
            world.push(config_map())
            await world.settle(controller, 121)
            assert await data(world, "old") is None
            assert (await world.application()).status.sync.status == "Synced"


async def test_nothing_is_pruned_that_another_application_or_nobody_owns() -> None:
    async with stage() as world:
        await namespace(world)
        await world.put(config_map("stranger", namespace="shop"), CONFIG_MAP)
        copied = {Annotation.TRACKING_ID.value: "web:/ConfigMap:shop/settings"}
        await world.put(config_map("copy", namespace="shop", annotations=copied), CONFIG_MAP)
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            assert await data(world, "stranger") is not None
            assert await data(world, "copy") is not None


async def test_an_empty_source_deletes_nothing() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(**{"app/empty.yaml": "# nothing\n"})
            await world.settle(controller, 121)
            assert await data(world) is not None
            [(kind, message)] = await conditions(world)
            assert kind == "SyncError"
            assert "auto-sync will wipe out all resources" in message


async def test_a_manual_operation_is_carried_out_and_taken_away() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map(), config_map("old"))
        await world.create_application()
        async with world.controller() as controller:
            assert await data(world) is None
            assert (await world.application()).status.sync.status == "OutOfSync"
            await world.patch_application({"operation": {"sync": {}, "initiatedBy": {"username": "ann"}}})
            await world.settle(controller, 1)
            assert await data(world) is not None
            commit = world.push(config_map())
            await world.patch_application({"operation": {"sync": {"revision": commit}}})
            await world.settle(controller, 1)
            app = await world.application()
            assert app.operation is None
            assert [entry.initiated_by.username for entry in app.status.history] == ["ann", ""]
            assert app.status.operation_state is not None
            assert app.status.operation_state.sync_result is not None
            kept = [one for one in app.status.operation_state.sync_result.resources if one.name == "old"]
            assert [(one.status, one.message) for one in kept] == [("PruneSkipped", "ignored (requires pruning)")]
            await world.patch_application({"operation": {"sync": {"revision": commit, "prune": True}}})
            await world.settle(controller, 1)
            assert await data(world, "old") is None
        assert ("OperationStarted", f"Initiated ann sync to {app.status.history[0].revision}") in await world.events()


async def test_a_dry_run_tells_and_writes_nothing() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map())
        await world.create_application()
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": {"dryRun": True}}})
            await world.settle(controller, 1)
            assert await phase(world) == ("Succeeded", "successfully synced (dry run)")
            assert await data(world) is None
            assert (await world.application()).status.history == ()


async def test_a_sync_of_one_resource_leaves_the_others() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map("a"), config_map("b"))
        await world.create_application()
        async with world.controller() as controller:
            one = {"group": "", "kind": "ConfigMap", "name": "b"}
            await world.patch_application({"operation": {"sync": {"resources": [one]}}})
            await world.settle(controller, 1)
            assert await data(world, "a") is None
            assert await data(world, "b") is not None
            assert (await world.application()).status.history == ()


REQUESTS = [
    ({"manifests": ["{}"]}, "local manifests is not supported"),
    ({"revision": "nowhere"}, "has no revision nowhere"),
    ({"revisions": ["a", "b"]}, "has one source"),
]


@pytest.mark.parametrize(("sync", "message"), REQUESTS)
async def test_a_request_that_cannot_be_met_ends_with_the_reason(sync: dict[str, object], message: str) -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application()
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": sync, "retry": {"limit": 5}}})
            await world.settle(controller, 1)
            ended, text = await phase(world)
            assert ended == "Error"
            assert message in text


async def test_a_broken_render_keeps_what_runs_and_names_file_and_line() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        await world.create_application("other", path="other", policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(
                config_map("second"),
                folder="other",
                **{"app/bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n"},
            )
            await world.settle(controller, 121)
            assert await data(world) is not None
            app = await world.application()
            assert (app.status.sync.status, app.status.health.status) == ("Unknown", "Healthy")
            [(kind, message)] = await conditions(world)
            assert kind == "ComparisonError"
            assert "bad.yaml" in message
            assert ":3" in message or ":4" in message or "line" in message
            assert await data(world, "second") is not None
            world.push(config_map(data={"level": "mended"}))
            await world.settle(controller, 121)
            assert await conditions(world) == []
            assert await data(world) == {"level": "mended"}


async def test_a_forbidden_destination_is_told_and_not_touched() -> None:
    async with stage() as world:
        project = {"spec": {"destinations": [{"server": "*", "namespace": "allowed"}]}}
        await world.patch(APP_PROJECT, "default", project, "argocd")
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            [(kind, message)] = await conditions(world)
            assert kind == "InvalidSpecError"
            assert "shop" in message
            assert await world.get(NAMESPACE, "shop") is None
            everywhere = {"spec": {"destinations": [{"server": "*", "namespace": "*"}]}}
            await world.patch(APP_PROJECT, "default", everywhere, "argocd")
            await world.settle(controller, 1)
            assert await conditions(world) == []
            assert await data(world) is not None


SPECS: list[tuple[dict[str, Any], str]] = [
    ({"destination": {"server": "https://other.example.com", "namespace": "shop"}}, "other.example.com"),
    ({"destination": {"server": "https://a", "name": "b", "namespace": "shop"}}, "can't have both"),
    ({"project": "missing"}, "project missing which does not exist"),
    ({"source": {"repoURL": "https://git.example.com/team/web.git"}}, "source.path is missing"),
    ({"sources": [{"repoURL": "https://a", "ref": "a b"}], "source": None}, "ref 'a b' may hold"),
]


@pytest.mark.parametrize(("spec", "message"), SPECS)
async def test_an_impossible_spec_is_told(spec: dict[str, Any], message: str) -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED, **spec)
        async with world.controller():
            [(kind, text)] = await conditions(world)
            assert kind == "InvalidSpecError"
            assert message in text


async def test_a_kind_that_the_cluster_lacks_is_told_and_nothing_is_applied_until_it_is_there() -> None:
    crd = widget_definition()
    async with stage() as world:
        world.push(config_map(), obj("example.com/v1", "Widget", "w"))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            [(kind, message)] = await conditions(world)
            assert kind == "SyncError"
            assert 'could not find version "v1" of example.com/Widget' in message
            assert await data(world) is None
            await world.put(crd, CUSTOM_RESOURCE_DEFINITION)
            await world.settle(controller, 5)
            assert await conditions(world) == []
            assert (await world.application()).status.sync.status == "Synced"
            assert await data(world) is not None


async def test_a_kind_may_come_with_the_application_itself() -> None:
    async with stage() as world:
        world.push(widget_definition(), obj("example.com/v1", "Widget", "w"))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, 20)
            assert await phase(world) == ("Succeeded", "successfully synced (all tasks run)")
            assert (await world.application()).status.sync.status == "Synced"


def widget_definition() -> KubeObject:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return obj(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "widgets.example.com",
        spec={
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    )


async def test_an_object_that_the_server_refuses_is_told_and_nothing_is_applied() -> None:
    async with stage() as world:
        await namespace(world)
        broken = deployment("broken")
        broken["spec"]["replicas"] = "many"
        world.push(config_map(), broken)
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            [(kind, message)] = await conditions(world)
            assert kind == "SyncError"
            assert "Deployment shop/broken" in message
            assert await data(world) is None
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 1)
            ended, text = await phase(world)
            assert ended == "Failed"
            assert "not valid" in text


async def test_waves_wait_for_health() -> None:
    first = {Annotation.SYNC_WAVE.value: "-1"}
    async with stage() as world:
        world.push(job(annotations=first), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, 60)
            assert await phase(world) == ("Running", "waiting for healthy state of batch/Job/migrate")
            assert await data(world) is None
            await finish(world, "migrate")
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"
            assert await data(world) is not None


async def test_hooks_run_around_the_sync() -> None:
    before = job(
        "before", annotations={Annotation.HOOK.value: "PreSync", Annotation.HOOK_DELETE_POLICY.value: "HookSucceeded"}
    )
    after = {**job("x", annotations={Annotation.HOOK.value: "PostSync"})}
    after["metadata"] = {"generateName": "after-", "annotations": after["metadata"]["annotations"]}
    async with stage() as world:
        commit = world.push(before, config_map(), after)
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            assert await phase(world) == ("Running", "waiting for completion of hook batch/Job/before")
            assert await data(world) is None
            await finish(world, "before")
            await world.settle(controller, 1)
            assert await world.get(JOB, "before") is None
            name = f"after-{commit[:7]}-postsync-{int(world.clock.now().timestamp()) // 10 * 10}"
            [found] = (await world.cluster.list(JOB, namespace="shop")).items
            assert found.metadata.name.startswith(name[:20])
            await finish(world, found.metadata.name)
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"
            status = (await world.application()).status
            assert status.sync.status == "Synced"
            assert status.operation_state is not None
            assert status.operation_state.sync_result is not None
            hooks = [
                (one.hook_type, one.hook_phase) for one in status.operation_state.sync_result.resources if one.hook_type
            ]
            assert hooks == [("PreSync", "Succeeded"), ("PostSync", "Succeeded")]


async def test_a_failed_hook_fails_the_sync_and_nothing_is_deployed() -> None:
    async with stage() as world:
        world.push(job(annotations={Annotation.HOOK.value: "PreSync"}), config_map())
        await world.create_application(policy={**AUTOMATED, "retry": {"limit": 0}})
        async with world.controller() as controller:
            await finish(world, "migrate", failed=True)
            await world.settle(controller, 1)
            ended, message = await phase(world)
            assert ended == "Failed"
            assert "it ended" in message
            assert await data(world) is None
            await world.settle(controller, 600)
            assert [kind for kind, _ in await conditions(world)] == ["SyncError"]


async def test_a_hook_that_stays_is_made_anew_when_its_template_has_changed() -> None:
    hook = job(annotations={Annotation.HOOK.value: "PreSync", Annotation.HOOK_DELETE_POLICY.value: "HookFailed"})
    async with stage() as world:
        world.push(hook, config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await finish(world, "migrate")
            await world.settle(controller, 1)
            first = await world.get(JOB, "migrate")
            assert first is not None
            world.push(with_image(hook, "migrate:2"), config_map(data={"level": "debug"}))
            await world.settle(controller, 200)
            second = await world.get(JOB, "migrate")
            assert second is not None
            assert uid_of(second) != uid_of(first)
            await finish(world, "migrate")
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"


async def test_a_failed_sync_is_tried_again_after_a_pause() -> None:
    async with stage() as world:
        world.push(job(annotations={Annotation.HOOK.value: "PreSync"}), config_map())
        await world.create_application(policy={**AUTOMATED, "retry": {"limit": 1}})
        async with world.controller() as controller:
            await finish(world, "migrate", failed=True)
            await world.settle(controller, 2)
            assert "Retrying attempt #1" in (await phase(world))[1]
            await world.settle(controller, 5)
            assert await phase(world) == ("Running", "waiting for completion of hook batch/Job/migrate")
            await finish(world, "migrate")
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"


async def test_a_running_sync_can_be_terminated() -> None:
    async with stage() as world:
        world.push(job(annotations={Annotation.HOOK.value: "PreSync"}), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.patch_application({"status": {"operationState": {"phase": "Terminating"}}})
            await world.settle(controller, 1)
            assert await phase(world) == ("Failed", "Operation terminated")
            assert await world.get(JOB, "migrate") is None


async def test_an_unreachable_repository_is_told_while_drift_is_still_healed() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.repositories.trouble = Transient("RepositoryUnreachable", "git.example.com does not answer")
            await world.settle(controller, 121)
            assert await conditions(world) == [("ComparisonError", "git.example.com does not answer")]
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
            await world.settle(controller, 1)
            assert await data(world) == {"level": "info"}
            world.repositories.trouble = None
            await world.settle(controller, 121)
            assert await conditions(world) == []


async def test_a_render_that_fails_is_not_tried_at_every_event() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            tried: list[str] = []

            class Failing:
                async def render(self, request: RenderRequest) -> RenderResult:
                    tried.append(request.location.commit)
                    await world.clock.sleep(60)
                    raise Blocked("RenderTimeout", "app/loop.yaml: not done within 60 s")

                async def close(self) -> None:
                    pass

            controller.world.renderer = Failing()
            for number in range(5):
                await world.patch(CONFIG_MAP, "settings", {"data": {"level": str(number)}})
                await world.settle(controller, 10)
            assert await conditions(world) == [("ComparisonError", "app/loop.yaml: not done within 60 s")]
            assert len(tried) == 1
            await world.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "hard"}}})
            await world.settle(controller, 70)
            assert len(tried) == 2


async def test_the_poll_interval_of_the_settings_map_counts() -> None:
    async with stage() as world:
        await world.put(
            obj("v1", "ConfigMap", "argocd-cm", namespace="argocd", data={"timeout.reconciliation": "20s"}), CONFIG_MAP
        )
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map(data={"level": "new"}))
            await world.settle(controller, 21)
            assert await data(world) == {"level": "new"}


async def test_a_failing_api_server_is_waited_for_and_the_status_does_not_flap() -> None:
    async with stage() as world:
        world.push(config_map(), config_map("b"))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            before = (await world.application()).status
            world.transport.failing = True
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
            await world.clock.sleep(200)
            assert (await world.application()).status == before
            world.transport.failing = False
            await world.settle(controller, 300)
            assert await data(world) == {"level": "info"}
            assert (await world.application()).status.sync.status == "Synced"
            assert "bugs=0" in str(controller.loop.counters)


async def test_one_slow_repository_holds_up_nobody_else() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        await world.create_application("slow", policy=AUTOMATED, destination="slow")
        async with world.controller() as controller:
            renderer, world_inside = controller.world.renderer, controller.world

            class Slow:
                async def render(self, request: RenderRequest) -> RenderResult:
                    if request.app_name == "slow":
                        await world.clock.sleep(50)
                    return await renderer.render(request)

                async def close(self) -> None:
                    await renderer.close()

            world_inside.renderer = Slow()
            controller.refresh(NamespacedName("argocd", "slow"))
            await world.clock.sleep(1)
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
            await world.clock.sleep(1)
            assert await data(world) == {"level": "info"}


async def test_a_repository_that_cannot_be_opened_is_told() -> None:
    async with stage() as world:
        world.push(config_map())
        world.repositories.trouble = Blocked("AuthenticationFailed", "the key was refused")
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            assert await conditions(world) == [("ComparisonError", "the key was refused")]


async def test_ignored_differences_are_neither_shown_nor_undone() -> None:
    async with stage() as world:
        world.push(deployment(replicas=2))
        ignore = [{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]
        policy = {**AUTOMATED, "syncOptions": ["CreateNamespace=true", "RespectIgnoreDifferences=true"]}
        await world.create_application(policy=policy, ignoreDifferences=ignore)
        async with world.controller() as controller:
            await world.patch(DEPLOYMENT, "web", {"spec": {"replicas": 7}})
            await world.settle(controller, 1)
            assert (await world.application()).status.sync.status == "Synced"
            world.push(deployment(replicas=2, image="web:2"))
            await world.settle(controller, 121)
            live = await world.get(DEPLOYMENT, "web")
            assert live is not None
            assert live["spec"]["replicas"] == 7
            assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"


async def test_an_application_that_is_to_be_left_alone_is() -> None:
    async with stage() as world:
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        await world.patch_application({"metadata": {"annotations": {Annotation.SKIP_RECONCILE.value: "true"}}})
        async with world.controller():
            assert world.transport.writes == []


async def test_metadata_of_a_made_namespace_is_kept() -> None:
    async with stage() as world:
        world.push(config_map())
        managed = {"labels": {"team": "shop"}}
        await world.create_application(policy={**AUTOMATED, "managedNamespaceMetadata": managed})
        async with world.controller():
            live = await world.get(NAMESPACE, "shop")
            assert live is not None
            assert live["metadata"]["labels"]["team"] == "shop"
            assert Annotation.TRACKING_ID not in annotations_of(live)


async def test_secrets_are_never_written_down() -> None:
    async with stage() as world:
        world.push(obj("v1", "Secret", "s", stringData={"password": "swordfish"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller():
            app = await world.get(APPLICATION, "web", "argocd")
            assert "swordfish" not in str(app)
            assert "c3dvcmRmaXNo" not in str(app)
