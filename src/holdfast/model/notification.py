"""What is told to people and machines outside, and by which way."""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct

ATTEMPTS: Final = 12
"""With growing waits they take about half an hour."""


class Destination(Struct, frozen=True, order=True):
    """`service` is the name under which it is set up, `recipient` whom it is to reach there; "" where it knows by itself."""

    service: str
    recipient: str

    def __str__(self) -> str:
        return f"{self.service}:{self.recipient}" if self.recipient else self.service


class Accepted(Enum):
    """How a service says that it has taken a message."""

    BY_STATUS = "any status from 200 to 299"
    BY_OK = 'JSON with "ok": true'
    BY_ONE = "the text 1"


class HttpRequest(Struct, frozen=True):
    """`insecure` takes any certificate."""

    url: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    insecure: bool = False

    def __repr__(self) -> str:
        return f"HttpRequest({self.method}, {len(self.body)} bytes)"


class SignIn(Struct, frozen=True):
    """A request that comes first: `headers` are the names of headers, and where in its JSON their values are."""

    request: HttpRequest
    headers: tuple[tuple[str, tuple[str, ...]], ...]


class Thread(Struct, frozen=True):
    """Messages of a chat that belong together. `update` is where an earlier one is changed, "" for never; `posts` is whether
    a new message is sent beside that."""

    channel: str
    key: str
    update: str = ""
    posts: bool = True


class HttpMessage(Struct, frozen=True):
    """The same told by one or several requests: one that arrives is enough. `attempts` is how often it is tried at most."""

    requests: tuple[HttpRequest, ...]
    accepted: Accepted = Accepted.BY_STATUS
    sign_in: SignIn | None = None
    thread: Thread | None = None
    attempts: int = ATTEMPTS


class Mail(Struct, frozen=True):
    host: str
    port: int
    sender: str
    recipient: str
    subject: str
    body: str
    html: bool = False
    username: str = ""
    password: str = ""
    insecure: bool = False
    attempts: int = ATTEMPTS

    def __repr__(self) -> str:
        return f"Mail({self.host}:{self.port})"


Message = HttpMessage | Mail
