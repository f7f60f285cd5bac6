"""Numaflow's pipelines and the rollouts of Numaplane that own them."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.engine.actions.builtin import Builtin, Question, annotating, changing, setting
from holdfast.engine.actions.editing import at, put, take
from holdfast.model.kube import KubeObject, annotations_of, labels_of, owner_references_of

_STATE = "numaplane.numaproj.io/upgrade-state"
_FORCE = "numaplane.numaproj.io/force-promote"
_DELETION = "numaplane.numaproj.io/marked-for-deletion"
_DATA_LOSS = "numaplane.numaproj.io/allow-data-loss"
_ALLOWED = "numaflow.numaproj.io/allowed-resume-strategies"
_STRATEGY = "numaflow.numaproj.io/resume-strategy"
_PAUSE, _PLAY = "fa-solid fa-fw fa-pause", "fa-solid fa-fw fa-play"
_UNLOCK, _LOCK = "fa-solid fa-fw fa-unlock", "fa-solid fa-fw fa-lock"

_Change = Callable[[KubeObject], KubeObject]


def _is_recyclable(obj: KubeObject) -> bool:
    return labels_of(obj).get(_STATE) in ("recyclable", "recyclable-expired")


def _cannot_promote(obj: KubeObject) -> bool:
    return labels_of(obj).get(_STATE) != "in-progress"


def _owned_by(kind: str) -> Question:
    """Whether a rollout decides over the object, which it no longer does when it has let go of it."""
    return lambda obj: (
        not _is_recyclable(obj) and any(reference.get("kind") == kind for reference in owner_references_of(obj))
    )


def _pausing(
    phase: tuple[str, ...], owned: Question, gradual: _Change, fast: _Change
) -> tuple[Builtin, Builtin, Builtin]:
    """`pause` and the two ways back. The fast way is offered where it is the only one that is allowed."""

    def is_paused(obj: KubeObject) -> bool:
        return bool(at(obj, *phase) == "Paused")

    def is_fast_only(obj: KubeObject) -> bool:
        return annotations_of(obj).get(_ALLOWED) == "fast"

    def running(change: _Change) -> _Change:
        return lambda obj: change(put(obj, "Running", *phase))

    return (
        Builtin("pause", setting("Paused", *phase), icon=_PAUSE, disabled=lambda obj: owned(obj) or is_paused(obj)),
        Builtin(
            "unpause-gradual",
            changing(running(gradual)),
            icon=_PLAY,
            title="Unpause (gradual)",
            disabled=lambda obj: owned(obj) or not is_paused(obj) or is_fast_only(obj),
        ),
        Builtin(
            "unpause-fast",
            changing(running(fast)),
            icon=_PLAY,
            title="Unpause (fast)",
            disabled=lambda obj: owned(obj) or not is_paused(obj) or not is_fast_only(obj),
        ),
    )


def _resuming(strategy: str, *above: str) -> _Change:
    return lambda obj: put(obj, strategy, *above, "metadata", "annotations", _STRATEGY)


def _without_replicas(*path: str) -> _Change:
    """A vertex without a number starts at its minimum."""
    return lambda obj: take(obj, *path, "replicas")


def _unchanged(obj: KubeObject) -> KubeObject:
    return obj


def _not_owned(_: KubeObject) -> bool:
    return False


_PHASE = ("spec", "lifecycle", "desiredPhase")
_FORCE_PROMOTE = Builtin(
    "force-promote",
    setting("true", "metadata", "labels", _FORCE),
    icon="fa-solid fa-fw fa-forward",
    title="Force Promote",
    disabled=_cannot_promote,
)
_DELETE = Builtin(
    "delete",
    annotating(_DELETION, "true"),
    icon="fa-solid fa-fw fa-trash",
    title="Delete",
    disabled=lambda obj: not _is_recyclable(obj),
)


def _allows_data_loss(obj: KubeObject) -> bool:
    return annotations_of(obj).get(_DATA_LOSS) == "true"


NUMAFLOW = {
    "InterStepBufferService": (_FORCE_PROMOTE,),
    "MonoVertex": (
        *_pausing(_PHASE, _owned_by("MonoVertexRollout"), _without_replicas("spec"), _unchanged),
        _FORCE_PROMOTE,
    ),
    "Pipeline": (
        *_pausing(_PHASE, _owned_by("PipelineRollout"), _resuming("slow"), _resuming("fast")),
        _FORCE_PROMOTE,
        _DELETE,
    ),
}
NUMAPLANE = {
    "MonoVertexRollout": _pausing(
        ("spec", "monoVertex", *_PHASE), _not_owned, _without_replicas("spec", "monoVertex", "spec"), _unchanged
    ),
    "PipelineRollout": (
        *_pausing(
            ("spec", "pipeline", *_PHASE),
            _not_owned,
            _resuming("slow", "spec", "pipeline"),
            _resuming("fast", "spec", "pipeline"),
        ),
        Builtin(
            "allow-data-loss",
            annotating(_DATA_LOSS, "true"),
            icon=_UNLOCK,
            title="Allow (Possible) Data Loss",
            disabled=_allows_data_loss,
        ),
        Builtin(
            "disallow-data-loss",
            annotating(_DATA_LOSS, "false"),
            icon=_LOCK,
            title="Disallow Data Loss",
            disabled=lambda obj: not _allows_data_loss(obj),
        ),
    ),
}
