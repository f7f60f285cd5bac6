"""Laws of every plan of a sync."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.plan import tasks
from holdfast.engine.plan.targets import Frame, target_objects
from holdfast.engine.plan.tasks import Action, PlanRequest, SyncPlan
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, HookPhase
from holdfast.testing.builders import COMMIT, DISCOVERY, obj

KINDS = [
    ("v1", "ConfigMap"),
    ("v1", "Service"),
    ("apps/v1", "Deployment"),
    ("v1", "Namespace"),
    ("example.com/v1", "Widget"),
]
PHASES = [HookPhase.PRE_SYNC, HookPhase.SYNC, HookPhase.POST_SYNC, HookPhase.SYNC_FAIL]


@st.composite
def manifests(draw: st.DrawFn, hooks: bool = True) -> KubeObject:
    api_version, kind = draw(st.sampled_from(KINDS))
    annotations = {}
    if draw(st.booleans()):
        annotations[Annotation.SYNC_WAVE.value] = str(draw(st.integers(-3, 3)))
    if hooks and draw(st.integers(0, 3)) == 0:
        annotations[Annotation.HOOK.value] = draw(st.sampled_from(PHASES))
    return obj(api_version, kind, draw(st.sampled_from("abcde")), annotations=annotations)


def plan_of(wanted: list[KubeObject], extraneous: list[KubeObject]) -> SyncPlan:
    frame = Frame(instance="web", namespace="shop", discovery=DISCOVERY, objection=lambda *_: "")
    return tasks.build(
        PlanRequest(
            targets=target_objects(wanted, frame),
            extraneous=tuple(extraneous),
            predictions={},
            revision=COMMIT,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            operation="one/0",
            prune=True,
        )
    )


def identity(manifest: KubeObject) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


objects = st.lists(manifests(), max_size=12, unique_by=identity)
others = st.lists(manifests(hooks=False), max_size=6, unique_by=identity)


@given(objects, others, st.randoms())
def test_the_plan_does_not_depend_on_the_order_of_its_input(
    wanted: list[KubeObject], extraneous: list[KubeObject], random: object
) -> None:
    first = plan_of(wanted, extraneous)
    shuffled = [*wanted]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_of(shuffled, list(reversed(extraneous))) == first


@given(objects, others)
def test_every_object_is_in_the_plan_once(wanted: list[KubeObject], extraneous: list[KubeObject]) -> None:
    plan = plan_of(wanted, extraneous)
    applied = Counter((task.key.kind, task.key.name) for task in plan.tasks if task.action is Action.APPLY)
    pruned = Counter((task.key.kind, task.key.name) for task in plan.tasks if task.action is Action.PRUNE)
    assert applied == Counter(map(identity, wanted))
    assert pruned == Counter(map(identity, extraneous))


@given(objects, others)
def test_phases_waves_and_prunes_keep_their_order(wanted: list[KubeObject], extraneous: list[KubeObject]) -> None:
    plan = plan_of(wanted, extraneous)
    ranks = [task.rank for task in plan.tasks]
    assert ranks == sorted(ranks)
    in_sync = [task for task in plan.tasks if task.phase is HookPhase.SYNC]
    actions = [task.action for task in in_sync]
    assert actions == sorted(actions, key=lambda action: action is Action.PRUNE)
    waves = [task.rank[2] for task in in_sync if task.action is Action.APPLY]
    assert waves == sorted(waves)
