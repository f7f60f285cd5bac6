"""References of settings to the Secret beside them, and keeping its values out of what is told of failures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

REFERENCE: Final = re.compile(r"\$([A-Za-z0-9_-][A-Za-z0-9_.-]*[A-Za-z0-9_-]|[A-Za-z0-9_-])")
SHORTEST: Final = 4
"""What is shorter could stand anywhere by chance."""
MASK: Final = "*****"


class SecretKeyMissing(ValueError):
    """The text names the key."""


def resolved(options: Any, values: Mapping[str, str]) -> Any:
    """`$key` in every text becomes the value of the Secret, without line ends behind it. Raises SecretKeyMissing."""
    match options:
        case str():
            return REFERENCE.sub(lambda match: _value(match[1], values), options)
        case dict():
            return {key: resolved(value, values) for key, value in options.items()}
        case list():
            return [resolved(value, values) for value in options]
        case _:
            return options


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise SecretKeyMissing(f"names ${name}, and the Secret has no key {name}")
    return values[name].rstrip("\r\n")


def masked(text: str, values: Iterable[str]) -> str:
    """The longest first, since one may stand in another."""
    for value in sorted({value.strip() for value in values}, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, MASK)
    return text
