"""The status that an object has before any controller has seen it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from holdfast.model.kube import KubeObject


def initial_status(status: dict[str, Any]) -> Callable[[dict[str, Any], KubeObject | None], None]:
    """A new object gets a copy of this status, whatever was sent."""

    def prepare(obj: dict[str, Any], before: KubeObject | None) -> None:
        if before is None:
            obj["status"] = copy.deepcopy(status)

    return prepare
