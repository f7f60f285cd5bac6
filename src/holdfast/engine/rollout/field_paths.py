"""The value of a field of a Rollout, as an argument of its analyses names it.

Source: Argo Rollouts, docs/features/analysis.md (`valueFrom.fieldRef`)
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from holdfast.model.rollout import Rollout

_STEP: Final = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)")


def value(rollout: Rollout, path: str) -> str:
    """`metadata.labels['env']`, `metadata.annotations['a/b']` (empty where there is none), or a path of dots with places in
    lists, such as `status.pauseConditions[0].reason`. Raises ValueError for a field that the Rollout does not have."""
    for place, values in (("labels", rollout.metadata.labels), ("annotations", rollout.metadata.annotations)):
        start = f"metadata.{place}['"
        if path.startswith(start) and path.endswith("']"):
            return values.get(path[len(start) : -2], "")
    found: Any = msgspec.to_builtins(rollout)
    for step in path.split("."):
        found = _after(found, step)
    match found:
        case bool():
            return str(found).lower()
        case str() | int() | float() if found != "":
            return str(found)
        case _:
            raise ValueError(f"the Rollout has no field {path}")


def _after(found: Any, step: str) -> Any:
    """None where there is nothing."""
    read = _STEP.fullmatch(step)
    if read is None:
        return None
    found = found.get(read[1]) if isinstance(found, dict) else None
    for number in re.findall(r"\d+", read[2]):
        at = int(number)
        found = found[at] if isinstance(found, list | tuple) and at < len(found) else None
    return found
