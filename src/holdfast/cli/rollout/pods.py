"""How a pod stands, in the words that `kubectl get pods` has for it, and why it does not serve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from holdfast.engine.kube import pod_words
from holdfast.model.kube import KubeObject

LONGEST: Final = 160


def told(pod: KubeObject) -> tuple[str, str]:
    """Its status, and how many of its containers are ready, how often they began anew and what keeps one from running."""
    status = pod.get("status") or {}
    containers: list[dict[str, Any]] = status.get("containerStatuses") or []
    count = max(len((pod.get("spec") or {}).get("containers") or []), len(containers))
    info = f"ready:{sum(bool(one.get('ready')) for one in containers)}/{count}"
    restarts = sum(int(one.get("restartCount") or 0) for one in containers)
    info += f", restarts:{restarts}" if restarts else ""
    return pod_words.word(pod), f"{info}{_why(status, containers)}"


def _why(status: dict[str, Any], containers: Iterable[dict[str, Any]]) -> str:
    said = [((one.get("state") or {}).get("waiting") or {}).get("message") for one in containers]
    scheduled = (one for one in status.get("conditions") or [] if one.get("type") == "PodScheduled")
    said += [one.get("message") for one in scheduled if one.get("status") == "False"]
    found = next((" ".join(str(text).split()) for text in (*said, status.get("message")) if text), "")
    return f": {found[: LONGEST - 1]}…" if len(found) > LONGEST else f": {found}" if found else ""
