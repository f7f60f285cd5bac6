"""The page that shows what was measured, and on what."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from tests.bench.engine import POLL_SECONDS, Measured

MIB = 1024**2
HEADER = "| what | wall s | times the floor | CPU s of the engine | peak memory MiB | API requests |\n| --- | ---: | ---: | ---: | ---: | ---: |"


def page(count: int, rows: Iterable[Measured]) -> str:
    lines = [
        f"# {count} applications on one chart",
        "",
        f"Written by `make bench N={count}`: {count} Applications of one Git repository render one shared Helm chart of five objects",
        f"each, against a real Kubernetes control plane on the same machine; repositories are asked every {POLL_SECONDS} s. CPU and",
        "memory (proportional set size) are those of the engine with its render workers and the `git` it starts. It has been started",
        "once before, so that its modules are compiled. The floor is a bare client that writes the same objects in the same run. A",
        "commit is brought to the engine's notice by the refresh of one application, as a webhook does; its CPU and requests run on",
        "until every application has been polled.",
        "",
        HEADER,
        *map(_line, rows),
        "",
        f"Machine: {_machine()}.",
    ]
    return "\n".join(lines) + "\n"


def _line(row: Measured) -> str:
    ratio = f"{row.seconds / row.floor_seconds:.1f}" if row.floor_seconds else ""
    memory = f"{row.memory / MIB:.0f}" if row.memory else ""
    return f"| {row.what} | {row.seconds:.2f} | {ratio} | {row.cpu_seconds:.2f} | {memory} | {row.requests.total()} |"


def _machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    load = os.getloadavg()[2]
    return f"{os.cpu_count()} cores of {model or platform.machine()}, Python {platform.python_version()}, load average {load:.1f} over the run"


def _read(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
