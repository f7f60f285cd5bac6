"""The state machine of a sync, played against a small imitation of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.engine.plan import hooks, results, tasks
from holdfast.engine.plan.machine import Apply, Finished, LiveState, Remove, Wait, next_step, termination
from holdfast.engine.plan.results import ResultKey
from holdfast.engine.plan.targets import Frame, target_objects
from holdfast.engine.plan.tasks import Action, PlanRequest, SyncPlan
from holdfast.model.application import ResourceResult, SyncOperationResource
from holdfast.model.desired import Prediction
from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, key_of, uid_of
from holdfast.model.names import Annotation, HookPhase, OperationPhase
from holdfast.testing.builders import COMMIT, DISCOVERY, config_map, deployment, job, obj

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def plan_of(*manifests: KubeObject, extraneous: tuple[KubeObject, ...] = (), **more: Any) -> SyncPlan:
    frame = Frame(instance="web", namespace="shop", discovery=DISCOVERY, objection=more.pop("objection", lambda *_: ""))
    request: dict[str, Any] = {
        "targets": target_objects(manifests, frame),
        "extraneous": extraneous,
        "predictions": {},
        "revision": COMMIT,
        "started": STARTED,
        "operation": "one/0",
        "prune": True,
        **more,
    }
    return tasks.build(PlanRequest(**request))


class Imitation:
    """Does what the machine says, and keeps a protocol of it."""

    def __init__(self, plan: SyncPlan, health: Callable[[KubeObject], Health | None] = lambda _: None) -> None:
        self.plan = plan
        self.health = health
        self.live: dict[ObjectKey, KubeObject] = {}
        self.record: dict[ResultKey, ResourceResult] = {}
        self.done: list[str] = []
        self.refuse: set[str] = set()

    def put(self, obj: KubeObject) -> None:
        self.live[key_of(obj)] = obj

    def step(self) -> Apply | Remove | Wait | Finished:
        states = {}
        for key, live in self.live.items():
            status = self.health(live)
            states[key] = LiveState(live, HealthReport(status, f"{key.name} is {status}") if status else None)
        step = next_step(self.plan, self.record, states)
        self.record = step.results
        match step.next:
            case Apply(todo):
                for task in todo:
                    self._perform(task)
            case Remove(objects):
                for live in objects:
                    self.done.append(f"remove {key_of(live).name}")
                    del self.live[key_of(live)]
            case _:
                pass
        return step.next

    def _perform(self, task: tasks.SyncTask) -> None:
        if task.skip:
            outcome = results.skipped(task)
        elif task.problem or task.key.name in self.refuse:
            outcome = results.refused(task, task.problem or "no")
        elif task.action is Action.PRUNE:
            outcome = results.pruned(task)
            self.done.append(f"prune {task.key.name}")
            self.live.pop(task.key, None)
        else:
            outcome = results.applied(task)
            self.done.append(f"{task.phase} {task.key.name}")
            self.put(task.obj)
        self.record[results.result_key(task)] = outcome

    def run(self) -> Finished | Wait:
        for _ in range(100):
            following = self.step()
            if isinstance(following, Finished | Wait):
                return following
        raise AssertionError("the machine never ends")


def wave(number: int) -> dict[str, str]:
    return {Annotation.SYNC_WAVE: str(number)}


def hook(*phases: str, **more: str) -> dict[str, str]:
    return {Annotation.HOOK: ",".join(phases), **more}


def test_one_step_ends_as_soon_as_all_is_applied() -> None:
    sync = Imitation(plan_of(deployment(), config_map()), health=lambda _: Health.PROGRESSING)
    assert sync.run() == Finished(OperationPhase.SUCCEEDED, "successfully synced (all tasks run)")
    assert sync.done == ["Sync settings", "Sync web"]


def test_kinds_go_in_the_order_of_installation() -> None:
    plan = plan_of(
        deployment(),
        obj("v1", "Service", "front"),
        config_map(),
        obj("v1", "Namespace", "shop"),
        obj("rbac.authorization.k8s.io/v1", "ClusterRole", "r"),
    )
    assert [task.key.kind for task in plan.tasks] == ["Namespace", "ConfigMap", "ClusterRole", "Service", "Deployment"]


def test_a_wave_waits_until_the_one_before_is_healthy() -> None:
    healthy = False
    sync = Imitation(
        plan_of(deployment(annotations=wave(-1)), config_map(annotations=wave(2))),
        health=lambda live: (
            (Health.HEALTHY if healthy else Health.PROGRESSING) if live["kind"] == "Deployment" else None
        ),
    )
    assert sync.run() == Wait("waiting for healthy state of apps/Deployment/web")
    assert sync.done == ["Sync web"]
    healthy = True
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["Sync web", "Sync settings"]


def test_what_somebody_took_away_before_it_was_healthy_is_applied_once_more() -> None:
    sync = Imitation(
        plan_of(deployment(annotations=wave(-1)), config_map()),
        health=lambda live: Health.PROGRESSING if live["kind"] == "Deployment" else None,
    )
    assert isinstance(sync.run(), Wait)
    sync.live.clear()
    assert sync.run() == Wait("waiting for healthy state of apps/Deployment/web")
    assert sync.done == ["Sync web", "Sync web"]


def test_a_hook_whose_place_another_has_taken_is_not_waited_for() -> None:
    sync = Imitation(plan_of(job("migrate", annotations=hook("PreSync"))), health=lambda _: Health.PROGRESSING)
    assert sync.run() == Wait("waiting for completion of hook batch/Job/migrate")
    sync.put(plan_of(job("migrate", annotations=hook("PreSync")), operation="another/0").tasks[0].obj)
    ended = sync.run()
    assert isinstance(ended, Finished)
    assert ended.phase == OperationPhase.FAILED
    assert "replaced by another of its name" in ended.message


def test_a_degraded_wave_fails_the_sync() -> None:
    sync = Imitation(plan_of(deployment(), config_map(annotations=wave(1))), health=lambda _: Health.DEGRADED)
    ended = sync.run()
    assert ended == Finished(
        OperationPhase.FAILED,
        "one or more synchronization tasks completed unsuccessfully, reason: web is Degraded",
    )
    assert sync.done == ["Sync web"]


def test_pruning_comes_last_and_in_reverse() -> None:
    old = [
        deployment("old", namespace="shop"),
        config_map("old-settings", namespace="shop"),
        config_map("late", namespace="shop", annotations=wave(5)),
    ]
    sync = Imitation(plan_of(config_map(), extraneous=tuple(old)))
    for live in old:
        sync.put(live)
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["Sync settings", "prune late", "prune old", "prune old-settings"]


KEPT = [
    ({"prune": False}, {}, "ignored (requires pruning)"),
    ({}, {Annotation.SYNC_OPTIONS: "Prune=false"}, "ignored (no prune)"),
    ({}, {Annotation.HELM_RESOURCE_POLICY: "keep"}, "ignored (helm.sh/resource-policy: keep)"),
    ({}, {Annotation.HELM_RESOURCE_POLICY: "keep", Annotation.SYNC_OPTIONS: "Prune=confirm"}, "ignored (helm"),
    ({"sync_options": ("Prune=false",)}, {}, "ignored (no prune)"),
]


@pytest.mark.parametrize(("request_fields", "annotations", "message"), KEPT)
def test_what_may_not_be_pruned_is_left(
    request_fields: dict[str, Any], annotations: dict[str, str], message: str
) -> None:
    old = config_map("old", namespace="shop", annotations=annotations)
    sync = Imitation(plan_of(config_map(), extraneous=(old,), **request_fields))
    sync.put(old)
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["Sync settings"]
    assert any(result.message.startswith(message) for result in sync.record.values())


def test_an_object_of_another_application_fails_the_sync_when_that_is_asked_for() -> None:
    shared = {ObjectKey("", "ConfigMap", "shop", "settings"): "other"}
    step = next_step(plan_of(config_map(), shared=shared, sync_options=("FailOnSharedResource=true",)), {}, {}).next
    assert isinstance(step, Finished)
    assert step.message.endswith("Shared resource found: ConfigMap/settings is part of application other")
    assert isinstance(next_step(plan_of(config_map(), shared=shared), {}, {}).next, Apply)


def test_the_pause_comes_between_the_waves_of_a_phase() -> None:
    plan = plan_of(
        config_map("a"),
        config_map("b", annotations=wave(1)),
        job("before", annotations=hook("PreSync")),
        namespace=obj("v1", "Namespace", "shop"),
    )
    following = [(task.key.name, plan.has_wave_after([task])) for task in plan.tasks]
    assert following == [("shop", False), ("before", False), ("a", True), ("b", False)]


def test_what_must_be_confirmed_is_pruned_last_and_only_then() -> None:
    kept = config_map("kept", namespace="shop", annotations={Annotation.SYNC_OPTIONS: "Prune=confirm"})
    old = config_map("old", namespace="shop")
    sync = Imitation(plan_of(config_map(), extraneous=(kept, old)))
    sync.put(kept)
    sync.put(old)
    assert sync.run() == Wait("waiting for pruning confirmation of /ConfigMap/kept")
    assert sync.done == ["Sync settings", "prune old"]
    sync.plan = plan_of(config_map(), extraneous=(kept,), confirmed=True)
    assert isinstance(sync.run(), Finished)
    assert sync.done[-1] == "prune kept"


def test_prune_last_waits_for_health_even_in_one_step() -> None:
    old = config_map("old", namespace="shop")
    sync = Imitation(
        plan_of(deployment(), extraneous=(old,), sync_options=("PruneLast=true",)),
        health=lambda live: Health.PROGRESSING if live["kind"] == "Deployment" else None,
    )
    sync.put(old)
    assert isinstance(sync.run(), Wait)
    assert sync.done == ["Sync web"]


def test_hooks_run_in_their_phases_and_are_waited_for() -> None:
    running = {"before", "after"}
    sync = Imitation(
        plan_of(
            deployment(),
            job("before", annotations=hook("PreSync")),
            job("after", annotations=hook("PostSync")),
            job("rescue", annotations=hook("SyncFail")),
        ),
        health=lambda live: Health.PROGRESSING if live["metadata"]["name"] in running else Health.HEALTHY,
    )
    assert sync.run() == Wait("waiting for completion of hook batch/Job/before")
    running.remove("before")
    assert sync.run() == Wait("waiting for completion of hook batch/Job/after")
    running.remove("after")
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["PreSync before", "Sync web", "PostSync after"]


def test_a_failed_hook_runs_the_rescue_and_fails_the_sync() -> None:
    sync = Imitation(
        plan_of(deployment(), job("before", annotations=hook("PreSync")), job("rescue", annotations=hook("SyncFail"))),
        health=lambda live: Health.DEGRADED if live["metadata"]["name"] == "before" else Health.HEALTHY,
    )
    ended = sync.run()
    assert isinstance(ended, Finished)
    assert ended.phase is OperationPhase.FAILED
    assert "before is Degraded" in ended.message
    assert sync.done == ["PreSync before", "SyncFail rescue"]


def test_a_hook_of_an_earlier_sync_is_removed_before_its_successor_is_created() -> None:
    sync = Imitation(plan_of(job(annotations=hook("PreSync"))), health=lambda _: Health.HEALTHY)
    sync.put(job(namespace="shop", annotations=hook("PreSync")))
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["remove migrate", "PreSync migrate"]


@pytest.mark.parametrize(
    ("policy", "health", "goes"),
    [
        ("HookSucceeded", Health.HEALTHY, True),
        ("HookSucceeded", Health.PROGRESSING, False),
        ("HookFailed", Health.HEALTHY, False),
        ("HookSucceeded", Health.DEGRADED, True),
        ("HookFailed", Health.DEGRADED, True),
        ("HookSucceeded,HookFailed", Health.DEGRADED, True),
    ],
)
def test_a_hook_of_an_earlier_sync_gives_way_when_it_failed_or_its_policy_says_so(
    policy: str, health: Health, goes: bool
) -> None:
    manifest = job(annotations=hook("PreSync", **{Annotation.HOOK_DELETE_POLICY: policy}))
    sync = Imitation(plan_of(manifest), health=lambda _: health)
    sync.put(job(namespace="shop", annotations=hook("PreSync", **{Annotation.HOOK_DELETE_POLICY: policy})))
    sync.step()
    assert sync.done == (["remove migrate"] if goes else ["PreSync migrate"])


def test_the_hook_of_another_application_is_left_alone_under_the_same_name() -> None:
    """Even when both operations began in the same second, so that they have the same name."""
    plan = plan_of(job(annotations=hook("PreSync")))
    sync = Imitation(plan, health=lambda _: Health.HEALTHY)
    frame = Frame(instance="pay", namespace="shop", discovery=DISCOVERY, objection=lambda *_: "")
    [other] = target_objects([job(annotations=hook("PreSync"))], frame).hooks
    sync.put(hooks.marked(other.obj, "one/0", HookPhase.PRE_SYNC))
    running = {results.result_key(task): results.intended(task) for task in plan.tasks if task.hook}
    states = {key: LiveState(live) for key, live in sync.live.items()}
    assert isinstance(termination(running, states, "one/0", "web", "Operation terminated").next, Finished)
    step = sync.step()
    assert isinstance(step, Apply)
    assert [task.key.name for task in step.tasks] == ["migrate"]


def test_one_object_may_be_a_hook_of_two_phases() -> None:
    sync = Imitation(
        plan_of(job(annotations=hook("PreSync", "PostSync")), config_map()), health=lambda _: Health.HEALTHY
    )
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["PreSync migrate", "Sync settings", "remove migrate", "PostSync migrate"]


POLICIES = [
    ("HookSucceeded", Health.HEALTHY, True),
    ("HookSucceeded", Health.DEGRADED, False),
    ("HookFailed", Health.HEALTHY, False),
    ("HookFailed", Health.DEGRADED, True),
    ("BeforeHookCreation", Health.HEALTHY, False),
]


@pytest.mark.parametrize(("policy", "health", "gone"), POLICIES)
def test_a_hook_that_has_ended_goes_as_its_policy_says(policy: str, health: Health, gone: bool) -> None:
    annotations = hook("PreSync", **{Annotation.HOOK_DELETE_POLICY: policy})
    sync = Imitation(plan_of(job(annotations=annotations)), health=lambda _: health)
    assert isinstance(sync.run(), Finished)
    assert (not sync.live) is gone
    assert sync.done.count("PreSync migrate") == 1


def test_a_hook_whose_creation_was_only_intended_is_created() -> None:
    plan = plan_of(job(annotations=hook("PreSync")))
    sync = Imitation(plan, health=lambda _: Health.HEALTHY)
    [task] = plan.tasks
    sync.record[results.result_key(task)] = results.intended(task)
    assert isinstance(sync.run(), Finished)
    assert sync.done == ["PreSync migrate"]


def test_a_hook_that_was_created_before_the_record_could_say_so_is_not_created_again() -> None:
    plan = plan_of(job(annotations=hook("PreSync")))
    sync = Imitation(plan, health=lambda _: Health.HEALTHY)
    [task] = plan.tasks
    sync.record[results.result_key(task)] = results.intended(task)
    sync.put(task.obj)
    assert isinstance(sync.run(), Finished)
    assert sync.done == []


def test_a_hook_that_vanished_while_it_ran_fails_the_sync() -> None:
    plan = plan_of(job(annotations=hook("PreSync")))
    sync = Imitation(plan)
    [task] = plan.tasks
    sync.record[results.result_key(task)] = results.applied(task, "created")
    ended = sync.run()
    assert isinstance(ended, Finished)
    assert ended.phase is OperationPhase.FAILED


def test_a_hook_with_a_generated_name_has_one_name_throughout_the_operation() -> None:
    annotations = hook("PostSync")
    manifest = {**job("", annotations=annotations), "metadata": {"generateName": "Test-", "annotations": annotations}}
    [first] = plan_of(manifest).tasks
    [second] = plan_of(manifest).tasks
    assert first.key == second.key
    assert first.key.name == f"test-0123456-postsync-{int(STARTED.timestamp())}"


def test_nothing_is_applied_when_one_object_cannot_be() -> None:
    key = ObjectKey("", "ConfigMap", "shop", "settings")
    sync = Imitation(plan_of(deployment(), config_map(), predictions={key: Prediction(refusal="data: is wrong")}))
    ended = sync.run()
    assert ended == Finished(OperationPhase.FAILED, "one or more synchronization tasks are not valid: data: is wrong")
    assert sync.done == []
    [failure] = sync.record.values()
    assert (failure.status, failure.message) == ("SyncFailed", "data: is wrong")


def test_an_object_that_the_server_refuses_fails_the_sync_after_its_group() -> None:
    sync = Imitation(plan_of(config_map("a"), config_map("b"), config_map("c", annotations=wave(1))))
    sync.refuse = {"a"}
    ended = sync.run()
    assert ended == Finished(OperationPhase.FAILED, "one or more objects failed to apply, reason: no")
    assert sync.done == ["Sync b"]


def test_objects_of_a_kind_that_the_sync_defines_wait_until_it_is_served() -> None:
    crd = obj(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "widgets.example.com",
        spec={"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget"}},
    )
    sync = Imitation(plan_of(crd, obj("example.com/v1", "Widget", "w"), config_map()), health=lambda _: Health.HEALTHY)
    assert sync.run() == Wait("waiting until the cluster serves the kind of example.com/Widget/w")
    assert sync.done == ["Sync widgets.example.com", "Sync settings"]
    del sync.live[key_of(crd)]
    assert isinstance(sync.run(), Wait)
    assert sync.done[2:] == ["Sync widgets.example.com"], "a definition that somebody took away is applied once more"


def test_the_namespace_comes_before_everything() -> None:
    sync = Imitation(
        plan_of(job(annotations=hook("PreSync", **wave(-5))), config_map(), namespace=obj("v1", "Namespace", "shop")),
        health=lambda _: Health.HEALTHY,
    )
    assert isinstance(sync.run(), Finished)
    assert sync.done[0] == "PreSync shop"


def test_a_terminated_sync_stops_its_hooks_and_fails() -> None:
    plan = plan_of(job(annotations=hook("PreSync")), config_map())
    [task, _] = plan.tasks
    record = {results.result_key(task): results.applied(task, "created")}
    states = {task.key: LiveState(task.obj, HealthReport(Health.PROGRESSING))}
    step = termination(record, states, "one/0", "web", "Operation terminated")
    assert step.next == Remove((task.obj,))
    step = termination(record, {}, "one/0", "web", "Operation terminated")
    assert step.next == Finished(OperationPhase.FAILED, "Operation terminated")
    assert [(one.hook_phase, one.message) for one in step.results.values()] == [("Failed", "terminated")]


def test_a_terminated_sync_leaves_the_hooks_of_other_operations() -> None:
    plan = plan_of(job(annotations=hook("PreSync")), config_map())
    [task, _] = plan.tasks
    record = {results.result_key(task): results.applied(task, "created")}
    states = {task.key: LiveState(task.obj, HealthReport(Health.PROGRESSING))}
    assert isinstance(termination(record, states, "two/0", "web", "Operation terminated").next, Finished)


def test_a_sync_of_chosen_resources_runs_no_hooks() -> None:
    chosen = (SyncOperationResource(group="", kind="ConfigMap", name="settings", namespace="shop"),)
    plan = plan_of(deployment(), config_map(), job(annotations=hook("PreSync")), resources=chosen)
    assert [task.key.name for task in plan.tasks] == ["settings"]


def test_marks_tell_operations_apart() -> None:
    [first] = plan_of(job(annotations=hook("PreSync"))).tasks
    [second] = plan_of(job(annotations=hook("PreSync")), operation="two/0").tasks
    assert annotations_of(first.obj) != annotations_of(second.obj)
    assert uid_of(first.obj) == ""


def test_the_hook_of_another_application_is_never_removed_for_ours() -> None:
    """Two applications may have a hook of one name in one namespace."""
    policy = {Annotation.HOOK_DELETE_POLICY: hooks.DeletePolicy.BEFORE_HOOK_CREATION.value}
    manifest = job(annotations=hook("PreSync", **policy))
    ours = plan_of(manifest).tasks[0].obj
    owner = annotations_of(ours)[Annotation.TRACKING_ID]
    theirs = job(
        namespace="shop",
        annotations={
            **annotations_of(ours),
            Annotation.TRACKING_ID: owner.replace("web:", "bank:", 1),
            hooks.OPERATION: "two/0/PreSync",
        },
    )
    sync = Imitation(plan_of(manifest))
    sync.put(theirs)
    sync.refuse.add("migrate")

    finished = sync.run()

    assert isinstance(finished, Finished)
    assert finished.phase is OperationPhase.FAILED
    assert sync.done == []
    assert sync.live == {key_of(theirs): theirs}
    own_leftover = job(namespace="shop", annotations={**annotations_of(ours), hooks.OPERATION: "two/0/PreSync"})
    again = Imitation(plan_of(manifest), health=lambda _: Health.HEALTHY)
    again.put(own_leftover)
    again.step()
    assert again.done == ["remove migrate"]
