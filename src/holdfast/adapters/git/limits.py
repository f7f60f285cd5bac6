"""Bounds of what one call of git may take."""

from __future__ import annotations

from msgspec import Struct


class GitLimits(Struct, frozen=True):
    """Seconds of wall time, bytes of output, git processes at a time, and for how long one answer of a remote about
    its refs serves all who ask."""

    resolve_seconds: float = 30.0
    fetch_seconds: float = 300.0
    output_bytes: int = 64 * 1024**2
    processes: int = 8
    share_seconds: float = 1.0
    packs: int = 50
    lfs_bytes: int = 512 * 1024**2
    lfs_files: int = 10_000
