"""Copies of charts on disk, for the renders of many applications that share one: Helm reads folders, and only reads them.

A copy holds what its key says, whichever commit or repository it came from. The folder ends with the process that owns it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from holdfast.engine.render.paths import FoundFile

MOST_COPIES: Final = 16
MOST_BYTES: Final = 64 * 1024**2
LONGEST_SECONDS: Final = 600.0
"""Much shorter than what cleaners of temporary folders take for left behind."""


class _Copy(Struct, frozen=True):
    """`folder` holds the chart in `chart`."""

    folder: Path
    bytes: int
    made_at: float


class ChartCopies:
    """`place` is a folder of this object alone. Used by one render after the other."""

    def __init__(
        self,
        place: Path,
        *,
        most: int = MOST_COPIES,
        most_bytes: int = MOST_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._most = most
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._kept: OrderedDict[str, _Copy] = OrderedDict()

    def lend(self, key: str, size: int, write: Callable[[Path], None]) -> Path:
        """The folder of the chart, which nobody may change. `write` writes it, into a folder that is not there yet."""
        self._drop_old()
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known.folder / "chart"
        folder = Path(tempfile.mkdtemp(dir=self._place))
        try:
            write(folder / "chart")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._kept[key] = _Copy(folder, size, self._monotonic())
        while len(self._kept) > self._most or (len(self._kept) > 1 and self._bytes() > self._most_bytes):
            self._drop(next(iter(self._kept)))
        return folder / "chart"

    def _bytes(self) -> int:
        return sum(copy.bytes for copy in self._kept.values())

    def _drop_old(self) -> None:
        oldest = self._monotonic() - LONGEST_SECONDS
        for key in [key for key, copy in self._kept.items() if copy.made_at < oldest]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        shutil.rmtree(self._kept.pop(key).folder, ignore_errors=True)


@contextmanager
def passing() -> Iterator[ChartCopies]:
    """For one render alone."""
    with tempfile.TemporaryDirectory(prefix="holdfast-chart-", ignore_cleanup_errors=True) as name:
        yield ChartCopies(Path(name))


def key_of(parts: Iterable[tuple[str, Iterable[FoundFile]]]) -> str:
    """`parts` are the files of a copy by the part that they belong to: equal when all of it is."""
    digest = hashlib.sha256()
    for part, files in parts:
        digest.update(f"\n{part}\n".encode())
        for file in files:
            digest.update(f"{file.relative}\0{file.entry.hash}\0".encode())
    return digest.hexdigest()
