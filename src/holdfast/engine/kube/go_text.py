"""Values as Go prints them with %v, for messages that a server words with them: `map[a:1 b:[x y] c:<nil>]`.

Source: https://pkg.go.dev/fmt
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

# A float has an exponent below and from these powers of ten on.
_LEAST_POWER: Final = -4
_EXPONENT_FROM: Final = 21


def printed(value: Any) -> str:
    """A JSON value: maps by key, strings without quotes, null as <nil>."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case dict():
            return "map[" + " ".join(f"{key}:{printed(value[key])}" for key in sorted(value, key=_bytes)) + "]"
        case list():
            return "[" + " ".join(map(printed, value)) + "]"
        case _:
            return str(value)


def _bytes(key: str) -> bytes:
    """Go compares strings by their UTF-8, surrogates included."""
    return key.encode("utf-8", "surrogatepass")


def _float(value: float) -> str:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    power = len(digits) + exponent - 1
    if value and not _LEAST_POWER <= power < _EXPONENT_FROM:
        first, *rest = map(str, digits)
        fraction = "." + "".join(rest) if rest else ""
        return f"{'-' if sign else ''}{first}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return format(Decimal(repr(value)).normalize(), "f")
