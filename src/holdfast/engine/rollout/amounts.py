"""Counts that may be given as a percentage, and shares of replicas."""

from __future__ import annotations

import re
from typing import Final

from holdfast.model.fields import IntOrString

_PERCENT: Final = re.compile(r"([0-9]{1,9})%")


def resolve(amount: IntOrString, total: int, *, round_up: bool) -> int:
    """Raises ValueError for what is neither a count nor a percentage."""
    if isinstance(amount, int):
        return amount
    found = _PERCENT.fullmatch(amount)
    if found is not None:
        return share(total, int(found[1]), 100) if round_up else total * int(found[1]) // 100
    if amount.isdecimal() and len(amount) <= 9:
        return int(amount)
    raise ValueError(f"{amount!r} is neither a count nor a percentage")


def share(total: int, weight: int, of: int) -> int:
    """`weight / of` of the total, rounded up."""
    return -(-total * weight // of) if of else 0
