"""Whether a live object holds all that a manifest says, for where the server cannot be asked."""

from __future__ import annotations

from typing import Any

from holdfast.engine.diff import differences


def overlaid(desired: Any, live: Any) -> Any:
    """`live` with everything that `desired` says put over it; what `desired` does not mention stays."""
    if isinstance(desired, dict) and isinstance(live, dict):
        return {**live, **{key: overlaid(value, live.get(key)) for key, value in desired.items()}}
    if isinstance(desired, list) and isinstance(live, list):
        key = differences.item_key(desired, live)
        if key is None:
            return [overlaid(item, live[number] if number < len(live) else None) for number, item in enumerate(desired)]
        known = {item[key]: item for item in live}
        return [overlaid(item, known.get(item[key])) for item in desired]
    return desired
