"""How a pod stands, in the words that `kubectl get pods` has for it, and why it does not serve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from holdfast.model.kube import KubeObject, is_being_deleted

LONGEST: Final = 160


def told(pod: KubeObject) -> tuple[str, str]:
    """Its status, and how many of its containers are ready, how often they began anew and what keeps one from running."""
    status = pod.get("status") or {}
    containers: list[dict[str, Any]] = status.get("containerStatuses") or []
    count = max(len((pod.get("spec") or {}).get("containers") or []), len(containers))
    info = f"ready:{sum(bool(one.get('ready')) for one in containers)}/{count}"
    restarts = sum(int(one.get("restartCount") or 0) for one in containers)
    info += f", restarts:{restarts}" if restarts else ""
    return _state(pod), f"{info}{_why(status, containers)}"


def _state(pod: KubeObject) -> str:
    status = pod.get("status") or {}
    if is_being_deleted(pod):
        return "Terminating"
    if status.get("reason"):
        return str(status["reason"])
    words = [*_initialising(pod, status), *map(_word, status.get("containerStatuses") or [])]
    found = next((word for word in words if word and word != "Completed"), "")
    return found or (words[0] if words and all(words) else "") or str(status.get("phase") or "")


def _initialising(pod: KubeObject, status: dict[str, Any]) -> list[str]:
    """The first init container that is not done; a sidecar is when it has started."""
    found = status.get("initContainerStatuses") or []
    for at, one in enumerate(found):
        state = one.get("state") or {}
        is_done = (state.get("terminated") or {}).get("exitCode") == 0 and "terminated" in state
        if is_done or (one.get("started") and "running" in state):
            continue
        word = _word(one)
        return [f"Init:{word}" if word and word != "PodInitializing" else f"Init:{at}/{len(found)}"]
    return []


def _word(container: dict[str, Any]) -> str:
    """ "" for one that runs."""
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    if waiting.get("reason"):
        return str(waiting["reason"])
    if not ended:
        return ""
    signal = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"
    return str(ended.get("reason") or signal)


def _why(status: dict[str, Any], containers: Iterable[dict[str, Any]]) -> str:
    said = [((one.get("state") or {}).get("waiting") or {}).get("message") for one in containers]
    scheduled = (one for one in status.get("conditions") or [] if one.get("type") == "PodScheduled")
    said += [one.get("message") for one in scheduled if one.get("status") == "False"]
    found = next((" ".join(str(text).split()) for text in (*said, status.get("message")) if text), "")
    return f": {found[: LONGEST - 1]}…" if len(found) > LONGEST else f": {found}" if found else ""
