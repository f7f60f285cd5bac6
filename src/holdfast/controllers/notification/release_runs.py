"""The AnalysisRuns of the release that a Rollout is in, for templates and conditions that are about them.

Source: https://argo-rollouts.readthedocs.io/en/stable/features/notifications/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.resource_types import ANALYSIS_RUN
from holdfast.ports.cluster import Reader

VARIABLE: Final = "analysisRuns"


async def variables(cluster: Reader, rollout: KubeObject, texts: Iterable[str]) -> dict[str, Any]:
    """Nothing is asked for texts that are not about runs. Raises ApiError."""
    if not any(VARIABLE in text for text in texts):
        return {}
    return {VARIABLE: await of_release(cluster, rollout)}


async def of_release(cluster: Reader, rollout: KubeObject) -> list[KubeObject]:
    """Those that the Rollout controls, of its newest pods; the newest run is the first."""
    current = (rollout.get("status") or {}).get("currentPodHash") or ""
    uid = rollout["metadata"].get("uid") or ""
    if not current or not uid:
        return []
    listing = await cluster.list(ANALYSIS_RUN, namespace=namespace_of(rollout), labels=f"{HASH_LABEL}={current}")
    found = [
        live.decode()
        for live in listing.items
        if any(owner.controller and owner.uid == uid for owner in live.metadata.owner_references)
    ]
    return sorted(
        found, key=lambda run: (str(run["metadata"].get("creationTimestamp") or ""), name_of(run)), reverse=True
    )
