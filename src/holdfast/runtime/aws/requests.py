"""What is asked of AWS, and how it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec import Struct

from holdfast.model.errors import HoldfastError


class AwsError(HoldfastError):
    """`may_pass` is whether another attempt has a chance. No message has a key in it."""

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.may_pass = may_pass


class AwsRequest(Struct, frozen=True):
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    method: str = "POST"


class AwsAnswer(Struct, frozen=True):
    status: int
    body: bytes


Ask: TypeAlias = Callable[[AwsRequest], Awaitable[AwsAnswer]]
"""Sends a request once, in bounded time and size. It raises what its caller's own errors are."""
