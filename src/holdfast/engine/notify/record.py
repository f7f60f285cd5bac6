"""What an object was told already, as an annotation of it: a controller that starts anew tells nothing twice.

The form is Argo CD's: a JSON object of keys and the second in which each was told. Only the newest are kept.
Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/ (annotation `notified.notifications.argoproj.io`)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from holdfast.model.notification import Destination

ANNOTATION: Final = "notified.notifications.argoproj.io"
MOST: Final = 100
MOST_BYTES: Final = 32 * 1024
"""All annotations of an object may have 256 KiB together."""


def key(once_per: str, trigger: str, condition: str, destination: Destination, namespace: str = "") -> str:
    """`namespace` is that of settings which stand beside the object, "" for those of the controller."""
    parts = [once_per] if once_per else []
    parts += [trigger, condition, destination.service, destination.recipient]
    return ":".join([*parts, namespace] if namespace else parts)


def read(text: str) -> dict[str, int]:
    """What is no record tells of nothing."""
    try:
        found: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: at for name, at in found.items() if isinstance(at, int) and not isinstance(at, bool)}


def with_told(record: Mapping[str, int], name: str, at: int) -> dict[str, int]:
    """`at` in seconds since 1970."""
    left = {other: when for other, when in record.items() if other != name}
    newest = max(left.values(), default=at)
    # A clock that was set back must not make the newest look old.
    return _bounded({**left, name: max(at, newest)})


def without(record: Mapping[str, int], name: str) -> dict[str, int]:
    return {other: at for other, at in record.items() if other != name}


def written(record: Mapping[str, int]) -> str:
    return json.dumps(dict(record), separators=(",", ":"), ensure_ascii=False)


def _bounded(record: dict[str, int]) -> dict[str, int]:
    """The newest; of those of one second the ones that were written last."""
    ordered = sorted(enumerate(record.items()), key=lambda it: (it[1][1], it[0]))
    kept: list[tuple[int, str, int]] = []
    size = 2
    for place, (name, at) in reversed(ordered):
        size += len(written({name: at}).encode()) - 1
        if kept and (len(kept) >= MOST or size > MOST_BYTES):
            break
        kept.append((place, name, at))
    return {name: at for _, name, at in sorted(kept)}
