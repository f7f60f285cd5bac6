"""What a person may ask of a Rollout, as the patches that Argo Rollouts' own command makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.engine.rollout import phases, pod_templates, steps
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout


class Request(Struct, frozen=True):
    """Merge patches of the object and of its status; `said` tells the person what was asked for.

    `template` is the merge patch of the pod template, wherever that stands: in the Rollout, or in its workload.
    """

    said: str
    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None
    template: dict[str, Any] | None = None


def promote(rollout: Rollout, *, full: bool = False, skip_step: bool = False, skip_all: bool = False) -> Request:
    """Ends a pause, also one that a person made while nothing is new; where there is none, skips the step. `full` skips
    everything that is left, `skip_step` the step whatever it is, `skip_all` the steps alone (the analysis of the background
    still counts)."""
    status, name = rollout.status, rollout.metadata.name
    if full + skip_step + skip_all > 1:
        raise Blocked("TooMuchAsked", "only one of --full, --skip-current-step and --skip-all-steps can be asked for")
    if status.current_pod_hash and status.current_pod_hash == status.stable_rs:
        if rollout.spec.paused:
            return Request(f"rollout '{name}' resumed", {"paused": False})
        _check_seen(rollout)
        raise Blocked("AlreadyPromoted", f"rollout '{name}' has nothing to promote: its new pods are the stable ones")
    if status.abort:
        raise Blocked("Aborted", f"rollout '{name}' is aborted: retry it first")
    if full:
        return Request(f"rollout '{name}' fully promoted", status={"promoteFull": True})
    spec = {"paused": False} if rollout.spec.paused else None
    if skip_step or skip_all:
        return Request(f"rollout '{name}' promoted", spec, _skipped(rollout, everything=skip_all))
    change: dict[str, Any] = {}
    if status.pause_conditions:
        change["pauseConditions"] = None
    elif spec is None and steps.current(rollout) is not None:
        change["currentStepIndex"] = (steps.index(rollout) or 0) + 1
    elif spec is None:
        if phases.shown(rollout)[0] == phases.Phase.DEGRADED:
            raise Blocked("CannotGoOn", f"rollout '{name}' cannot go on before this is mended: {status.message}")
        raise Blocked("NothingToPromote", f"rollout '{name}' waits for no one: {_goes_on(rollout)}")
    return Request(f"rollout '{name}' promoted", spec, change or None)


def _check_seen(rollout: Rollout) -> None:
    """Right after a change of the spec status still tells of what was before. Raises Blocked."""
    if not (phases.is_generation_observed(rollout) and phases.is_workload_observed(rollout)):
        why = "the controller has not seen its newest change yet; ask again in a moment, or look whether a controller runs"
        raise Blocked("NotObserved", f"rollout '{rollout.metadata.name}': {why}")


def _goes_on(rollout: Rollout) -> str:
    what = "the rest goes by itself"
    if rollout.spec.strategy.blue_green is None and steps.count(rollout):
        what = "its steps are done, and the rest goes by itself"
    said = f" ({rollout.status.message})" if rollout.status.message else ""
    return f"{what}{said}; --full skips what is left"


def _skipped(rollout: Rollout, *, everything: bool) -> dict[str, Any]:
    count, name = steps.count(rollout), rollout.metadata.name
    if not count:
        raise Blocked("NoSteps", f"rollout '{name}' has no steps to skip")
    change: dict[str, Any] = {"currentStepIndex": count if everything else min((steps.index(rollout) or 0) + 1, count)}
    if rollout.status.pause_conditions:
        change |= {"pauseConditions": None, "controllerPause": False}
    return change


def abort(rollout: Rollout) -> Request:
    if rollout.status.current_pod_hash == rollout.status.stable_rs:
        _check_seen(rollout)
        raise Blocked("NothingToAbort", f"rollout '{rollout.metadata.name}' has no update under way")
    return Request(f"rollout '{rollout.metadata.name}' aborted", status={"abort": True})


def retry(rollout: Rollout) -> Request:
    if not rollout.status.abort:
        raise Blocked("NotAborted", f"rollout '{rollout.metadata.name}' is not aborted")
    return Request(f"rollout '{rollout.metadata.name}' retried", status={"abort": False})


def pause(rollout: Rollout) -> Request:
    return Request(f"rollout '{rollout.metadata.name}' paused", {"paused": True})


def restart(rollout: Rollout, at: datetime) -> Request:
    return Request(f"rollout '{rollout.metadata.name}' restarts its pods", {"restartAt": instants.stamp(at)})


def set_images(rollout: Rollout, template: KubeObject, images: dict[str, str]) -> Request:
    """`template` is the one in effect; `*` means every container."""
    name, pods = rollout.metadata.name, template.get("spec") or {}
    change: dict[str, Any] = {}
    named: set[str] = set()
    for field in ("containers", "initContainers"):
        containers = pods.get(field) or []
        named |= {str(container.get("name")) for container in containers}
        changed = [_with_image(container, images) for container in containers]
        if changed != containers:
            change[field] = changed
    missing = sorted(set(images) - named - {"*"})
    if missing:
        there = ", ".join(sorted(named)) or "none"
        raise Blocked("NoSuchContainer", f"rollout '{name}' has no container {missing[0]!r}; there: {there}")
    if not change:
        return Request(f"rollout '{name}' has this image already: nothing is changed")
    return Request(f"rollout '{name}' image updated", template={"spec": change})


def _with_image(container: dict[str, Any], images: dict[str, str]) -> dict[str, Any]:
    image = images.get(str(container.get("name")), images.get("*", ""))
    return {**container, "image": image} if image else container


def undo(rollout: Rollout, sets: Sequence[ReplicaSet], revision: int = 0) -> tuple[Request, KubeObject]:
    """The request, and the pod template of an earlier revision (the one before the current one unless one is given)."""
    name = rollout.metadata.name
    known = sorted((one.revision for one in sets), reverse=True)
    wanted = revision or (known[1] if len(known) > 1 else 0)
    found = next((one for one in sets if wanted and one.revision == wanted), None)
    if found is None:
        there = ", ".join(str(number) for number in known) or "none"
        raise Blocked(
            "NoSuchRevision", f"rollout '{name}' has no revision {revision or 'before this one'}; there: {there}"
        )
    template = pod_templates.without_ours(pod_templates.of_set(found.obj))
    return Request(f"rollout '{name}' undone to revision {found.revision}"), template
