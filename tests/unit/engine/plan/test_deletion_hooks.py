"""The hooks around the deletion of an application, told from the live objects alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.engine.plan import deletion_hooks, hooks
from holdfast.engine.plan.machine import Apply, Finished, LiveState, Remove, Wait
from holdfast.engine.plan.targets import Frame, target_objects
from holdfast.engine.plan.tasks import SyncTask
from holdfast.model.desired import Targets
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, HookPhase
from holdfast.testing.builders import COMMIT, DISCOVERY, config_map, job

DELETED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def targets(*manifests: KubeObject) -> Targets:
    return target_objects(manifests, Frame("web", "shop", DISCOVERY, lambda *_: ""))


def hook(name: str, phase: str = "PreDelete", wave: int = 0, policy: str = "") -> KubeObject:
    annotations = {Annotation.HOOK.value: phase, Annotation.SYNC_WAVE.value: str(wave)}
    if policy:
        annotations[Annotation.HOOK_DELETE_POLICY.value] = policy
    return job(name, annotations=annotations)


def tasks(*manifests: KubeObject, phase: HookPhase = HookPhase.PRE_DELETE) -> tuple[SyncTask, ...]:
    return deletion_hooks.tasks_of(targets(*manifests), phase, COMMIT, DELETED)


def live(task: SyncTask, health: Health) -> LiveState:
    return LiveState(task.obj, HealthReport(health, "so it is"))


@pytest.mark.parametrize(
    ("manifests", "finalizers"),
    [
        ([config_map(), hook("a", "PreSync")], set()),
        (
            [hook("a")],
            {"pre-delete-finalizer.argocd.argoproj.io", "pre-delete-finalizer.argocd.argoproj.io/cleanup"},
        ),
        (
            [job("a", annotations={Annotation.HELM_HOOK.value: "post-delete"})],
            {"post-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io/cleanup"},
        ),
    ],
)
def test_hooks_need_their_finalizers(manifests: list[KubeObject], finalizers: set[str]) -> None:
    assert deletion_hooks.finalizers_of(targets(*manifests)) == finalizers


def test_only_the_hooks_of_the_phase_run_in_the_order_of_their_waves() -> None:
    chosen = tasks(hook("late", wave=2), hook("early", wave=-1), hook("after", "PostDelete"), config_map())
    assert [task.key.name for task in chosen] == ["early", "late"]
    early, late = chosen
    assert deletion_hooks.next_step(chosen, {}) == Apply((early,))
    running = {early.key: live(early, Health.PROGRESSING)}
    assert deletion_hooks.next_step(chosen, running) == Wait(
        "waiting for completion of the PreDelete hook batch/Job shop/early"
    )
    ended = {early.key: live(early, Health.HEALTHY)}
    assert deletion_hooks.next_step(chosen, ended) == Apply((late,))
    step = deletion_hooks.next_step(chosen, {**ended, late.key: live(late, Health.HEALTHY)})
    assert isinstance(step, Finished)
    assert step.phase == "Succeeded"


def test_a_failed_hook_fails_the_phase() -> None:
    [task] = tasks(hook("a"))
    step = deletion_hooks.next_step([task], {task.key: live(task, Health.DEGRADED)})
    assert isinstance(step, Finished)
    assert (step.phase, "so it is" in step.message) == ("Failed", True)


def test_a_hook_of_an_earlier_deletion_goes_first() -> None:
    [task] = tasks(hook("a"))
    old = hooks.marked(task.obj, "deletion-1", HookPhase.PRE_DELETE)
    assert deletion_hooks.next_step([task], {task.key: LiveState(old)}) == Remove((old,))


@pytest.mark.parametrize("health", [Health.HEALTHY, Health.DEGRADED])
def test_the_ended_hook_of_a_sync_goes_first(health: Health) -> None:
    [task] = tasks(hook("a", policy="HookSucceeded"))
    old = hooks.marked(task.obj, "one/0", HookPhase.POST_SYNC)
    assert deletion_hooks.next_step([task], {task.key: LiveState(old, HealthReport(health))}) == Remove((old,))


def test_the_hook_of_another_application_is_left_alone_under_the_same_name() -> None:
    [task] = tasks(hook("a"))
    other = target_objects([hook("a")], Frame("pay", "shop", DISCOVERY, lambda *_: "")).hooks[0].obj
    for operation in ("deletion-1", deletion_hooks.operation_of(DELETED)):
        marked = hooks.marked(other, operation, HookPhase.PRE_DELETE)
        assert deletion_hooks.next_step([task], {task.key: LiveState(marked)}) == Apply((task,))
        assert deletion_hooks.to_clean_up([marked], HookPhase.PRE_DELETE, DELETED, "web") == ()


@pytest.mark.parametrize(("policy", "gone"), [("", False), ("HookSucceeded", True), ("HookFailed", False)])
def test_what_has_ended_goes_as_its_policy_says(policy: str, gone: bool) -> None:
    [task] = tasks(hook("a", policy=policy))
    found = deletion_hooks.to_clean_up([task.obj, config_map()], HookPhase.PRE_DELETE, DELETED, "web")
    assert found == ((task.obj,) if gone else ())
