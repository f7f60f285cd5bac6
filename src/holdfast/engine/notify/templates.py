"""The texts of templates: which are to be filled for a destination, and the template with what they became.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/templates/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

MESSAGE: Final = "message"
MOST_TEXTS: Final = 200

Path: TypeAlias = tuple[str | int, ...]


def merged(templates: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a later one says goes before what an earlier one says."""
    found: dict[str, Any] = {}
    for template in templates:
        found = _over(found, template)
    return found


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for key, value in above.items():
        known = found.get(key)
        found[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return found


def wanted(template: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    """The part for a service of this kind and name: the message, and the fields of its own."""
    own = template.get(kind)
    if kind == "webhook" and isinstance(own, dict):
        own = own.get(name)
    message = template.get(MESSAGE)
    part = {MESSAGE: message if isinstance(message, str) else ""}
    return {**part, kind: own} if isinstance(own, dict) else part


def texts(part: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Every text with its place. Raises ValueError where they are too many."""
    found = list(_texts(part, ()))
    if len(found) > MOST_TEXTS:
        raise ValueError(f"has {len(found)} texts for one service, {MOST_TEXTS} are allowed")
    return found


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case str():
            if "{{" in value:
                yield path, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, (*path, key))
        case list():
            for number, inner in enumerate(value):
                yield from _texts(inner, (*path, number))
        case _:
            pass


def filled(part: Mapping[str, Any], paths: Sequence[Path], becoming: Sequence[str]) -> dict[str, Any]:
    """The part with each text replaced by what it became."""
    known = dict(zip(paths, becoming, strict=True))
    found: dict[str, Any] = _filled(part, (), known)
    return found


def _filled(value: Any, path: Path, known: Mapping[Path, str]) -> Any:
    match value:
        case str():
            return known.get(path, value)
        case dict():
            return {key: _filled(inner, (*path, key), known) for key, inner in value.items()}
        case list():
            return [_filled(inner, (*path, number), known) for number, inner in enumerate(value)]
        case _:
            return value


def shown(path: Path) -> str:
    """`slack.attachments`"""
    return ".".join(map(str, path))
