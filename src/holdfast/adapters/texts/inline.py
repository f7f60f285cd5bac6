"""Fills texts in the process that asks: for tests, without a limit of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.adapters.texts.messages import Failed, Filled, Question
from holdfast.adapters.texts.perform import perform
from holdfast.ports.texts import TextFailed


class InlineTexts:
    """A Texts."""

    async def fill(self, texts: Sequence[str], variables: Mapping[str, Any]) -> list[str]:
        match perform(Question(list(texts), dict(variables))):
            case Filled(filled):
                return filled
            case Failed(at, said):
                raise TextFailed(at, said)

    async def close(self) -> None:
        pass
