"""Which repositories a commit wants at which of its folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pygit2
from msgspec import Struct

from holdfast.engine.access.repository_urls import host_of, is_local, is_ssh, shown_url
from holdfast.engine.lang.hosts import is_inside
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import TreeLocation
from holdfast.model.repository import RepositoryAccess

MOST: Final = 50
DEEPEST: Final = 5
_FILE: Final = ".gitmodules"
_LARGEST: Final = 256 * 1024
_LINK: Final = 0o160000
_PORTS: Final = {"https": "443", "http": "80"}
_SECTION: Final = re.compile(r'\s*\[submodule\s+"(?:[^"\\]|\\.)*"\]\s*')
_SETTINGS: Final = frozenset({"path", "url"})


class Submodule(Struct, frozen=True):
    path: str
    url: str
    commit: str


def submodules_of(location: TreeLocation, parent_url: str) -> tuple[Submodule, ...]:
    """Those that .gitmodules names and the commit links to. Raises Blocked when there are too many."""
    try:
        root = pygit2.Repository(location.repository)[location.commit].peel(pygit2.Tree)
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise Transient("RepositoryDamaged", f"commit {location.commit[:12]} is not whole on disk") from error
    if _FILE not in root or not isinstance(root[_FILE], pygit2.Blob) or root[_FILE].size > _LARGEST:
        return ()
    found = []
    for path, url in _named(root[_FILE].data.decode("utf-8", errors="replace")):
        try:
            link = root[path]
        except (KeyError, ValueError):
            continue
        if link.filemode == _LINK:
            found.append(Submodule(path, absolute(url, parent_url), str(link.id)))
    if len(found) > MOST:
        raise Blocked("SubmodulesTooMany", f"repository {shown_url(parent_url)}: more than {MOST} submodules")
    return tuple(found)


def access_to(submodule: Submodule, parent: RepositoryAccess) -> RepositoryAccess:
    """The parent's credentials where they may be shown: to the same host and port over https, and a key of ssh to any host whose
    own key is known. Raises Blocked for an address that a repository must not lead to."""
    url = submodule.url
    shown = shown_url(url)[:200]
    if is_local(url) and not is_local(parent.url):
        raise Blocked("RepositoryURLInvalid", f"submodule {submodule.path}: {shown!r} is a folder of this machine")
    same_host = host_of(url) == host_of(parent.url)
    if not same_host and is_inside(host_of(url)):
        raise Blocked("RepositoryURLInvalid", f"submodule {submodule.path}: {host_of(url)} is not a public host")
    both_ssh = is_ssh(url) and is_ssh(parent.url)
    same_place = same_host and _origin(url) == _origin(parent.url)
    if both_ssh or same_place:
        return msgspec.structs.replace(parent, url=url)
    return RepositoryAccess(url, ssh_known_hosts=parent.ssh_known_hosts, proxy=parent.proxy, no_proxy=parent.no_proxy)


def _origin(url: str) -> tuple[str, str]:
    """Protocol and port: another port of a host may be somebody else's."""
    protocol, _, rest = url.partition("://")
    _, _, port = rest.partition("/")[0].rpartition("@")[2].rpartition(":")
    protocol = protocol.lower()
    return protocol, port if port.isdigit() and port != _PORTS.get(protocol) else ""


def absolute(url: str, parent_url: str) -> str:
    """`./` and `../` are seen from the parent's own address."""
    if not url.startswith(("./", "../")):
        return url
    base = parent_url.rstrip("/")
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            base, separator, _ = base.rpartition("/")
            if not separator or base.endswith(("/", ":")):
                raise Blocked("RepositoryURLInvalid", f"submodule {url[:200]!r} leads above {shown_url(parent_url)}")
        url = url.partition("/")[2]
    return f"{base}/{url}"


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Path and URL of each section."""
    said: dict[str, str] = {}
    for line in (*text.splitlines(), '[submodule "end"]'):
        if _SECTION.fullmatch(line):
            if said.get("path") and said.get("url"):
                yield said["path"], said["url"]
            said = {}
            continue
        name, equals, value = line.partition("=")
        if equals and name.strip() in _SETTINGS:
            said[name.strip()] = value.strip().strip('"')
