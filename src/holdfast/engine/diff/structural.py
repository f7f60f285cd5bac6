"""What a live object would be if a manifest were put over it, for where the server is not asked."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from holdfast.engine.diff import attribution, differences
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import FIELD_MANAGER, Annotation


def three_way(desired: KubeObject, live: KubeObject) -> KubeObject:
    """`live` with everything that `desired` says, and without what was applied before and `desired` does not say now."""
    after: KubeObject = copy.deepcopy(overlaid(desired, live))
    for path in _applied_before(live):
        if _is_left_out(desired, path):
            attribution.remove(after, path)
    return after


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


def _applied_before(live: KubeObject) -> Iterator[attribution.Path]:
    """The leaves that we applied, or that kubectl says it applied last; who writes a whole object holds defaults too."""
    yield from attribution.paths_held_by(live, (FIELD_MANAGER,), "Apply")
    try:
        last = json.loads(annotations_of(live).get(Annotation.LAST_APPLIED) or "null")
    except ValueError:
        return
    if isinstance(last, dict):
        yield from _leaves({name: value for name, value in last.items() if name != "status"}, ())


def _leaves(value: Any, path: attribution.Path) -> Iterator[attribution.Path]:
    """Lists are compared as a whole by `overlaid`, where what is not desired is gone already."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path


def _may_be(item: Any, step: Any) -> bool:
    """The server knows items by keys that it has filled in, such as a port's protocol."""
    if not isinstance(step, dict) or not isinstance(item, dict):
        return bool(item == step)
    return any(key in item for key in step) and all(item.get(key, value) == value for key, value in step.items())


def _is_left_out(desired: Any, path: attribution.Path) -> bool:
    """The manifest speaks of nothing at this path, nor of anything that holds or fills it."""
    for step in path:
        if isinstance(desired, dict) and isinstance(step, str):
            if step not in desired:
                return True
            desired = desired[step]
        elif isinstance(desired, list):
            items = [item for item in desired if _may_be(item, step)]
            if not items:
                return True
            desired = items[0]
        else:
            return False
    return False
