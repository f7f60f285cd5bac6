"""Lends a sidecar the key of its repository: in a folder of this one render, that the owner alone can read.

Source: Argo CD's repo-server, which writes the key for its sidecars in the same way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from holdfast.adapters.rendering.plugins.left_behind import left_behind
from holdfast.model.errors import Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.git_connection import direct_ssh_command

_PREFIX: Final = "key-"


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
        for left in left_behind(folder, f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        return folder
    except OSError as error:
        raise Transient(
            "PluginUnavailable",
            f"no key for Git can be lent in {shared}: the folder must be writable and shared with the plugin's sidecar "
            "(see ARGOCD_ASK_PASS_SOCK)",
        ) from error
