"""A Git repository and what opens it."""

from __future__ import annotations

from msgspec import Struct


class RepositoryAccess(Struct, frozen=True):
    """A repository and what opens it. Secrets are never shown: no repr, no message holds them.

    `ssh_known_hosts` is the text of known_hosts lines that are trusted for it; an unknown host is always refused
    unless `insecure`.
    """

    url: str
    ssh_private_key: str = ""
    username: str = ""
    password: str = ""
    bearer_token: str = ""
    ssh_known_hosts: str = ""
    tls_client_cert: str = ""
    tls_client_key: str = ""
    ca_certificates: str = ""
    insecure: bool = False
    proxy: str = ""

    def __repr__(self) -> str:
        return f"RepositoryAccess(url={self.url!r})"
