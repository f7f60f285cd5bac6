"""Paths into JSON as Kubernetes writes them: `{$.data.items[0].value}`.

Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/
"""

from __future__ import annotations

import re
from typing import Any, Final

LONGEST: Final = 1024
MOST_FOUND: Final = 10_000
_STEP: Final = re.compile(
    r"(?P<deep>\.\.)?\.?(?P<field>[^.\[\]'\"\\{}$@()*\s]+(?:\\.[^.\[\]'\"\\{}]*)*)"
    r"|(?P<anywhere>\.\.)?\.?\*"
    r"|\[(?P<index>-?\d{1,9})\]"
    r"|\[(?P<all>\*)\]"
    r"|\[(?P<start>-?\d{0,9}):(?P<end>-?\d{0,9})\]"
    r"|\[(?:'(?P<single>[^']+)'|\"(?P<double>[^\"]+)\")\]"
    r"|\[\?\(@\.(?P<key>[^=!<>\s\[\]]+)\s*(?P<operator>==|!=|<=|>=|<|>)\s*"
    r"(?:'(?P<text>[^']*)'|\"(?P<quoted>[^\"]*)\"|(?P<number>-?\d+(?:\.\d+)?)|(?P<truth>true|false))\)\]"
)


class JsonPathError(ValueError):
    """The path cannot be read, or leads nowhere."""


def found(path: str, data: Any) -> list[Any]:
    """Every value that the path leads to, in order. Raises JsonPathError for a field that is not there."""
    values = [data]
    for step in _steps(path):
        values = [inner for value in values for inner in _into(value, step)]
        if len(values) > MOST_FOUND:
            raise JsonPathError(f"{path} leads to more than {MOST_FOUND:,} values")
    return values


def _steps(path: str) -> list[re.Match[str]]:
    text = path.strip().removeprefix("{").removesuffix("}").strip()
    text = text.removeprefix("$")
    if len(text) > LONGEST:
        raise JsonPathError(f"a path has at most {LONGEST} characters")
    steps: list[re.Match[str]] = []
    at = 0
    while at < len(text) and text != ".":
        step = _STEP.match(text, at)
        if step is None:
            raise JsonPathError(f"{path} cannot be read from {text[at:]!r} on")
        steps.append(step)
        at = step.end()
    return steps


def _into(value: Any, step: re.Match[str]) -> list[Any]:
    field = step["field"] or step["single"] or step["double"]
    if field is not None:
        name = field.replace("\\.", ".")
        if step["deep"]:
            return [inner[name] for inner in _all_below(value) if isinstance(inner, dict) and name in inner]
        return [_member(value, name)]
    if step["key"] is not None:
        return [item for item in _items(value) if _fulfils(item, step)]
    if step["index"] is not None:
        return [_item(value, int(step["index"]))]
    if step["start"] is not None:
        start, end = (int(text) if text else None for text in (step["start"], step["end"]))
        return _items(value)[start:end]
    return _all_below(value) if step["anywhere"] else _items(value)


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise JsonPathError(f"{name} is not found")
    return value[name]


def _item(value: Any, index: int) -> Any:
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        raise JsonPathError(f"there is no item {index}")
    return value[index]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _all_below(value: Any) -> list[Any]:
    """The value and all that it holds, outermost first."""
    waiting, known = [value], []
    while waiting:
        one = waiting.pop(0)
        known.append(one)
        waiting = [*_items(one), *waiting]
        if len(known) > MOST_FOUND:
            raise JsonPathError(f"the answer holds more than {MOST_FOUND:,} values")
    return known


def _fulfils(item: Any, step: re.Match[str]) -> bool:
    there = item
    for name in step["key"].split("."):
        if not isinstance(there, dict) or name not in there:
            return False
        there = there[name]
    wanted = _wanted(step)
    is_comparable = isinstance(there, str) == isinstance(wanted, str) and there is not None
    match step["operator"]:
        case "==":
            return bool(there == wanted)
        case "!=":
            return bool(there != wanted)
        case _ if not is_comparable or isinstance(there, dict | list):
            return False
        case "<":
            return bool(there < wanted)
        case ">":
            return bool(there > wanted)
        case "<=":
            return bool(there <= wanted)
        case _:
            return bool(there >= wanted)


def _wanted(step: re.Match[str]) -> str | float | bool:
    if step["number"] is not None:
        return float(step["number"])
    if step["truth"] is not None:
        return bool(step["truth"] == "true")
    return step["text"] if step["text"] is not None else step["quoted"]
