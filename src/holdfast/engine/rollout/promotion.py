"""The new pods become the stable ones."""

from __future__ import annotations

from typing import Final

from holdfast.engine.rollout import defaults, history
from holdfast.engine.rollout.draft import Draft

ROLLED_BACK: Final = "RolledBack"


def promote(draft: Draft, reason: str) -> None:
    status = draft.status
    word = _word(draft)
    draft.set(stable_rs=status.current_pod_hash, promote_full=False, pause_conditions=(), controller_pause=False)
    draft.tell(
        "RolloutCompleted",
        f"Rollout completed update to revision {draft.revision} ({status.current_pod_hash}): {reason}",
    )
    new = draft.new
    if new is not None and not history.was_stable(new):
        draft.annotate(new, {history.PROMOTED: draft.stamp})
    draft.finish(word)


def _word(draft: Draft) -> str:
    """Fast is what has not gone through all that the strategy asks for."""
    new, is_full = draft.new, draft.status.promote_full
    if new is None or not draft.status.stable_rs or not history.was_stable(new):
        return "FastPromoted" if is_full else "Promoted"
    was_there = defaults.blue_green(draft.rollout) is not None and bool(new.deadline)
    return f"Fast{ROLLED_BACK}" if is_full or was_there or history.is_within_window(draft, new.hash) else ROLLED_BACK
