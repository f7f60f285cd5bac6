"""The Secrets that providers sign in with, under the names that Argo Rollouts gives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from holdfast.ports.metrics import MetricError

SecretReader: TypeAlias = Callable[[str, str], Awaitable[Mapping[str, str] | None]]
"""Namespace and name to the decoded values; None where there is no such Secret."""


class Credentials:
    """`namespaces` are the controller's own: what is in the first one counts."""

    def __init__(self, read: SecretReader, namespaces: Sequence[str]) -> None:
        self._read = read
        self._namespaces = tuple(namespaces)

    async def of(self, name: str, *needed: str, namespace: str = "") -> Mapping[str, str]:
        """Raises MetricError where a Secret, or one of the keys that are needed, is not there."""
        places = (namespace,) if namespace else self._namespaces
        for place in places:
            found = await self._read(place, name)
            if found is None:
                continue
            missing = [key for key in needed if not found.get(key)]
            if missing:
                raise MetricError(f"the Secret {name} in namespace {place} lacks {', '.join(missing)}")
            return {key: value.strip() for key, value in found.items()}
        raise MetricError(f"there is no Secret {name} in namespace {' or '.join(places) or 'of the controller'}")
