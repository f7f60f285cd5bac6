"""Helm's `--set` language: `a.b[1].c=value,d={x,y}`, parsed into values that are already there.

Source: https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

MAX_INDEX: Final = 65_536
MAX_DEPTH: Final = 30
MAX_INT: Final = 2**63
_WORDS: Final = {"true": True, "false": False, "null": None}


class StrvalsError(ValueError):
    """The expression cannot be read, or does not fit what is there."""


class StrvalsEnded(StrvalsError):
    """The expression ends in a dot or an index. Helm drops such a rest without a word; here it is an error on purpose."""


def typed(text: str) -> Any:
    """What `--set` makes of a value: booleans, null and integers in decimal; the rest, and 007, stay text."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    digits = text[1:] if text[:1] in ("-", "+") else text
    if text == "0" or (digits.isascii() and digits.isdigit() and not text.startswith("0")):
        number = int(text)
        return number if -MAX_INT <= number < MAX_INT else text
    return text


def parse_into(values: dict[str, Any], expression: str, read: Callable[[str], Any] = typed) -> None:
    """Puts the expression's values into `values`, in place. `read` makes a value of each text."""
    parser = _Parser(expression, read)
    while not parser.at_end():
        parser.assign(values, 0)


class _Parser:
    def __init__(self, text: str, read: Callable[[str], Any]) -> None:
        self._text = text
        self._at = 0
        self._read = read

    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def assign(self, into: dict[str, Any], depth: int) -> None:
        """Reads one `key…=value` and the comma after it."""
        key, stop = self._until("=[,.")
        match stop:
            case "=":
                _put(into, key, self._value())
            case "[":
                index = self._index()
                known = into.get(key)
                if known is not None and not isinstance(known, list):
                    raise StrvalsError(f"{key} is no list: {key}[{index}] cannot be set")
                _put(into, key, self._item(list(known or []), index, depth))
            case ".":
                self._nested(into, key, depth)
            case ",":
                raise StrvalsError(f'key "{key}" has no value (cannot end with ,)')
            case _:
                raise StrvalsError(f'key "{key}" has no value')

    def _nested(self, into: dict[str, Any], key: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise StrvalsError(f"nested deeper than {MAX_DEPTH} levels")
        known = into.get(key)
        if known is not None and not isinstance(known, dict):
            raise StrvalsError(f"{key} is no mapping: a key below it cannot be set")
        inner: dict[str, Any] = known or {}
        if not self.at_end():
            self.assign(inner, depth + 1)
        if not inner:
            raise StrvalsEnded(f'key map "{key}" has no value')
        _put(into, key, inner)

    def _item(self, items: list[Any], index: int, depth: int) -> list[Any]:
        between, stop = self._until("[.=")
        if between:
            raise StrvalsError(f'unexpected data at end of array index: "{between}"')
        if stop is None:
            return items  # `a[0]` makes a list and puts nothing into it
        known = items[index] if index < len(items) else None
        if stop == "=":
            value: Any = self._value()
        elif stop == "[":
            inner_index = self._index()
            if known is not None and not isinstance(known, list):
                raise StrvalsError(f"item {index} is no list")
            if depth >= MAX_DEPTH:
                raise StrvalsError(f"nested deeper than {MAX_DEPTH} levels")
            value = self._item(list(known or []), inner_index, depth + 1)
        else:
            value = known if isinstance(known, dict) else {}
            if self.at_end():
                raise StrvalsEnded("a key is expected after the last dot")
            if depth >= MAX_DEPTH:
                raise StrvalsError(f"nested deeper than {MAX_DEPTH} levels")
            self.assign(value, depth + 1)
        items.extend([None] * (index + 1 - len(items)))
        items[index] = value
        return items

    def _index(self) -> int:
        text, stop = self._until("]")
        if stop is None:
            raise StrvalsEnded("an index must end with ]")
        if not re.fullmatch(r"[-+]?[0-9]{1,9}", text):
            raise StrvalsError(f'error parsing index: "{text}" is no number')
        index = int(text)
        if index < 0:
            raise StrvalsError(f"negative {index} index not allowed")
        if index > MAX_INDEX:
            raise StrvalsError(f"index {index} is greater than {MAX_INDEX}")
        return index

    def _value(self) -> Any:
        if self._text[self._at : self._at + 1] != "{":
            text, _ = self._until(",")
            return self._read(text)
        self._at += 1
        items = []
        while True:
            text, stop = self._until(",}")
            if stop is None:
                raise StrvalsError("list must terminate with '}'")
            items.append(self._read(text))
            if stop == "}":
                if self._text[self._at : self._at + 1] == ",":
                    self._at += 1
                return items

    def _until(self, stops: str) -> tuple[str, str | None]:
        """The text before the next of `stops`, which is eaten; a backslash takes a character as it is."""
        found: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char in stops:
                return "".join(found), char
            if char == "\\":
                char = self._text[self._at : self._at + 1]
                self._at += 1
            found.append(char)
        return "".join(found), None


def _put(into: dict[str, Any], key: str, value: Any) -> None:
    if key:
        into[key] = value
