"""ScaledObject and ScaledJob, which are paused by annotations.

Source: https://keda.sh/docs/latest/concepts/scaling-deployments/#pause-autoscaling
"""

from __future__ import annotations

from datetime import datetime

from holdfast.engine.actions.builtin import (
    PAUSE_CIRCLE,
    PLAY_CIRCLE,
    Builtin,
    Parameters,
    annotating,
    changing,
    patch,
    unannotating,
    whole_number,
)
from holdfast.engine.actions.editing import annotate, without_annotation
from holdfast.model.actions import ActionParameter, Impact
from holdfast.model.kube import KubeObject, annotations_of

_PAUSED = "autoscaling.keda.sh/paused"
_PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"


def _is_paused(obj: KubeObject) -> bool:
    return annotations_of(obj).get(_PAUSED) == "true"


def _is_held(obj: KubeObject) -> bool:
    return _is_paused(obj) or _PAUSED_REPLICAS in annotations_of(obj)


def _hold_replicas(obj: KubeObject, parameters: Parameters, _: datetime) -> list[Impact]:
    return patch(annotate(obj, _PAUSED_REPLICAS, str(whole_number(parameters, "replicas", bound=" (must be >= 0)"))))


def _resume(obj: KubeObject) -> KubeObject:
    return without_annotation(without_annotation(obj, _PAUSED), _PAUSED_REPLICAS)


def _replicas(_: KubeObject) -> tuple[ActionParameter, ...]:
    return (ActionParameter("replicas", "0"),)


_PAUSE = annotating(_PAUSED, "true")

ACTIONS = {
    "ScaledJob": (
        Builtin("pause", _PAUSE, icon=PAUSE_CIRCLE, disabled=_is_paused),
        Builtin("resume", unannotating(_PAUSED), icon=PLAY_CIRCLE, disabled=lambda obj: not _is_paused(obj)),
    ),
    "ScaledObject": (
        Builtin("pause", _PAUSE, icon=PAUSE_CIRCLE, disabled=_is_held),
        Builtin("paused-replicas", _hold_replicas, icon=PAUSE_CIRCLE, disabled=_is_paused, parameters=_replicas),
        Builtin("resume", changing(_resume), icon=PLAY_CIRCLE, disabled=lambda obj: not _is_held(obj)),
    ),
}
