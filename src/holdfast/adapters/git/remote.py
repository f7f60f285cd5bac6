"""Where a repository is really reached: rewrites first, then a check of everything that git would take for more than
a place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from holdfast.engine.access.repository_urls import host_of, is_local, is_ssh, normalized_url, shown_url
from holdfast.model.errors import Blocked

_HELPER = re.compile(r"[A-Za-z0-9]+::")
_SSH_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]")
"""Nothing in it means anything to a shell, which the line through a proxy is given to."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_USER_INFO = re.compile(r"(https?://)([^/]*)@", re.IGNORECASE)
MAX_URL = 2048


class Remote(Struct, frozen=True):
    """`url` is what people wrote, safe to show; `address` what git is given; `user` and `password` stood in the URL."""

    url: str
    address: str
    user: str = ""
    password: str = ""

    @property
    def is_local(self) -> bool:
        return self.address.startswith("/")

    @property
    def is_ssh(self) -> bool:
        return is_ssh(self.address)

    @property
    def host(self) -> str:
        return host_of(self.address)

    @property
    def folder(self) -> str:
        """The name of the repository's mirror on disk."""
        return hashlib.sha256(normalized_url(self.address).encode()).hexdigest()[:16]

    @property
    def protocols(self) -> str:
        """What git may speak on the way: plain http only where somebody wrote http."""
        allowed = "file:https:ssh"
        return f"{allowed}:http" if self.address.lower().startswith("http://") else allowed

    def __repr__(self) -> str:
        return f"Remote(url={self.url!r})"


def remote_of(url: str, rewrites: Mapping[str, str], forbidden: Path) -> Remote:
    """Raises Blocked with reason RepositoryURLInvalid. Nothing below `forbidden` counts as a repository of anybody."""
    shown = shown_url(url.strip())
    address = url.strip()
    for prefix in sorted(rewrites, key=len, reverse=True):
        if address.startswith(prefix):
            address = rewrites[prefix] + address.removeprefix(prefix)
            break
    _check(address, shown)
    if is_local(address):
        return Remote(shown, _local_path(address, shown, forbidden))
    if found := _USER_INFO.match(address):
        user, _, password = found[2].partition(":")
        return Remote(shown, found[1] + address[found.end() :], unquote(user), unquote(password))
    return Remote(shown, address)


def _check(address: str, shown: str) -> None:
    problem = ""
    if not address:
        problem = "the repository URL is empty"
    elif len(address) > MAX_URL:
        problem = f"the URL is longer than {MAX_URL} characters"
    elif _CONTROL.search(address):
        problem = "the URL holds control characters"
    elif address.startswith("-") or host_of(address).startswith("-"):
        problem = "neither the URL nor its host may begin with a dash"
    elif _HELPER.match(address):
        problem = "remote helpers (helper::address) are not allowed"
    elif is_ssh(address) and address.partition("@")[0].removeprefix("ssh://").startswith("-"):
        problem = "the user may not begin with a dash"
    elif is_ssh(address) and not _SSH_HOST.fullmatch(host_of(address)):
        problem = "its host holds characters that no host has"
    elif not (is_local(address) or is_ssh(address) or address.lower().startswith(("https://", "http://"))):
        problem = "use https://, ssh://, git@host:path or file://"
    if problem:
        raise Blocked("RepositoryURLInvalid", f"repository {shown[:200]!r}: {problem}")


def _local_path(address: str, shown: str, forbidden: Path) -> str:
    path = unquote(address.removeprefix("file://")) if address.startswith("file://") else address
    if not path.startswith("/") or "\x00" in path:
        raise Blocked(
            "RepositoryURLInvalid", f"repository {shown!r}: a file URL needs an absolute path (file:///srv/x)"
        )
    real = Path(path).resolve()
    if real == forbidden or forbidden in real.parents:
        raise Blocked("RepositoryURLInvalid", f"repository {shown!r}: this folder holds the mirrors of Holdfast itself")
    return path
