"""Rollout: the same writes that the kubectl plugin of Argo Rollouts makes."""

from __future__ import annotations

from holdfast.engine.actions.builtin import (
    PAUSE_CIRCLE,
    PLAY_CIRCLE,
    REDO,
    Builtin,
    changing,
    is_not,
    setting,
    stamping,
)
from holdfast.engine.actions.editing import at, number, put, rows, take
from holdfast.model.kube import KubeObject


def _is_paused(rollout: KubeObject) -> bool:
    return at(rollout, "spec", "paused") is True or bool(rows(rollout, "status", "pauseConditions"))


def _is_aborted(rollout: KubeObject) -> bool:
    return at(rollout, "status", "abort") is True


def _is_promoted(rollout: KubeObject) -> bool:
    current = at(rollout, "status", "currentPodHash")
    return current is not None and current == at(rollout, "status", "stableRS")


def _has_no_step_left(rollout: KubeObject) -> bool:
    steps = rows(rollout, "spec", "strategy", "canary", "steps")
    return number(rollout, "status", "currentStepIndex") >= len(steps)


def _resume(rollout: KubeObject) -> KubeObject:
    if at(rollout, "spec", "paused") is True:
        rollout = put(rollout, False, "spec", "paused")
    return take(rollout, "status", "pauseConditions")


def _skip_step(rollout: KubeObject) -> KubeObject:
    if _has_no_step_left(rollout):
        return rollout
    moved = put(rollout, number(rollout, "status", "currentStepIndex") + 1, "status", "currentStepIndex")
    return take(moved, "status", "pauseConditions")


def _cannot_promote(rollout: KubeObject) -> bool:
    return _is_promoted(rollout) or _is_aborted(rollout)


ACTIONS = (
    Builtin("restart", stamping("spec", "restartAt"), icon=REDO),
    Builtin("pause", setting(True, "spec", "paused"), icon=PAUSE_CIRCLE, disabled=_is_paused),
    Builtin("resume", changing(_resume), icon=PLAY_CIRCLE, disabled=is_not(_is_paused)),
    Builtin("retry", setting(False, "status", "abort"), icon=REDO, disabled=is_not(_is_aborted)),
    Builtin("abort", setting(True, "status", "abort"), icon="fa fa-fw fa-window-close", disabled=_cannot_promote),
    Builtin(
        "promote-full",
        setting(True, "status", "promoteFull"),
        icon="fa fa-fw fa-forward",
        title="Promote Full",
        disabled=_cannot_promote,
    ),
    Builtin(
        "skip-current-step",
        changing(_skip_step),
        icon="fa fa-fw fa-step-forward",
        title="Skip Current Step",
        disabled=lambda rollout: _is_promoted(rollout) or _has_no_step_left(rollout),
    ),
)
