"""Whether syncs keep their order: phases, waves, and what is said of hooks, told from the writes alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.engine.health.judge import judge
from holdfast.engine.plan import hooks, order
from holdfast.model.health import Health
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, key_of, metadata_of
from holdfast.model.names import HookPhase, OperationPhase, ResultCode
from holdfast.testing.simulated_git import Wish

STOPPED = "terminated"
NONE = ("", 0, 0.0)


class SyncOrder:
    """Counts the writes that it sees, and knows by that number when an object was healthy and when it was changed."""

    def __init__(self) -> None:
        self.live: dict[ObjectKey, KubeObject] = {}
        self._now = 0
        self._healthy_until: dict[ObjectKey, int] = {}
        self._changed: dict[ObjectKey, int] = {}
        self._ended: dict[str, set[ObjectKey]] = {}
        self._attempts: dict[str, tuple[str, int, float]] = {}

    def began(self, application: KubeObject, now: float) -> None:
        """Notes when the attempt of the application's operation began."""
        name, attempt = key_of(application).name, attempt_of(application)
        if self._attempts.get(name, NONE)[0] != attempt:
            self._attempts[name] = attempt, self._now, now

    def began_at(self, name: str) -> float:
        return self._attempts.get(name, NONE)[2]

    def saw(self, before: KubeObject | None, after: KubeObject | None, *, by_engine: bool) -> None:
        self._now += 1
        obj = after or before or {}
        key = key_of(obj)
        if before is not None and is_healthy(before):
            self._healthy_until[key] = self._now - 1
        if after is None:
            self.live.pop(key, None)
            return
        self.live[key] = after
        if by_engine and (before is None or _generation(before) != _generation(after)):
            self._changed[key] = self._now
        if is_healthy(after):
            self._healthy_until[key] = self._now
            self._ended.setdefault(annotations_of(after).get(hooks.OPERATION, ""), set()).add(key)

    def too_early(self, application: KubeObject, wish: Wish, obj: KubeObject) -> str:
        """What this object, which a sync of the application just wrote, should have waited for; "" for nothing."""
        name, attempt = key_of(application).name, attempt_of(application)
        began = self._attempts.get(name, NONE)[1]
        key = key_of(obj)
        phase = self._phase(obj, attempt)
        if phase is None:
            return ""
        if phase is not HookPhase.PRE_SYNC:
            wanted = sum(HookPhase.PRE_SYNC in hooks.phases_of(hook) for hook in wish.hook_manifests)
            if len(self._ended.get(f"{attempt}/{HookPhase.PRE_SYNC}", ())) < wanted:
                return "a PreSync hook"
        for other, manifest in wish.objects.items():
            first = phase is HookPhase.POST_SYNC or order.wave_of(manifest) < order.wave_of(obj)
            if phase is HookPhase.PRE_SYNC or other == key or not first:
                continue
            if not self._was_healthy(other, max(began, self._changed.get(other, 0))):
                return str(other)
        return ""

    def _phase(self, obj: KubeObject, attempt: str) -> HookPhase | None:
        """None for what another attempt made, and for hooks that come when something has failed."""
        marker = annotations_of(obj).get(hooks.OPERATION)
        if marker is None:
            return HookPhase.SYNC
        phases = (HookPhase.PRE_SYNC, HookPhase.SYNC, HookPhase.POST_SYNC)
        return next((phase for phase in phases if marker == f"{attempt}/{phase}"), None)

    def _was_healthy(self, key: ObjectKey, since: int) -> bool:
        live = self.live.get(key)
        return (live is not None and is_healthy(live)) or self._healthy_until.get(key, -1) >= since

    def is_running(self, hook: KubeObject, application: KubeObject) -> bool:
        """The hook was made by the attempt that is under way, nobody terminates that, and it has not ended."""
        marker, attempt = annotations_of(hook).get(hooks.OPERATION, ""), attempt_of(application)
        if not attempt or _state(application).get("phase") != OperationPhase.RUNNING:
            return False
        health = judge(hook)
        ended = health is None or health.status in (Health.HEALTHY, Health.DEGRADED)
        return marker.startswith(f"{attempt}/") and not ended

    def slandered(self, application: KubeObject) -> Iterator[str]:
        """Hooks that the application's status calls failed, and that have not failed."""
        state = _state(application)
        retries = int(state.get("retryCount") or 0)
        attempts = [f"{state.get('startedAt')}/{number}" for number in (retries - 1, retries)]
        for result in ((state.get("syncResult") or {}).get("resources")) or ():
            if not result.get("hookType") or not _has_failed(result) or result.get("message") == STOPPED:
                continue
            names = (str(result.get(name) or "") for name in ("group", "kind", "namespace", "name"))
            live = self.live.get(ObjectKey(*names))
            if live is None or is_being_deleted(live):
                continue
            instance = key_of(application).name
            phase = str(result.get("syncPhase"))
            if not any(hooks.is_of_run(live, attempt, phase, instance) for attempt in attempts):
                continue
            health = judge(live)
            if health is None or health.status is not Health.DEGRADED:
                yield f"{key_of(live)}, called failed: {result.get('message')}"


def attempt_of(application: KubeObject) -> str:
    """The attempt that is under way, "" for none."""
    state = _state(application)
    if state.get("phase") not in (OperationPhase.RUNNING, OperationPhase.TERMINATING):
        return ""
    return f"{state.get('startedAt')}/{state.get('retryCount') or 0}"


def is_whole(application: KubeObject) -> bool:
    """The sync that is under way applies everything, in its order."""
    sync = (_state(application).get("operation") or {}).get("sync") or {}
    policy = (application.get("spec") or {}).get("syncPolicy") or {}
    chosen = (*(policy.get("syncOptions") or ()), *(sync.get("syncOptions") or ()))
    return not sync.get("resources") and "ApplyOutOfSyncOnly=true" not in chosen


def is_healthy(obj: KubeObject) -> bool:
    health = judge(obj)
    return health is None or health.status is Health.HEALTHY


def _state(application: KubeObject) -> dict[str, Any]:
    return (application.get("status") or {}).get("operationState") or {}


def _has_failed(result: dict[str, Any]) -> bool:
    return result.get("status") == ResultCode.SYNC_FAILED or result.get("hookPhase") == OperationPhase.FAILED


def _generation(obj: KubeObject) -> int:
    return int(metadata_of(obj).get("generation") or 0)
