"""Writes a quantity as the API server writes it back: 1000m is 1, 1024Mi is 1Gi, 0.5 is 500m.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BY_POWER: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_NANO: Final = Decimal(10) ** -9
_LARGEST: Final = 40  # as a power of ten; the server's own numbers end at 19
_EXACT: Final = Context(prec=100)
MAX_LENGTH: Final = 64


class QuantityError(ValueError):
    """The text is no quantity."""


def value_of(quantity: str | float) -> Decimal:
    """The number that a quantity stands for. Raises QuantityError."""
    number, suffix = _parts(str(quantity).strip())
    if suffix.endswith("i"):
        return number * Decimal(1024 ** _BINARY.index(suffix))
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return number.scaleb(int(suffix[1:]))
    return number.scaleb(_DECIMAL[suffix])


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The same quantity in the server's form. Raises QuantityError."""
    text = text.strip()
    _, suffix = _parts(text)
    value = value_of(text)
    if value and value.adjusted() > _LARGEST:
        raise QuantityError("the quantity is too large")
    value = value.quantize(_NANO, rounding=ROUND_UP, context=_EXACT)
    if value == 0:
        return "0"
    if suffix.endswith("i") and value == value.to_integral_value() and abs(value) >= 1024:
        return _binary(int(value))
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return _decimal(value, exponent=True)
    return _decimal(value, exponent=False)


def _parts(text: str) -> tuple[Decimal, str]:
    found = _FORM.match(text) if len(text) <= MAX_LENGTH else None
    suffix = (found.group(2) or "") if found else ""
    if found is None or (suffix[:1] in ("e", "E") and len(suffix) > 4):
        raise QuantityError(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    return Decimal(found.group(1)), suffix


def _binary(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < len(_BINARY) - 1:
        value //= 1024
        power += 1
    return f"{value}{_BINARY[power]}"


def _decimal(value: Decimal, *, exponent: bool) -> str:
    sign, digits, power = value.as_tuple()
    number = int("".join(map(str, digits)))
    power = int(power)
    while number % 10 == 0:
        number //= 10
        power += 1
    while power % 3 or power > 18:
        number *= 10
        power -= 1
    minus = "-" if sign else ""
    if exponent:
        return f"{minus}{number}" + (f"e{power}" if power else "")
    return f"{minus}{number}{_BY_POWER[power]}"
