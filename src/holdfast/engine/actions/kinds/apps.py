"""Deployment, StatefulSet and DaemonSet."""

from __future__ import annotations

from datetime import datetime

from holdfast.engine.actions.builtin import (
    PAUSE_CIRCLE,
    PLAY_CIRCLE,
    REDO,
    Builtin,
    Parameters,
    is_at,
    is_not,
    patch,
    setting,
    stamping,
    whole_number,
)
from holdfast.engine.actions.editing import at, put
from holdfast.model.actions import ActionParameter, Impact
from holdfast.model.kube import KubeObject


def _scale(obj: KubeObject, parameters: Parameters, _: datetime) -> list[Impact]:
    return patch(put(obj, whole_number(parameters, "replicas"), "spec", "replicas"))


def _replicas(obj: KubeObject) -> tuple[ActionParameter, ...]:
    present = at(obj, "spec", "replicas")
    return (ActionParameter("replicas", "1" if present is None else str(present)),)


_RESTART = Builtin(
    "restart",
    stamping("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"),
    icon=REDO,
)
_SCALE = Builtin("scale", _scale, icon="fa fa-fw fa-plus-circle", parameters=_replicas)
_PAUSED = is_at(True, "spec", "paused")

ACTIONS = {
    "DaemonSet": (_RESTART,),
    "StatefulSet": (_RESTART, _SCALE),
    "Deployment": (
        _RESTART,
        Builtin("pause", setting(True, "spec", "paused"), icon=PAUSE_CIRCLE, disabled=_PAUSED),
        Builtin("resume", setting(False, "spec", "paused"), icon=PLAY_CIRCLE, disabled=is_not(_PAUSED)),
        _SCALE,
    ),
}
