"""CloudNativePG's Cluster, which is steered by annotations and, for a switch-over, by its status.

Source: https://cloudnative-pg.io/documentation/current/kubectl-plugin/
"""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.engine.actions.builtin import (
    PAUSE_CIRCLE,
    PLAY_CIRCLE,
    REDO,
    Builtin,
    Parameters,
    annotating,
    is_not,
    patch,
    stamping,
)
from holdfast.engine.actions.editing import at, put
from holdfast.model.actions import ActionParameter, Impact
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, annotations_of, name_of

_HIBERNATION = "cnpg.io/hibernation"
_ANY = "any"


def _is_hibernated(cluster: KubeObject) -> bool:
    return annotations_of(cluster).get(_HIBERNATION) == "on"


def _standbys(cluster: KubeObject) -> list[str]:
    ready = at(cluster, "status", "instancesStatus", "healthy")
    names = ready if isinstance(ready, list) else []
    return sorted(str(name) for name in names if name != at(cluster, "status", "currentPrimary"))


def _promote(cluster: KubeObject, parameters: Parameters, now: datetime) -> list[Impact]:
    standbys = _standbys(cluster)
    wanted = parameters.get("instance") or _ANY
    if wanted == _ANY and standbys:
        wanted = standbys[0]
    if wanted.isdecimal():
        wanted = f"{name_of(cluster)}-{wanted}"
    if wanted not in standbys:
        there = ", ".join(standbys) or "none"
        raise Blocked("ParameterInvalid", f"{wanted!r} is no healthy standby of {name_of(cluster)}; there are: {there}")
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    status = {
        **(at(cluster, "status") or {}),
        "targetPrimary": wanted,
        "targetPrimaryTimestamp": moment,
        "phase": "Switchover in progress",
        "phaseReason": f"Switching over to {wanted}",
    }
    return patch(put(cluster, status, "status"))


def _instance(_: KubeObject) -> tuple[ActionParameter, ...]:
    return (ActionParameter("instance", _ANY),)


ACTIONS = {
    "Cluster": (
        Builtin("restart", stamping("metadata", "annotations", "kubectl.kubernetes.io/restartedAt"), icon=REDO),
        Builtin("reload", stamping("metadata", "annotations", "cnpg.io/reloadedAt"), icon="fa fa-fw fa-sync"),
        Builtin(
            "promote",
            _promote,
            icon="fa fa-fw fa-arrow-up",
            disabled=lambda cluster: not _standbys(cluster),
            parameters=_instance,
        ),
        Builtin("suspend", annotating(_HIBERNATION, "on"), icon=PAUSE_CIRCLE, disabled=_is_hibernated),
        Builtin("resume", annotating(_HIBERNATION, "off"), icon=PLAY_CIRCLE, disabled=is_not(_is_hibernated)),
    )
}
