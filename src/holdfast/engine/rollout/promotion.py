"""The new pods become the stable ones."""

from __future__ import annotations

import msgspec

from holdfast.engine.rollout import history
from holdfast.engine.rollout.draft import Draft
from holdfast.model.rollout import RolloutDurationStatus


def promote(draft: Draft, reason: str) -> None:
    status = draft.status
    draft.set(stable_rs=status.current_pod_hash, promote_full=False, pause_conditions=(), controller_pause=False)
    draft.tell(
        "RolloutCompleted",
        f"Rollout completed update to revision {draft.revision} ({status.current_pod_hash}): {reason}",
    )
    new = draft.new
    if new is not None and not history.was_stable(new):
        draft.annotate(new, {history.PROMOTED: draft.stamp})
    duration = status.duration or RolloutDurationStatus()
    word = "FastPromoted" if status.promote_full else "Promoted"
    draft.set(duration=msgspec.structs.replace(duration, finished_at=draft.stamp, completion_status=word))
