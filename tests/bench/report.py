"""The page that shows what was measured, and on what."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench.engine import FLOORS, POLL_SECONDS, Measured

MIB = 1024**2


def page(count: int, rows: Iterable[Measured]) -> str:
    lines = [
        f"# {count} applications on one chart",
        "",
        f"Written by `make bench N={count}`: {count} Applications of one Git repository render one shared Helm chart of five objects",
        f"each, against a real Kubernetes control plane on the same machine; repositories are asked every {POLL_SECONDS} s. CPU and",
        "memory (proportional set size) are those of the engine with its render workers and the `git` it starts. It has been started",
        "once before, so that its modules are compiled. The floor is a bare client that writes the same objects in the same run, and",
        "takes them away before the engine starts. What a commit to the shared chart writes is compared as well with that client when",
        "it changes the objects that are there, which costs the server less. A",
        "commit is brought to the engine's notice by the refresh of one application, as a webhook does; its CPU and requests run on",
        "until every application has been polled.",
        "",
        *table(rows),
    ]
    return "\n".join(lines) + "\n"


def table(rows: Iterable[Measured]) -> Iterator[str]:
    """What was measured, and on what machine. A floor has a column where anything was compared with it."""
    found = list(rows)
    floors = [name for name in FLOORS if any(name in row.floors for row in found)]
    names = (
        "what",
        "wall s",
        *(f"times {name}" for name in floors),
        "CPU s of the engine",
        "peak memory MiB",
        "API requests",
    )
    yield _row(names)
    yield _row(("---", *("---:" for _ in names[1:])))
    for row in found:
        yield _row(_cells(row, floors))
    yield from ("", f"Machine: {_machine()}.")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Measured, floors: Iterable[str]) -> Iterator[str]:
    yield row.what
    yield f"{row.seconds:.2f}"
    for name in floors:
        yield f"{row.seconds / row.floors[name]:.1f}" if name in row.floors else ""
    yield f"{row.cpu_seconds:.2f}"
    yield f"{row.memory / MIB:.0f}" if row.memory else ""
    yield str(row.requests.total())


def _machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    load = os.getloadavg()[2]
    return f"{os.cpu_count()} cores of {model or platform.machine()}, Python {platform.python_version()}, load average {load:.1f} over the run"


def _read(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
