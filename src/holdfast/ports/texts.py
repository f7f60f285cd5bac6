"""Fills texts of users that are templates in Go's language, wherever that happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from holdfast.model.errors import HoldfastError


class TextFailed(HoldfastError):
    """`at` is the place of the text among those that were given; the message says where in it and what is wrong."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


class Texts(Protocol):
    async def fill(self, texts: Sequence[str], variables: Mapping[str, Any]) -> list[str]:
        """What each text becomes; `variables` are JSON and are the root of each. A field that is not there is empty. One
        that never ends is killed. Raises TextFailed, and Transient when no worker starts."""
        ...

    async def close(self) -> None: ...
