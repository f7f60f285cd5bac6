"""Where a repository lies at Azure DevOps: its addresses have forms of their own.

Source: https://learn.microsoft.com/en-us/azure/devops/repos/git/ (clone addresses of https and ssh, and those of
visualstudio.com from before 2018)
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from holdfast.engine.access.repository_urls import host_of, path_of, shown_url
from holdfast.model.errors import Blocked

HOST: Final = "dev.azure.com"
API: Final = "https://dev.azure.com"
_SSH_HOSTS: Final = frozenset({"ssh.dev.azure.com", "vs-ssh.visualstudio.com"})
_EARLIER: Final = ".visualstudio.com"
_COLLECTION: Final = "DefaultCollection"
_MARK: Final = "_git"
_FEWEST, _MOST = 3, 20


def is_public(url: str) -> bool:
    host = host_of(url).lower()
    return host == HOST or host in _SSH_HOSTS or host.endswith(_EARLIER)


def path(url: str) -> str:
    """`organization/project/repository`, before it the folders of an own server. Raises Blocked."""
    host, parts = host_of(url).lower(), [unquote(part) for part in path_of(url).split("/")]
    if host in _SSH_HOSTS and parts[0] == "v3":
        parts = parts[1:]
    elif _MARK in parts:
        place = parts.index(_MARK)
        before, after = parts[:place], parts[place + 1 :]
        if host.endswith(_EARLIER):
            before = [host.removesuffix(_EARLIER), *before[before[:1] == [_COLLECTION] :]]
        # A repository that has the name of its project is written without the project.
        parts = before + (after if len(before) > 1 else after * 2)
    else:
        parts = []
    if not _FEWEST <= len(parts) <= _MOST or any(_is_no_name(part) for part in parts):
        raise Blocked(
            "RepositoryURLInvalid",
            f"repository {shown_url(url)}: its address has not the form https://{HOST}/ORGANIZATION/PROJECT/_git/NAME",
        )
    return "/".join(parts)


def _is_no_name(part: str) -> bool:
    return part in ("", ".", "..", _MARK) or "/" in part or not part.isprintable()
