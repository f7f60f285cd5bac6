"""Whether two addresses, written for people, for https or for ssh, are the same repository."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from msgspec import Struct

_SCP = re.compile(
    r"(?:(?P<user>[^/:@\s]+)@)?(?P<host>\[[^\]]+\]|[^/:@\s]+):(?P<port>\d+:)?(?P<path>(?!//).*)", re.DOTALL
)
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,30}[A-Za-z0-9_.$-]?")
_SSH_HOST = re.compile(r"^(?:alt)?ssh\.")
_AZURE, _OLD_AZURE = "dev.azure.com", ".visualstudio.com"
_SCHEMES = frozenset({"http", "https", "ssh"})


class _Address(Struct, frozen=True):
    host: str
    path: str


def same_repository(left: str, right: str) -> bool:
    """Scheme, user, port, case, a closing "/" and ".git" do not matter; the host and the whole path do."""
    first, second = _address(left), _address(right)
    return first is not None and first == second


def _address(url: str) -> _Address | None:
    """None for what is no address of a repository on a host."""
    url = url.strip()
    if "://" not in url:
        found = _SCP.fullmatch(url)
        if found is None or not _is_user(found["user"]):
            return None
        return _normal(found["host"], found["path"])
    try:
        parts = urlsplit(url)
        host, user = parts.hostname or "", parts.username
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not _is_user(user):
        return None
    return _normal(host, parts.path)


def _is_user(user: str | None) -> bool:
    return not user or _USER.fullmatch(user) is not None


def _normal(host: str, path: str) -> _Address | None:
    path = path.strip("/").lower().removesuffix(".git")
    if not host or not path:
        return None
    name, path = _SSH_HOST.sub("", host.lower()), _azure_over_ssh(path)
    return _of_azure(name, path) if name.endswith(_OLD_AZURE) else _Address(name, path)


def _of_azure(host: str, path: str) -> _Address:
    """ORG.visualstudio.com is the older name of dev.azure.com/ORG."""
    organization = host.removesuffix(_OLD_AZURE)
    if organization == "vs-ssh":
        return _Address(_AZURE, path)
    return _Address(_AZURE, f"{organization}/{path.removeprefix('defaultcollection/')}")


def _azure_over_ssh(path: str) -> str:
    """Azure DevOps writes v3/ORG/PROJECT/REPO for ssh and ORG/PROJECT/_git/REPO for https."""
    parts = path.split("/")
    if len(parts) == 4 and parts[0] == "v3":
        return "/".join((parts[1], parts[2], "_git", parts[3]))
    return path
