"""Unpacks what a repository sent: bounded, and nothing lands outside of its folder."""

from __future__ import annotations

import errno
import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import Final

from holdfast.adapters.charts.limits import ChartLimits
from holdfast.model.errors import Blocked

_GZIP: Final = b"\x1f\x8b"
_MAX_PATH: Final = 4096
_NAMES_REFUSED: Final = (errno.ENAMETOOLONG, errno.ENOENT, errno.EINVAL, errno.EILSEQ)
"""What a file system says to the name of a file or to the target of a symlink."""


def unpack(content: bytes, folder: Path, limits: ChartLimits, what: str, *, strip_first: bool) -> int:
    """Writes the archive's files below `folder`, without the first part of their paths with `strip_first`.

    Answers how many bytes they have. Raises Blocked ChartDamaged, ChartTooLarge or PathEscapes.
    """
    try:
        files, links = _read(content, limits, what, strip_first=strip_first)
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise Blocked("ChartDamaged", f"{what}: its archive cannot be read: {error}") from error
    for path in (*files, *links):
        above = path.split("/")[:-1]
        if any(
            "/".join(above[: depth + 1]) in files or "/".join(above[: depth + 1]) in links
            for depth in range(len(above))
        ):
            raise Blocked("PathEscapes", f"{what}: {path!r} lies below another file or symlink of the archive")
    try:
        _write(folder, files, links)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _NAMES_REFUSED:
            raise  # a full disk is no fault of the archive
        raise Blocked("ChartDamaged", f"{what}: its archive cannot be written out: {error}") from error
    return sum(map(len, files.values()))


def _write(folder: Path, files: dict[str, bytes], links: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path, body in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    for path, target_text in links.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).symlink_to(target_text)  # followed by nobody without a look at where it leads


def _read(
    content: bytes, limits: ChartLimits, what: str, *, strip_first: bool
) -> tuple[dict[str, bytes], dict[str, str]]:
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    plain = _Bounded(_opened(content), limits.unpacked_bytes, what)
    with tarfile.open(fileobj=plain, mode="r|") as archive:
        for member in archive:
            path = _path(member.name, what, strip_first=strip_first)
            if len(files) + len(links) >= limits.files:
                raise Blocked("ChartTooLarge", f"{what}: more than {limits.files:,} files")
            if member.isfile() and path:
                source = archive.extractfile(member)
                files[path] = source.read() if source is not None else b""
                links.pop(path, None)
            elif member.issym() and path:
                links[path] = member.linkname
                files.pop(path, None)
            elif not member.isdir() and path:
                raise Blocked("ChartDamaged", f"{what}: {member.name!r} is neither a file, a folder nor a symlink")
    return files, links


def _opened(content: bytes) -> gzip.GzipFile | io.BytesIO:
    raw = io.BytesIO(content)
    return gzip.GzipFile(fileobj=raw) if content.startswith(_GZIP) else raw


def _path(name: str, what: str, *, strip_first: bool) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or name.startswith("/") or "\x00" in name or len(name) > _MAX_PATH:
        raise Blocked("PathEscapes", f"{what}: its archive holds {name[:200]!r}, which leads out of it")
    return "/".join(parts[1:] if strip_first else parts)


class _Bounded(io.RawIOBase):
    """Counts what has been decompressed, headers and padding included."""

    def __init__(self, inner: gzip.GzipFile | io.BytesIO, limit: int, what: str) -> None:
        self._inner = inner
        self._limit = limit
        self._left = limit
        self._what = what

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = self._inner.read(size if size >= 0 else self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise Blocked("ChartTooLarge", f"{self._what}: it unpacks to more than {self._limit:,} bytes")
        return content
