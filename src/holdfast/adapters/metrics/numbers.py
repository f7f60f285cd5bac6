"""Values as they are shown in status: as JSON, whole numbers without a point."""

from __future__ import annotations

import math
from typing import Any

import msgspec


def written(value: Any) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list) and all(isinstance(item, float) for item in value):
        return f"[{','.join(_number(item) for item in value)}]"
    return msgspec.json.encode(value).decode()


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
