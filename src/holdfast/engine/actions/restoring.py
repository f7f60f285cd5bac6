"""Gives what came back from Lua the types that the original had: Lua knows neither integers nor kinds of empty tables."""

from __future__ import annotations

from typing import Any


def restored(new: Any, original: Any) -> Any:
    """`new` with each empty table and each number as `original` has it at the same place, where it is the same.

    Source: Argo CD, util/lua/lua.go, cleanReturnedObj; an emptied mapping is empty here, where it gives the old one.
    """
    if isinstance(new, list):
        return _restored_list(new, original)
    if isinstance(new, dict):
        if not isinstance(original, dict):
            return new
        return {key: restored(value, original.get(key)) for key, value in new.items()}
    if _is_number(new) and _is_number(original) and float(new) == float(original):
        return original
    return new


def restored_by_names(new: Any, original: Any) -> Any:
    """For an object that a script made out of parts of `original`: a field that is a mapping there is one here."""
    mappings, lists = set[str](), set[str]()
    _sort_names(original, mappings, lists)
    return _emptied(new, mappings - lists)


def _sort_names(value: Any, mappings: set[str], lists: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _sort_names(item, mappings, lists)
    elif isinstance(value, dict):
        mappings.update(name for name, item in value.items() if isinstance(item, dict))
        lists.update(name for name, item in value.items() if isinstance(item, list))
        for item in value.values():
            _sort_names(item, mappings, lists)


def _emptied(value: Any, mappings: set[str]) -> Any:
    if isinstance(value, list):
        return [_emptied(item, mappings) for item in value]
    if isinstance(value, dict):
        return {
            name: {} if item == [] and name in mappings else _emptied(item, mappings) for name, item in value.items()
        }
    return value


def _restored_list(new: list[Any], original: Any) -> Any:
    if not new and isinstance(original, dict):
        return {}
    if not isinstance(original, list):
        return new
    kept = [restored(value, old) for value, old in zip(new, original, strict=False)]
    return kept + new[len(kept) :]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
