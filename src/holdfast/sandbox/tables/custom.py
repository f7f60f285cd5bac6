"""The cells of custom resources: what the JSON paths of additionalPrinterColumns find."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells as pieces
from holdfast.sandbox.tables.cells import Cells

_STEP: Final = re.compile(
    r"\.?(?P<field>[^.\[\]'\"\\]+(?:\\.[^.\[\]'\"\\]*)*)"
    r"|\[(?P<index>-?\d+|\*)\]"
    r"|\['(?P<quoted>[^']+)'\]"
    r"|\[\?\(@\.(?P<key>[^=!<> ]+)\s*==\s*['\"](?P<value>[^'\"]*)['\"]\)\]"
)


def cells(columns: Sequence[Mapping[str, Any]]) -> Cells:
    """The name, then what each column finds."""
    paths = [(_steps(str(column.get("jsonPath") or "")), str(column.get("type") or "")) for column in columns]

    def of(obj: KubeObject, now: datetime) -> list[Any]:
        return [pieces.name(obj), *(_cell(find(obj, steps), kind, now) for steps, kind in paths)]

    return of


def _steps(path: str) -> list[Mapping[str, str | None]]:
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    return [match.groupdict() for match in _STEP.finditer(text)]


def find(obj: Any, steps: Sequence[Mapping[str, str | None]]) -> list[Any]:
    """Every value that the path leads to."""
    found = [obj]
    for step in steps:
        found = [inner for value in found for inner in _into(value, step)]
    return found


def _into(value: Any, step: Mapping[str, str | None]) -> list[Any]:
    field = step["field"] or step["quoted"]
    if field is not None:
        field = field.replace("\\.", ".")
        return [value[field]] if isinstance(value, dict) and field in value else []
    if step["key"] is not None:
        items = value if isinstance(value, list) else []
        return [item for item in items if isinstance(item, dict) and item.get(step["key"]) == step["value"]]
    if step["index"] == "*":
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    index = int(step["index"] or 0)
    return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []


def _cell(found: list[Any], kind: str, now: datetime) -> Any:
    if not found:
        return None
    value = found[0]
    match kind:
        case "integer":
            return value if isinstance(value, int) else None
        case "number":
            return value if isinstance(value, int | float) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return pieces.since(value, now)
        case _:
            return _text(found)


def _text(found: list[Any]) -> str:
    parts = []
    for value in found:
        if isinstance(value, bool):
            parts.append("true" if value else "false")
        elif isinstance(value, dict | list):
            parts.append(str(value).replace("'", '"'))
        else:
            parts.append("" if value is None else str(value))
    return ",".join(parts)
