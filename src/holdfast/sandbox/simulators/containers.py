"""The life of one container: its next status from the last one and the time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.sandbox.simulators.behaviours import Behaviour
from holdfast.sandbox.simulators.probes import probe_times

START = timedelta(seconds=1)
CRASH = timedelta(seconds=1)
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=5)
# The pull is tried once, then the kubelet says that it waits.
PULL_BACKOFF = timedelta(seconds=10)

Status = dict[str, Any]


class Setting(Struct, frozen=True):
    """`since` is when the container may start, `runs_to_end` whether its command ends by itself."""

    container: dict[str, Any]
    behaviour: Behaviour
    restart_policy: str
    since: datetime
    runs_to_end: bool
    pod_uid: str


class Step(Struct, frozen=True):
    """`due` is when the status has to be looked at again."""

    status: Status
    due: datetime | None = None


def next_status(setting: Setting, old: Status | None, now: datetime) -> Step:
    """Several steps may be due at once after a pause: they are taken one after the other."""
    step = Step(old or waiting(setting.container, "ContainerCreating"))
    while True:
        following = _one_step(setting, step.status, now)
        if following.status == step.status:
            return following
        step = following


def waiting(container: dict[str, Any], reason: str) -> Status:
    return {
        "name": container.get("name", ""),
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "started": False,
        "state": {"waiting": {"reason": reason}},
    }


def _one_step(setting: Setting, status: Status, now: datetime) -> Step:
    state = status.get("state") or {}
    if "running" in state:
        return _running(setting, status, now)
    if "terminated" in state:
        return _terminated(setting, status)
    match (state.get("waiting") or {}).get("reason"):
        case "CrashLoopBackOff":
            return _backing_off(setting, status, now)
        case "ErrImagePull" | "ImagePullBackOff":
            return _pulling(setting, status, now)
        case _:
            return _creating(setting, status, now)


def _creating(setting: Setting, status: Status, now: datetime) -> Step:
    # Without a readiness probe a slow start can be seen in nothing else.
    slow = setting.behaviour.answers_after if not setting.container.get("readinessProbe") else None
    due = setting.since + START + (slow or timedelta(0))
    if now < due:
        return Step(_waits_for(status, "ContainerCreating"), due)
    if setting.behaviour.cannot_be_pulled:
        return _pulling(setting, status, now)
    return Step(_started(setting, status, due, restarts=status.get("restartCount", 0)))


def _pulling(setting: Setting, status: Status, now: datetime) -> Step:
    if not setting.behaviour.cannot_be_pulled:
        return Step(_started(setting, status, now, restarts=status.get("restartCount", 0)))
    image = setting.container.get("image", "")
    if now < setting.since + START + PULL_BACKOFF:
        message = f'failed to pull and unpack image "{image}": not found'
        return Step(_waits_for(status, "ErrImagePull", message), setting.since + START + PULL_BACKOFF)
    return Step(_waits_for(status, "ImagePullBackOff", f'Back-off pulling image "{image}"'))


def _running(setting: Setting, status: Status, now: datetime) -> Step:
    began = instants.parse(status["state"]["running"].get("startedAt")) or now
    behaviour = setting.behaviour
    if behaviour.crashes:
        return _ends(setting, status, began, began + CRASH, now, code=1)
    if setting.runs_to_end:
        return _ends(setting, status, began, began + behaviour.runs_for, now, code=1 if behaviour.fails else 0)
    times = probe_times(setting.container, behaviour, began)
    if times.killed is not None and now >= times.killed:
        return _ends(setting, status, began, times.killed, now, code=137)
    started = times.started is not None and now >= times.started
    ready = times.ready is not None and now >= times.ready
    due = min((each for each in (times.started, times.ready, times.killed) if each and each > now), default=None)
    return Step({**status, "started": started, "ready": ready}, due)


def _ends(setting: Setting, status: Status, began: datetime, ended: datetime, now: datetime, *, code: int) -> Step:
    if now < ended:
        return Step({**status, "started": True, "ready": not setting.container.get("readinessProbe")}, ended)
    terminated = {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": instants.stamp(began),
        "finishedAt": instants.stamp(ended),
        "containerID": status.get("containerID", ""),
    }
    return Step({**status, "started": False, "ready": False, "state": {"terminated": terminated}})


def _terminated(setting: Setting, status: Status) -> Step:
    terminated = status["state"]["terminated"]
    if setting.restart_policy == "Never" or (setting.restart_policy == "OnFailure" and not terminated["exitCode"]):
        return Step(status)
    message = f"back-off {_pause(status).total_seconds():.0f}s restarting failed container={setting.container['name']}"
    return Step({**_waits_for(status, "CrashLoopBackOff", message), "lastState": {"terminated": terminated}})


def _backing_off(setting: Setting, status: Status, now: datetime) -> Step:
    finished = instants.parse(((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt")) or now
    due = finished + _pause(status)
    if now < due:
        return Step(status, due)
    return Step(_started(setting, status, now, restarts=status.get("restartCount", 0) + 1))


def _pause(status: Status) -> timedelta:
    exponent = min(int(status.get("restartCount", 0)), 10)
    return min(FIRST_BACKOFF * int(2**exponent), LONGEST_BACKOFF)


def _started(setting: Setting, status: Status, at: datetime, *, restarts: int) -> Status:
    name = setting.container.get("name", "")
    image = setting.container.get("image", "")
    identity = hashlib.sha256(f"{setting.pod_uid}/{name}/{restarts}".encode()).hexdigest()
    return {
        **status,
        "image": image,
        "imageID": f"{image.partition('@')[0].rpartition(':')[0] or image}@sha256:{hashlib.sha256(image.encode()).hexdigest()}",
        "containerID": f"containerd://{identity}",
        "restartCount": restarts,
        "started": False,
        "ready": False,
        "state": {"running": {"startedAt": instants.stamp(at)}},
    }


def _waits_for(status: Status, reason: str, message: str = "") -> Status:
    state = {"reason": reason, **({"message": message} if message else {})}
    return {**status, "started": False, "ready": False, "state": {"waiting": state}}
