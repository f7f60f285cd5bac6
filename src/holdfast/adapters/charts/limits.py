"""Bounds of what a repository or a registry may send."""

from __future__ import annotations

from msgspec import Struct


class ChartLimits(Struct, frozen=True):
    """`kept_bytes` bounds what stays on disk; `share_seconds` is for how long one answer serves all who ask."""

    seconds: float = 60.0
    index_bytes: int = 64 * 1024**2
    index_nodes: int = 10_000_000
    manifest_bytes: int = 4 * 1024**2
    archive_bytes: int = 64 * 1024**2
    unpacked_bytes: int = 256 * 1024**2
    files: int = 50_000
    tag_pages: int = 100
    kept_bytes: int = 2 * 1024**3
    share_seconds: float = 5.0
