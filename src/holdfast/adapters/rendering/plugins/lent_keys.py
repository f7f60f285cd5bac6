"""Lends a sidecar the key of its repository: in a folder of this one render, that the owner alone can read.

Source: Argo CD's repo-server, which writes the key for its sidecars in the same way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from holdfast.model.errors import Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.git_connection import direct_ssh_command

_PREFIX: Final = "key-"
_LEFT_BEHIND_SECONDS: Final = 600.0


@contextmanager
def lent(access: RepositoryAccess, shared: Path) -> Iterator[Mapping[str, str]]:
    """The variables with which git uses the key and trusts the known hosts alone; the files are gone afterwards. `shared` is
    the folder that the sidecar mounts at the same path. Raises Transient."""
    folder = _made(shared)
    try:
        yield {"GIT_SSH_COMMAND": direct_ssh_command(access, folder), "GIT_SSH_VARIANT": "ssh"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(shared: Path) -> Path:
    try:
        shared.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=shared))
        _tidy(folder)
        return folder
    except OSError as error:
        raise Transient(
            "PluginUnavailable",
            f"no key for Git can be lent in {shared}: the folder must be writable and shared with the plugin's sidecar "
            "(see ARGOCD_ASK_PASS_SOCK)",
        ) from error


def _tidy(ours: Path) -> None:
    """Renders that were killed leave their keys. None takes that long."""
    now = ours.stat().st_mtime
    for left in ours.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if now - left.lstat().st_mtime > _LEFT_BEHIND_SECONDS and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
