"""The pods of an Experiment's templates: how they come, how they stand, how they go."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from holdfast.engine.lang import durations, instants
from holdfast.engine.rollout import defaults, replica_sets
from holdfast.engine.rollout.actions import ChangeReplicaSet
from holdfast.engine.rollout.draft import ENDED
from holdfast.engine.rollout.experiment import objects
from holdfast.engine.rollout.experiment.draft import Draft, Make, RemoveService
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.experiment import Experiment, TemplateSpec, TemplateStatus

PROGRESSING: Final = "Progressing"
RUNNING: Final = "Running"


def follow(draft: Draft) -> None:
    known = {one.name: one for one in draft.status.template_statuses}
    draft.set(
        template_statuses=tuple(
            _followed(draft, wanted, known.get(wanted.name, TemplateStatus(name=wanted.name)))
            for wanted in draft.experiment.spec.templates
        )
    )


def _followed(draft: Draft, wanted: TemplateSpec, status: TemplateStatus) -> TemplateStatus:
    name = objects.set_name(draft.experiment, wanted)
    found = draft.seen.sets.get(name)
    if found is not None:
        status = _counted(status, found)
    if status.status in ENDED:
        return status
    service = objects.service_name(draft.experiment, wanted)
    for kind, needed in (("ReplicaSet", name), ("Service", service)):
        if needed and f"{kind}/{needed}" in draft.seen.taken:
            return _changed(draft, status, "Error", f"{kind} {needed} is there and belongs to something else")
    if service:
        status = msgspec.structs.replace(status, service_name=service)
    if found is None:
        draft.act(Make(objects.replica_set(draft.experiment, wanted)))
        return _changed(draft, status, PROGRESSING)
    if service and service not in draft.seen.services:
        draft.act(Make(objects.service(draft.experiment, service, found)))
    _scale(draft, found, objects.replicas(wanted))
    if found.is_observed and found.desired == objects.replicas(wanted) <= found.available:
        return _changed(draft, status, RUNNING)
    return _awaited(draft, wanted, _changed(draft, status, PROGRESSING))


def _awaited(draft: Draft, wanted: TemplateSpec, status: TemplateStatus) -> TemplateStatus:
    seconds = draft.experiment.spec.progress_deadline_seconds or defaults.PROGRESS_DEADLINE
    began = instants.parse(status.last_transition_time) or draft.now
    if draft.now < began + durations.of_seconds(seconds):
        draft.wake(began + durations.of_seconds(seconds))
        return status
    said = f"the pods of template {wanted.name} are not available after {seconds} s (progressDeadlineSeconds)"
    return _changed(draft, status, "Failed", said)


def _counted(status: TemplateStatus, found: ReplicaSet) -> TemplateStatus:
    return msgspec.structs.replace(
        status,
        replicas=found.current,
        updated_replicas=found.current,
        ready_replicas=found.ready,
        available_replicas=found.available,
        pod_template_hash=found.hash,
    )


def _changed(draft: Draft, status: TemplateStatus, state: str, message: str = "") -> TemplateStatus:
    if state == status.status:
        return status
    text = f"Template {status.name} is {state.lower()}" + (f": {message}" if message else "")
    draft.tell(f"Template{state}", text, warning=state in ("Failed", "Error"))
    return msgspec.structs.replace(status, status=state, message=message, last_transition_time=draft.stamp)


def _scale(draft: Draft, found: ReplicaSet, replicas: int) -> None:
    """One that is used again, after a retry, has no deadline any more."""
    annotations: dict[str, str | None] = {replica_sets.DEADLINE: None} if found.deadline else {}
    if found.desired != replicas or annotations:
        draft.act(ChangeReplicaSet(found.name, None if found.desired == replicas else replicas, annotations))


def end(draft: Draft) -> None:
    """What has not failed has served its purpose."""
    draft.set(
        template_statuses=tuple(
            one if one.status in ENDED else _changed(draft, one, "Successful") for one in draft.status.template_statuses
        )
    )


def wind_down(draft: Draft) -> None:
    """The pods go when the delay is over, their service with them: until then routers may still send them traffic."""
    known = {one.name: one for one in draft.status.template_statuses}
    for wanted in draft.experiment.spec.templates:
        found = draft.seen.sets.get(objects.set_name(draft.experiment, wanted))
        is_up = found is not None and found.desired > 0 and not _is_taken_down(draft, found)
        service = objects.service_name(draft.experiment, wanted)
        if service in draft.seen.services and not is_up:
            draft.act(RemoveService(service))
        if found is not None and wanted.name in known:
            known[wanted.name] = _counted(known[wanted.name], found)
    draft.set(template_statuses=tuple(known.values()))


def scale_down_delay(experiment: Experiment) -> timedelta:
    said = experiment.spec.scale_down_delay_seconds
    return durations.of_seconds(defaults.SCALE_DOWN_DELAY if said is None else said)


def _is_taken_down(draft: Draft, found: ReplicaSet) -> bool:
    """False as long as its deadline lies ahead; it gets one when it has none."""
    at = instants.parse(found.deadline) if found.deadline else draft.now + scale_down_delay(draft.experiment)
    if at is None or draft.now >= at:
        draft.act(ChangeReplicaSet(found.name, 0, {replica_sets.DEADLINE: None} if found.deadline else {}))
        return True
    if not found.deadline:
        draft.act(ChangeReplicaSet(found.name, annotations={replica_sets.DEADLINE: instants.stamp(at)}))
    draft.wake(at)
    return False
