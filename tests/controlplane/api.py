"""Calls to a Kubernetes API as its administrator, on the standard library alone: for scripts and test set-up."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import NamedTuple, Self

TIMEOUT_SECONDS = 30.0


class Answer(NamedTuple):
    """What the server said; headers have lower-case names, and commas between the values of one that came twice."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Api:
    """An API server and what is needed to sign in there."""

    url: str
    token: str
    ca_file: Path

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Self:
        """Reads a kubeconfig such as `ControlPlane` writes: as JSON, with a token and a file of certificates."""
        document = json.loads(path.read_text())
        cluster = document["clusters"][0]["cluster"]
        user = document["users"][0]["user"]
        return cls(url=cluster["server"], token=user["token"], ca_file=Path(cluster["certificate-authority"]))

    def request(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One call; a body that is not bytes already is sent as JSON. An error status is an answer, no exception."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data=data, headers=sent, method=method)
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.ca_file)))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    together: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        together[key] = f"{together[key]}, {value}" if key in together else value
    return Answer(status, together, body)
