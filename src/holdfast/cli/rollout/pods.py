"""How a pod stands, in the words that `kubectl get pods` has for it, and why it does not serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from holdfast.engine.kube.pod_columns import columns_of
from holdfast.model.kube import KubeObject

LONGEST: Final = 160


def told(pod: KubeObject) -> tuple[str, str]:
    """Its status, and how many of its containers are ready, how often they began anew and what keeps one from running."""
    columns = columns_of(pod)
    restarts = f", restarts:{columns.restarts}" if columns.restarts else ""
    return columns.status, f"ready:{columns.ready}/{columns.containers}{restarts}{_why(pod.get('status') or {})}"


def _why(status: Mapping[str, Any]) -> str:
    waiting = ((one.get("state") or {}).get("waiting") or {} for one in status.get("containerStatuses") or ())
    said = [one.get("message") for one in waiting]
    scheduled = (one for one in status.get("conditions") or [] if one.get("type") == "PodScheduled")
    said += [one.get("message") for one in scheduled if one.get("status") == "False"]
    found = next((" ".join(str(text).split()) for text in (*said, status.get("message")) if text), "")
    return f": {found[: LONGEST - 1]}…" if len(found) > LONGEST else f": {found}" if found else ""
