"""The status that an object has before any controller has seen it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from holdfast.model.kube import KubeObject


def initial_status(status: dict[str, Any]) -> Callable[[dict[str, Any], KubeObject | None], None]:
    """A new object gets a copy of this status, whatever was sent."""

    raw = orjson.dumps(status)

    def prepare(obj: dict[str, Any], before: KubeObject | None) -> None:
        if before is None:
            obj["status"] = orjson.loads(raw)

    return prepare
