"""The merge patches that the controller writes to an Application: only what changed, of what is ours."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube import merge_patch
from holdfast.engine.status.encode import encode
from holdfast.model.application import ApplicationStatus


def status_patch(before: ApplicationStatus, after: ApplicationStatus) -> dict[str, Any] | None:
    """`{"status": …}`, or None when there is nothing to write. Fields that we do not know are not touched."""
    if before == after:
        return None
    change = merge_patch.difference(encode(before), encode(after))
    return {"status": change} if change else None
