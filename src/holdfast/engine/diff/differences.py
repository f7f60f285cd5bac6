"""Walks two JSON values side by side and lists where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.engine.kube import canonical

LIMIT = 200

# The keys by which the items of Kubernetes' lists are known, for lists whose schema nobody gave us.
ITEM_KEYS = ("name", "containerPort", "port", "mountPath", "type", "key", "host")


def walk(before: Any, after: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """(path, before, after) for each smallest part that differs; None stands for an absent value."""
    if canonical.equal(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from walk(before.get(key), after.get(key), (*path, key))
        return
    if isinstance(before, list) and isinstance(after, list):
        yield from _walk_lists(before, after, path)
        return
    if before is not None or after is not None:
        yield path, before, after


def _walk_lists(
    before: list[Any], after: list[Any], path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    key = item_key(before, after)
    if key is not None:
        had = {item[key]: item for item in before}
        has = {item[key]: item for item in after}
        found = [
            part
            for name in sorted({*had, *has}, key=str)
            for part in walk(had.get(name), has.get(name), (*path, {key: name}))
        ]
        # Only the order differs: the list as a whole is what changes.
        yield from found or [(path, before, after)]
    elif len(before) == len(after):
        for number, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from walk(left, right, (*path, number))
    else:
        yield path, before, after


def item_key(before: list[Any], after: list[Any]) -> str | None:
    for key in ITEM_KEYS:
        if all(_is_keyed(items, key) for items in (before, after)):
            return key
    return None


def _is_keyed(items: list[Any], key: str) -> bool:
    names = [item.get(key) if isinstance(item, dict) else None for item in items]
    return all(isinstance(name, str | int) for name in names) and len(set(names)) == len(names)


def text_of(path: tuple[Any, ...]) -> str:
    """`.spec.containers[name=app].image`"""
    text = ""
    for step in path:
        if isinstance(step, dict):
            text += "[" + ",".join(f"{key}={value}" for key, value in step.items()) + "]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}"
        else:
            text += f'["{step}"]'
    return text
