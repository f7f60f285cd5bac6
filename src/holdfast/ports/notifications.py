"""Sends what is to be told outside."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.errors import HoldfastError
from holdfast.model.notification import Message


class Undelivered(HoldfastError):
    """The service did not take it. `may_pass` is whether another attempt has a chance. The message names the host, never
    more of the address: paths and queries of webhooks are secrets."""

    def __init__(self, message: str, *, may_pass: bool) -> None:
        super().__init__(message)
        self.message = message
        self.may_pass = may_pass


class Notifier(Protocol):
    async def send(self, message: Message, *, guarded: bool) -> None:
        """Tries once, in bounded time. `guarded` is for what people of a namespace have set up: this machine, its link and
        a cloud's metadata are not asked then. Raises Undelivered."""
        ...

    async def close(self) -> None: ...
