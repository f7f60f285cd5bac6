"""What a repository's URL means: which URLs are the same repository, and what may be shown of one."""

from __future__ import annotations

import re

_SCP = re.compile(r"(?P<user>[^/:@\s]+)@(?P<host>\[[^\]]+\]|[^/:@\s]+):(?P<path>.*)", re.DOTALL)
_SSH_PASSWORD = re.compile(r"(ssh://[^/@:\s]*):[^/\s]*@")
_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s]*@")


def normalized_url(url: str) -> str:
    """One spelling for all URLs of a repository: no case, no `.git`, `git@host:path` like `ssh://git@host/path`.

    Argo CD's rule, so that its Secrets keep matching. Files of the machine itself keep their case.
    """
    text = url.strip()
    if is_local(text):
        path = text.removeprefix("file://").rstrip("/") or "/"
        return "file://" + path.removesuffix(".git")
    text = text.lower()
    if scp := _SCP.fullmatch(text):
        text = f"{scp['user']}@{scp['host']}/{scp['path'].removeprefix('/')}"
    return text.removeprefix("ssh://").rstrip("/").removesuffix(".git")


def is_local(url: str) -> bool:
    return url.startswith(("file://", "/"))


def is_artifact(url: str) -> bool:
    return url.lower().startswith("oci://")


def is_ssh(url: str) -> bool:
    return url.lower().startswith("ssh://") or _SCP.fullmatch(url) is not None


def shown_url(url: str) -> str:
    """The URL without a password or token in it; the user of an ssh URL is no secret and stays."""
    if is_ssh(url):
        found, sign = _SSH_PASSWORD.match(url), "@"
    else:
        found, sign = _USER_INFO.match(url), ""
    return url if found is None else f"{found[1]}{sign}{url[found.end() :]}"


def host_of(url: str) -> str:
    """The host without user and port, "" for files of the machine itself."""
    if is_local(url):
        return ""
    if scp := _SCP.fullmatch(url):
        return scp["host"]
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]


def path_of(url: str) -> str:
    """The place of the repository on its host: no `/` at its ends, no `.git`, case as it is written."""
    if is_local(url):
        return ""
    scp = _SCP.fullmatch(url)
    path = scp["path"] if scp else url.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    return path.strip("/").removesuffix(".git")
