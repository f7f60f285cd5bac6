"""Reads the small files that a connection is made of: certificates and tokens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from holdfast.adapters.kube.connection import Credentials
from holdfast.model.errors import Blocked
from holdfast.ports.clock import Clock

LARGEST_FILE = 1024 * 1024
# Kubernetes replaces the file of a service account's token while a Pod runs.
TOKEN_AGE = timedelta(minutes=1)


def read_bounded(path: Path, what: str) -> bytes:
    """Raises Blocked that says which setting named the file."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Blocked("KubeconfigInvalid", f"{what}: {path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise Blocked("KubeconfigInvalid", f"{what}: {path} is larger than {LARGEST_FILE} bytes")
    return content


class TokenFile:
    """A bearer token that is read again from time to time."""

    def __init__(self, path: Path, what: str, clock: Clock) -> None:
        self._path = path
        self._what = what
        self._clock = clock
        self._credentials: Credentials | None = None
        self._read_at = 0.0

    async def current(self) -> Credentials:
        now = self._clock.monotonic()
        if self._credentials is None or now - self._read_at >= TOKEN_AGE.total_seconds():
            token = read_bounded(self._path, self._what).decode("utf-8", "replace").strip()
            if not token:
                raise Blocked("KubeconfigInvalid", f"{self._what}: {self._path} is empty")
            self._credentials = Credentials(authorization=f"Bearer {token}")
            self._read_at = now
        return self._credentials

    def forget(self) -> None:
        self._credentials = None
