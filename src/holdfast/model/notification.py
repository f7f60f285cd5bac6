"""What is told to people and machines outside, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

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


class Assertion(Struct, frozen=True):
    """Claims that are signed with a private key (PEM, RS256) and shown to who gives out tokens."""

    claims: Mapping[str, str | int]
    key: str

    def __repr__(self) -> str:
        return "Assertion()"


class SignIn(Struct, frozen=True):
    """A request that comes first: `headers` are the names of headers, and where in its JSON their values are, which
    `prefix` goes before. With `assertion` its body is the form of RFC 7523."""

    request: HttpRequest
    headers: tuple[tuple[str, tuple[str, ...]], ...]
    prefix: str = ""
    assertion: Assertion | None = None


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


class QueueMessage(Struct, frozen=True):
    """For a queue of Amazon SQS. Without `access` and `secret` the controller's own keys count; `group` is for queues that
    keep the order."""

    queue: str
    body: str
    at: datetime
    region: str = ""
    account: str = ""
    endpoint: str = ""
    access: str = ""
    secret: str = ""
    group: str = ""
    attributes: Mapping[str, str] = {}
    attempts: int = ATTEMPTS

    def __repr__(self) -> str:
        return f"QueueMessage({self.queue})"


class NatsServer(Struct, frozen=True):
    """`is_secured` asks for TLS whatever the server offers. `user` and `password` are those of its address, "" for none."""

    host: str
    port: int
    is_secured: bool = False
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"NatsServer({self.host}:{self.port})"


class SubjectMessage(Struct, frozen=True):
    """For a subject of NATS; one of the servers that takes it is enough. `nkey` is a seed."""

    servers: tuple[NatsServer, ...]
    subject: str
    payload: bytes
    headers: tuple[tuple[str, str], ...] = ()
    user: str = ""
    password: str = ""
    token: str = ""
    nkey: str = ""
    attempts: int = ATTEMPTS

    def __repr__(self) -> str:
        return f"SubjectMessage({self.subject}, {len(self.payload)} bytes)"


class GitHubApp(Struct, frozen=True):
    id: str
    installation: str
    key: str

    def __repr__(self) -> str:
        return f"GitHubApp({self.id})"


class CommitNews(Struct, frozen=True):
    """What GitHub is told of a commit, in this order: bodies of a status, of a check run, of a deployment and its state, and a
    comment on the pull requests that have the commit; None and "" for nothing. Either `token` or `app` says who we are."""

    api: str
    repository: str
    revision: str
    at: datetime
    token: str = ""
    app: GitHubApp | None = None
    status: Mapping[str, Any] | None = None
    check_run: Mapping[str, Any] | None = None
    deployment: Mapping[str, Any] | None = None
    deployment_status: Mapping[str, Any] | None = None
    comment: str = ""
    attempts: int = ATTEMPTS

    def __repr__(self) -> str:
        return f"CommitNews({self.repository}, {self.revision})"


Message = HttpMessage | Mail | QueueMessage | SubjectMessage | CommitNews
