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
    """`$key` in every text becomes the value of the Secret, without line ends behind it.

    Within a word a `$` may mean something else, as in `?$filter=x`: it stays where there is no such key. A whole word
    that names no key is a mistake. Raises SecretKeyMissing.
    """
    match options:
        case str():
            return REFERENCE.sub(lambda match: _value(match, values), options)
        case dict():
            return {key: resolved(value, values) for key, value in options.items()}
        case list():
            return [resolved(value, values) for value in options]
        case _:
            return options


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    name = match[1]
    if name in values:
        return values[name].rstrip("\r\n")
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    if before.strip() or after.strip():
        return match[0]
    raise SecretKeyMissing(f"names ${name}, and the Secret has no key {name}")


def masked(text: str, values: Iterable[str]) -> str:
    """The longest first, since one may stand in another."""
    for value in sorted({value.strip() for value in values}, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, MASK)
    return text
