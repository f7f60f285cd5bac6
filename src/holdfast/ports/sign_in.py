"""Who puts a short-lived token in the place of the identity that a Secret names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from holdfast.model.repository import RepositoryAccess

SignIn: TypeAlias = Callable[[RepositoryAccess], Awaitable[RepositoryAccess]]
"""Raises Blocked and Transient."""


async def as_it_is(access: RepositoryAccess) -> RepositoryAccess:
    """Nobody is asked."""
    return access
