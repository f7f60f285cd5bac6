"""What a process costs together with all that it has started, as Linux counts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the name in brackets: state is the first.
USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM = 11, 12, 13, 14


def cpu_seconds(pid: int | str) -> float:
    """Of the process and its living children, with what those have used that have ended."""
    ticks = 0
    for each in tree(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(fields[at]) for at in (USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM))
    return ticks / TICKS


def tree(pid: int | str) -> Iterator[int | str]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from tree(int(child))


def proportional_bytes(pid: int) -> int:
    """Memory, with what several processes share divided among them."""
    return sum(map(own_proportional_bytes, tree(pid)))


def own_proportional_bytes(pid: int | str) -> int:
    """The same of the process without its children."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0
