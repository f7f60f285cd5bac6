"""Keeps the sandbox's objects in one SQLite file, so that a restart on the same directory carries on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from holdfast.model.errors import Blocked
from holdfast.sandbox.storage import Collection, Key, StorageFull

FILE_NAME: Final = "sandbox.sqlite3"
_LOCK_SECONDS: Final = 0.5

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
  api_group TEXT NOT NULL, plural TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, raw BLOB NOT NULL,
  PRIMARY KEY (api_group, plural, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), resource_version INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 1);
"""


class SqliteJournal:
    """One transaction a write, in a write-ahead log: what was acknowledged survives a killed process.

    A power cut may lose the last writes, never the file: the sandbox does not wait for the disk.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / FILE_NAME
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_SECONDS)
        try:
            # A second process on the same directory must not interleave its own counter.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _blocked(path, error) from error

    def load(self) -> tuple[int, Iterable[tuple[Collection, bytes]]]:
        (last,) = self._connection.execute("SELECT resource_version FROM counter").fetchone()
        rows = self._connection.execute("SELECT api_group, plural, raw FROM objects")
        return last, ((Collection(group, plural), raw) for group, plural, raw in rows)

    def write(self, collection: Collection, key: Key, resource_version: int, raw: bytes | None) -> None:
        place = (collection.group, collection.plural, key.namespace, key.name)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if raw is None:
                self._connection.execute(
                    "DELETE FROM objects WHERE api_group=? AND plural=? AND namespace=? AND name=?", place
                )
            else:
                self._connection.execute("INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?)", (*place, raw))
            self._connection.execute("UPDATE counter SET resource_version=?", (resource_version,))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StorageFull(f"the sandbox cannot write to its disk: {error}") from error

    def limit_pages(self, count: int) -> None:
        """Lets the file have so many pages (of 4 KiB) at most; more are a full disk."""
        self._connection.execute(f"PRAGMA max_page_count={int(count)}")

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            return  # SQLite rolls back by itself when the disk is full

    def close(self) -> None:
        self._connection.close()


def _blocked(path: Path, error: sqlite3.DatabaseError) -> Blocked:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return Blocked("DataInUse", f"another sandbox is running on {path.parent}; end it or choose another directory")
    return Blocked("DataUnreadable", f"{path} cannot be read ({error}); move it away to begin anew")
